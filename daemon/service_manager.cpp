#include "daemon/service_manager.h"

#include <systemd/sd-daemon.h>

namespace postern::service_manager {

void ready() {
    sd_notify(0, "READY=1");
}

void reloading() {
    sd_notify(0, "RELOADING=1");
}

void stopping() {
    sd_notify(0, "STOPPING=1");
}

Heartbeat watchdog() {
    std::uint64_t limit_us = 0;
    if (sd_watchdog_enabled(0, &limit_us) <= 0) return {};
    // Half of it is what sd_watchdog_enabled(3) advises; a third leaves room for a slow disk behind the last beat.
    auto const every = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds{limit_us / 3});
    return {every, [] { sd_notify(0, "WATCHDOG=1"); }};
}

}  // namespace postern::service_manager
