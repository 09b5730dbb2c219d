// What systemd wants to hear of the daemon (sd_notify(3)); without it, nothing is said.
#pragma once

#include "daemon/store_writer.h"

namespace postern::service_manager {

void ready();
void reloading();
void stopping();
// WatchdogSec= of the unit, fed by the thread that owns the store: where that one hangs, no mail is taken any more, and
// systemd starts the daemon anew.
[[nodiscard]] Heartbeat watchdog();

}  // namespace postern::service_manager
