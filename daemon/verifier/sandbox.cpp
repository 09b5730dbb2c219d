#include "daemon/verifier/sandbox.h"

#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <system_error>

namespace postern::verifier {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool has_sanitizer = true;
#else
constexpr bool has_sanitizer = false;
#endif
#else
constexpr bool has_sanitizer = false;
#endif

// Address space: the libraries with ICU's data are 80 MB, a mail has 128 MiB at most, its header in pieces 20 MB.
constexpr rlim_t memory_octets = rlim_t{512} * 1024 * 1024;
// The socket to the parent.
constexpr unsigned socket_descriptor = 0;

[[noreturn]] void fail(int error, char const* what) {
    throw std::system_error(error, std::generic_category(), what);
}

void limit(__rlimit_resource resource, rlim_t most) {
    rlimit const bound{most, most};
    if (setrlimit(resource, &bound) != 0) fail(errno, "setrlimit");
}

void set(int option, unsigned long value) {
    if (prctl(option, value, 0, 0, 0) != 0) fail(errno, "prctl");
}

struct FilterDeleter {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

void allow(Filter const& filter, int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    auto const error = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                              static_cast<unsigned>(conditions.size()), conditions.begin());
    if (error != 0) fail(-error, "seccomp_rule_add");
}

scmp_arg_cmp argument_is(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp bits_are(unsigned argument, std::uint64_t bits, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, value};
}

// A call that is not named kills the process: the parent then has its mail's temperrors, and the log the death.
void filter_system_calls() {
    Filter const filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
    if (!filter) fail(ENOMEM, "seccomp_init");
    for (auto const call : {SCMP_SYS(read), SCMP_SYS(write)}) allow(filter, call, {argument_is(0, socket_descriptor)});
    // Memory, of which none can be executed, and none is a file's.
    allow(filter, SCMP_SYS(mmap), {bits_are(2, PROT_EXEC, 0), bits_are(3, MAP_ANONYMOUS, MAP_ANONYMOUS)});
    allow(filter, SCMP_SYS(mprotect), {bits_are(2, PROT_EXEC, 0)});
    for (auto const call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)}) allow(filter, call);
    // Locks and random numbers of OpenSSL, the clock, the host's name (libspf2 begins with it), and the end.
    for (auto const call : {SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(clock_gettime),
                            SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(uname), SCMP_SYS(rt_sigreturn),
                            SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)})
        allow(filter, call);
    if (auto const error = seccomp_load(filter.get()); error != 0) fail(-error, "seccomp_load");
}

}  // namespace

void enter_sandbox() {
    // Where the daemon is gone, nobody waits for an answer.
    set(PR_SET_PDEATHSIG, SIGKILL);
    // No other process of this user looks into it or takes it over, and a core of it would hold mail.
    set(PR_SET_DUMPABLE, 0);
    set(PR_SET_NO_NEW_PRIVS, 1);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_FSIZE, 0);
    if (has_sanitizer) return;
    limit(RLIMIT_AS, memory_octets);
    filter_system_calls();
}

bool sandbox_is_complete() noexcept {
    return !has_sanitizer;
}

}  // namespace postern::verifier
