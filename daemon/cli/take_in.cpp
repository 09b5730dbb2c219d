#include "daemon/cli/take_in.h"

#include "daemon/intake.h"
#include "templates/templates.h"

namespace postern {

std::shared_ptr<Policy const> policy_in_force(Context& context) {
    std::vector<TemplateError> broken;
    return make_policy(context.options(), Templates::load(context.options().site.templates, broken));
}

Receipt take_in(Context& context, Store& store, Policy const& policy, RawMessage const& raw,
                ParsedMessage const& message, SenderAuthentication const& authentication,
                std::function<void()> const& still_wanted) {
    Receipt receipt;
    store.atomically([&] {
        still_wanted();
        receipt = intake(raw, message, authentication, policy, store, context.now());
    });
    return receipt;
}

}  // namespace postern
