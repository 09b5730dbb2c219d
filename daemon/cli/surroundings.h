// The outside world as the program finds it: clock, files, the SQLite store, the daemon's lock.
#pragma once

#include "daemon/cli/context.h"

namespace postern {

[[nodiscard]] Surroundings real_surroundings();

}  // namespace postern
