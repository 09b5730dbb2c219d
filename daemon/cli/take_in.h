// Takes one mail in from the command line: intake and commit, as the daemon does it.
#pragma once

#include "daemon/cli/context.h"
#include "daemon/intake_desk.h"
#include "daemon/raw_message.h"
#include "parsers/message.h"

namespace postern {

// `still_wanted` is asked first, within the transaction; it throws to leave things as they are.
[[nodiscard]] Receipt take_in(
    Context& context, Store& store, RawMessage const& raw, ParsedMessage const& message,
    std::function<void()> const& still_wanted = [] {});

}  // namespace postern
