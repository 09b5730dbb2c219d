// Takes one mail in from the command line: intake and commit, as the daemon does it.
#pragma once

#include <memory>

#include "daemon/cli/context.h"
#include "daemon/intake_desk.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"

namespace postern {

// The configuration as it is now. A broken override of a template is `check`'s to tell of; the built-in one stands in.
[[nodiscard]] std::shared_ptr<Policy const> policy_in_force(Context& context);
// The same of a configuration at hand.
[[nodiscard]] std::shared_ptr<Policy const> policy_of(Options const& options);

// `still_wanted` is asked first, within the transaction; it throws to leave things as they are.
[[nodiscard]] Receipt take_in(
    Context& context, Policy const& policy, RawMessage const& raw, ParsedMessage const& message,
    SenderAuthentication const& authentication, std::function<void()> const& still_wanted = [] {});

}  // namespace postern
