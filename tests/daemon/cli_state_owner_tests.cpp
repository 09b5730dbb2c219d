// No file in state_dir ever belongs to root. Each case runs in a child: what it takes on, this process keeps its hands
// off.
#include "daemon/cli/state_owner.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>

#include "daemon/cli/exit_code.h"
#include "tests/support/daemon_process.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr uid_t somebody = 12345;

int in_child(std::function<bool()> const& holds) {
    auto const child = ::fork();
    if (child == 0) ::_exit(holds() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

uid_t owner_of(std::filesystem::path const& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_uid : uid_t(-1);
}

bool run_by_root() {
    if (::geteuid() == 0) return true;
    skip("not run by root: nothing to take on");
    return false;
}

}  // namespace

TEST_CASE("root takes on the owner of state_dir for good") {
    if (!run_by_root()) return;
    TemporaryFolder const folder;
    REQUIRE(::chown(folder.path().c_str(), somebody, somebody) == 0);
    auto const file = folder.path() / "postern.db";
    CHECK(in_child([&] {
              take_on_owner(folder.path(), WayBack::none);
              std::ofstream(file) << "x";
              return ::getuid() == somebody && ::getegid() == somebody && ::setuid(0) != 0;
          }) == 0);
    CHECK(owner_of(file) == somebody);
}

TEST_CASE("a verb that writes a file of the caller's finds the way back") {
    if (!run_by_root()) return;
    TemporaryFolder const folder, home;
    REQUIRE(::chown(folder.path().c_str(), somebody, somebody) == 0);
    auto const file = home.path() / "screen.png";
    CHECK(in_child([&] {
              take_on_owner(folder.path(), WayBack::kept);
              bool const taken = ::geteuid() == somebody && ::getegid() == somebody;
              return_to_root();
              std::ofstream(file) << "x";
              return taken && ::geteuid() == 0;
          }) == 0);
    CHECK(owner_of(file) == 0);
}

TEST_CASE("a state_dir of the caller's own is used as it is") {
    TemporaryFolder const folder;
    CHECK(in_child([&] {
              auto const before = ::geteuid();
              take_on_owner(folder.path(), WayBack::none);
              return ::geteuid() == before;
          }) == 0);
}
