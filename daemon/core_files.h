// No core file of a process that holds passwords, tokens and customers' mail, and no look at its memory by others of
// its user (ptrace(2), /proc/PID/mem). Called first in main, before a secret is read. Effects: this process, not those
// that it starts.
#pragma once

namespace postern {

void forbid_core_files() noexcept;

}  // namespace postern
