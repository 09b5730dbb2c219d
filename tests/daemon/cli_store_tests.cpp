// How a verb finds the store: made by the daemon, or by `deliver` where no daemon ever ran.
#include <catch2/catch.hpp>

#include "daemon/cli/exit_code.h"
#include "daemon/cli/surroundings.h"
#include "daemon/state_lock.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

Options options_in(TemporaryFolder const& folder) {
    auto options = site_options();
    options.site.state_dir = folder.path();
    options.store.file = folder.path() / "postern.db";
    return options;
}

ExitCode refusal(Options const& options, Opening opening) {
    try {
        (void)real_surroundings().open_store(options, opening);
        return ExitCode::ok;
    } catch (CommandFailure const& failure) {
        return failure.code();
    }
}

}  // namespace

TEST_CASE("a store that is not there yet is unavailable, and looking for it does not make it") {
    TemporaryFolder const folder;
    auto const options = options_in(folder);
    CHECK(refusal(options, Opening::existing) == ExitCode::unavailable);
    CHECK_FALSE(std::filesystem::exists(options.store.file));
}

TEST_CASE("deliver makes the store where no daemon runs, then every verb finds it") {
    TemporaryFolder const folder;
    auto const options = options_in(folder);
    CHECK(refusal(options, Opening::may_create) == ExitCode::ok);
    CHECK(refusal(options, Opening::existing) == ExitCode::ok);
    CHECK(StateLock::acquire(folder.path()).has_value());
}

TEST_CASE("deliver leaves the making to a daemon that is just starting") {
    TemporaryFolder const folder;
    auto const options = options_in(folder);
    auto const lock = StateLock::acquire(folder.path());
    CHECK(refusal(options, Opening::may_create) == ExitCode::unavailable);
}
