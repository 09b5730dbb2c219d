// `check --replay`: what would become of archived mail under a configuration that was just checked, told to people as
// it is found and to scripts as one value.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/cli/context.h"

namespace postern {

// How far back `--replay` looks; nullopt: it was not given. Throws CommandFailure: usage.
[[nodiscard]] std::optional<std::chrono::milliseconds> replay_argument(std::optional<std::string> const& given);

// Opens the store. The value of --json's "replay"; null without --json.
[[nodiscard]] Json report_replay(Context& context, Options const& options, std::chrono::milliseconds back);

}  // namespace postern
