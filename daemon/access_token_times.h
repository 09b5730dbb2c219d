#pragma once

#include <chrono>

#include "daemon/retry_schedule.h"

namespace postern {

// How long access tokens are used and their endpoint is spared. Tests shorten them.
struct AccessTokenTimes {
    using Milliseconds = std::chrono::milliseconds;

    // ---- the life of a token (RFC 6749 5.1, expires_in)
    // Where the endpoint names none; most give an hour.
    Milliseconds assumed_life{std::chrono::minutes{30}};
    // Of 0, or less, a login that begins at once may still make use.
    Milliseconds shortest_life{std::chrono::seconds{1}};
    // Providers end a refresh token that nobody used for some months (Microsoft: 90 days): once a day it is used.
    Milliseconds longest_life{std::chrono::hours{24}};
    // Renewed before its end: a tenth of its life, within these, and at its half at the earliest.
    Milliseconds shortest_margin{std::chrono::minutes{1}}, longest_margin{std::chrono::minutes{5}};
    // A token that ends within this is not begun with: TLS and login take their time. A tenth of its life at most.
    Milliseconds spare{std::chrono::seconds{5}};

    // ---- how often the endpoint is asked
    // While nobody waits, however short the lives are; and while somebody does.
    Milliseconds between_renewals{std::chrono::seconds{30}}, between_requests{std::chrono::seconds{1}};
    // It can't be reached, or talks nonsense.
    RetrySchedule retry{std::chrono::seconds{1}, std::chrono::minutes{5}};
    // The most that its Retry-After is believed.
    Milliseconds longest_retry_after{std::chrono::hours{1}};
    // It refused: an operator mends that, most often here (the files are looked at), sometimes at the provider's.
    Milliseconds refused_again{std::chrono::minutes{15}}, look_at_files{std::chrono::seconds{5}};
    // A mail server refused a token that is younger than this: the next one would fare no better.
    Milliseconds fresh{std::chrono::minutes{2}};

    // ---- waiting
    // Who asks; above TokenEndpointTimes::whole.
    Milliseconds answer{std::chrono::seconds{40}};
    // For another process that exchanges the same refresh token; above TokenEndpointTimes::whole.
    Milliseconds lock{std::chrono::seconds{35}};
    // The end waits so long for an answer that may hold a new refresh token: the old one is void then.
    Milliseconds grace{std::chrono::seconds{3}};
    // A new refresh token could not be written: the next try.
    Milliseconds write_again{std::chrono::seconds{1}};

    // ---- what the postmaster is told
    // The endpoint fails for so long, and no token is left.
    Milliseconds outage{std::chrono::minutes{5}};
    // A refresh token ends within this time, and renewing does not put that off.
    std::chrono::seconds ends_soon{std::chrono::days{7}};
    // The endpoint's clock is so far off ours (JWTs hold times: RFC 7519 4.1.4 grants "no more than a few minutes").
    std::chrono::seconds clock_skew{60};
};

}  // namespace postern
