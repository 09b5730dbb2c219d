#include "daemon/cli/take_in.h"

#include "daemon/intake.h"
#include "templates/templates.h"

namespace postern {

namespace {

// Where there is none yet nothing was made with it. A user who may not read it opens a ticket for a canary at worst.
std::optional<SiteSecret> secret_if_there(std::filesystem::path const& state_dir) try {
    return SiteSecret::load(state_dir);
} catch (SiteSecretError const&) {
    return std::nullopt;
}

}  // namespace

std::shared_ptr<Policy const> policy_in_force(Context& context) {
    return policy_of(context.options());
}

std::shared_ptr<Policy const> policy_of(Options const& options) {
    std::vector<TemplateError> broken;
    return make_policy(options, Templates::load(options.site.templates, broken),
                       secret_if_there(options.site.state_dir));
}

Receipt take_in(Context& context, Policy const& policy, RawMessage const& raw, ParsedMessage const& message,
                SenderAuthentication const& authentication, std::function<void()> const& still_wanted) {
    auto& store = context.store();
    Receipt receipt;
    store.atomically([&] {
        still_wanted();
        receipt = intake(raw, message, authentication, policy, store, context.now());
    });
    return receipt;
}

}  // namespace postern
