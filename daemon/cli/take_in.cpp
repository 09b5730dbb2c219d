#include "daemon/cli/take_in.h"

#include "daemon/intake.h"
#include "daemon/policy.h"
#include "templates/templates.h"

namespace postern {

Receipt take_in(Context& context, Store& store, RawMessage const& raw, ParsedMessage const& message,
                std::function<void()> const& still_wanted) {
    // A broken override is `check`'s to tell of; the built-in template stands in.
    std::vector<TemplateError> broken;
    auto const policy = make_policy(context.options(), Templates::load(context.options().site.templates, broken));
    Receipt receipt;
    store.atomically([&] {
        still_wanted();
        receipt = intake(raw, message, *policy, store, context.now());
    });
    return receipt;
}

}  // namespace postern
