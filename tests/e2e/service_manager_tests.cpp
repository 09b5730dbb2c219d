// What systemd sees of the daemon: its notices, and the unit it runs under.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/daemon_process.h"

using namespace postern::testing;

TEST_CASE("sd_notify: the writer feeds the watchdog, a reload and the end are announced") {
    DaemonProcess daemon;
    daemon.setup.environment = {"WATCHDOG_USEC=300000"};
    daemon.start();
    for (int i = 0; i < 3; ++i) CHECK(daemon.next_notice() == "WATCHDOG=1");
    REQUIRE(::kill(daemon.pid(), SIGHUP) == 0);
    auto const next_but_watchdog = [&daemon] {
        auto notice = daemon.next_notice();
        while (notice == "WATCHDOG=1") notice = daemon.next_notice();
        return notice;
    };
    CHECK(next_but_watchdog() == "RELOADING=1");
    CHECK(next_but_watchdog() == "READY=1");
    CHECK(daemon.stop() == 0);
    CHECK(next_but_watchdog() == "STOPPING=1");
}

TEST_CASE("systemd-analyze security finds the unit's exposure at most 1.3") {
    if (::access("/usr/bin/systemd-analyze", X_OK) != 0) {
        WARN("systemd-analyze is not installed");
        return;
    }
    auto const unit = std::string(POSTERN_SOURCE_DIR) + "/systemd/postern.service";
    auto const ran =
        run_program({"/usr/bin/systemd-analyze", "security", "--offline=true", "--threshold=13", "--no-pager", unit});
    INFO(ran.out + ran.err);
    CHECK(ran.exit_code == 0);
    CHECK(ran.out.find("Overall exposure level") != std::string::npos);
}
