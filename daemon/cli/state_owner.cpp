#include "daemon/cli/state_owner.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "daemon/cli/exit_code.h"
#include "daemon/core_files.h"

namespace postern {
namespace {

[[noreturn]] void fail(std::string const& what) {
    throw CommandFailure(ExitCode::refused, what + ": " + std::generic_category().message(errno));
}

// Of the capabilities that root had the one to read, where it had it: a container may not give it.
void keep_reading() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) fail("cannot read the capabilities");
    auto const reading = sets[CAP_TO_INDEX(CAP_DAC_READ_SEARCH)].permitted & CAP_TO_MASK(CAP_DAC_READ_SEARCH);
    sets = {};
    auto& set = sets[CAP_TO_INDEX(CAP_DAC_READ_SEARCH)];
    set.permitted = set.effective = reading;
    if (::syscall(SYS_capset, &header, sets.data()) != 0) fail("cannot give up the capabilities");
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
    bool const for_good = way_back != WayBack::kept;
    if (way_back == WayBack::none_but_reads && ::prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) != 0)
        fail("cannot keep a capability");
    bool const taken = ::setgroups(0, nullptr) == 0 &&
                       (for_good ? ::setgid(status.st_gid) : ::setegid(status.st_gid)) == 0 &&
                       (for_good ? ::setuid(status.st_uid) : ::seteuid(status.st_uid)) == 0;
    if (!taken) fail("cannot take on the owner of " + state_dir.string());
    forbid_core_files();  // prctl(2): another user brings back what fs.suid_dumpable says
    if (way_back == WayBack::none_but_reads) keep_reading();
}

void return_to_root() {
    if (::getuid() != 0 || ::geteuid() == 0) return;
    if (::seteuid(0) != 0 || ::setegid(0) != 0) fail("cannot return to root");
    forbid_core_files();
}

}  // namespace postern
