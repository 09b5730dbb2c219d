// What `check` finds about the key of [dkim]: the daemon would not start with it, or it is weak.
#pragma once

#include "config/finding.h"
#include "config/options.h"

namespace postern {

// Reads the key.
void add_dkim_findings(Options const& options, Findings& findings);

}  // namespace postern
