#include "daemon/core_files.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace postern {

namespace {

// LeakSanitizer stops the process with ptrace(2) to look through its memory.
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

}  // namespace

// Both, and neither has to succeed: core(5) says that a core_pattern with a pipe asks no limit, and under the unit's
// filter of system calls no limit can be set (it sets LimitCORE=0 itself).
void forbid_core_files() noexcept {
    rlimit const none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if constexpr (!has_sanitizer) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace postern
