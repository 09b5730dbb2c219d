// What an audit found, as the interface has it: of `audit` and of `verify`.
#pragma once

#include "daemon/cli/context.h"
#include "daemon/cli/exit_code.h"
#include "store/audit.h"

namespace postern {

[[nodiscard]] Json audit_json(AuditReport const& report);
// Prints it, as JSON where that is asked for. data_error where something does not add up.
[[nodiscard]] ExitCode print_audit(Context& context, AuditReport const& report);

}  // namespace postern
