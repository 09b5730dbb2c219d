// When what failed is tried again. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace postern {

struct RetrySchedule {
    std::chrono::milliseconds first, longest;

    // After so many failures in a row (from 1): doubled each time up to the longest. spread, from 0 to 1, is chance: it
    // moves the time by up to a fifth either way, so that what failed together does not come back together.
    [[nodiscard]] std::chrono::milliseconds delay(unsigned failures, double spread) const {
        auto wait = first;
        for (unsigned i = 1; i < failures && wait < longest; ++i) wait *= 2;
        wait = std::min(wait, longest);
        auto const share = 0.8 + 0.4 * std::clamp(spread, 0.0, 1.0);
        return std::chrono::milliseconds{
            static_cast<std::chrono::milliseconds::rep>(static_cast<double>(wait.count()) * share)};
    }
};

// A mail the relay does not want now. A full queue or a lock is gone in seconds; greylisting lets in what comes back
// after some minutes; beyond, RFC 5321 4.5.4.1 asks for 30 minutes at least between tries.
inline constexpr RetrySchedule mail_retry{std::chrono::seconds{5}, std::chrono::minutes{30}};

// A relay that can't be reached. A restart takes a second or two; one try a minute costs nobody anything, and nobody
// waits much longer than that for their receipt once the relay is back.
inline constexpr RetrySchedule relay_retry{std::chrono::seconds{1}, std::chrono::seconds{60}};

}  // namespace postern
