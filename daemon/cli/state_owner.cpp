#include "daemon/cli/state_owner.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "daemon/cli/exit_code.h"

namespace postern {
namespace {

[[noreturn]] void fail(std::string const& what) {
    throw CommandFailure(ExitCode::refused, what + ": " + std::generic_category().message(errno));
}

}  // namespace

void take_on_owner(std::filesystem::path const& state_dir, WayBack way_back) {
    if (::geteuid() != 0) return;
    struct stat status {};
    if (::stat(state_dir.c_str(), &status) != 0) {
        throw CommandFailure(ExitCode::unavailable, state_dir.string() + ": " + std::generic_category().message(errno) +
                                                        "; start posternd once, which makes its store there");
    }
    if (status.st_uid == 0) return;
    // The user comes last: after it the groups could not be changed any more.
    bool const for_good = way_back == WayBack::none;
    bool const taken = ::setgroups(0, nullptr) == 0 &&
                       (for_good ? ::setgid(status.st_gid) : ::setegid(status.st_gid)) == 0 &&
                       (for_good ? ::setuid(status.st_uid) : ::seteuid(status.st_uid)) == 0;
    if (!taken) fail("cannot take on the owner of " + state_dir.string());
}

void return_to_root() {
    if (::getuid() != 0 || ::geteuid() == 0) return;
    if (::seteuid(0) != 0 || ::setegid(0) != 0) fail("cannot return to root");
}

}  // namespace postern
