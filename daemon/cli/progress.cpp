#include "daemon/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace postern {

namespace {

// An eye follows this.
constexpr std::chrono::milliseconds between_overwritten{200};
// A log of a night's work stays readable.
constexpr std::chrono::seconds between_lines{5};

}  // namespace

void Progress::reached(std::int64_t done, TimePoint now) {
    if (shown_ == Shown::not_at_all || total_ <= 0) return;
    if (!said_) said_ = now;
    bool const overwrites = shown_ == Shown::overwritten;
    auto const pause = overwrites ? between_overwritten : std::chrono::milliseconds{between_lines};
    if (now - *said_ < pause) return;
    said_ = now;
    auto const line = fmt::format("postern: {} of {} mails ({} %)", done, total_,
                                  std::clamp<std::int64_t>(done * 100 / total_, 0, 100));
    wipe();
    err_ << line << (overwrites ? "" : "\n") << std::flush;
    stands_ = overwrites;
}

void Progress::wipe() {
    if (!stands_) return;
    err_ << "\r\x1b[K" << std::flush;  // ECMA-48 EL: the line is empty, whatever stood there
    stands_ = false;
}

}  // namespace postern
