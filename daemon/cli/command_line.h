// The command line of `postern`: which verb, what it is given, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/cli/exit_code.h"

namespace postern {

// `words` are those behind the program's name. Prints what went wrong to context.err; throws nothing.
[[nodiscard]] ExitCode run_command_line(std::vector<std::string> const& words, Context& context);

}  // namespace postern
