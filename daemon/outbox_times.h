#pragma once

#include <chrono>
#include <cstddef>

#include "daemon/retry_schedule.h"

namespace postern {

// How long the outbox waits for what. Tests shorten them.
struct OutboxTimes {
    using Milliseconds = std::chrono::milliseconds;
    // TCP, TLS, greeting, EHLO and login together. Some servers make strangers wait for their greeting, for up to half
    // a minute; RFC 5321 4.5.3.2.1 allows them five, in which a hanging relay would hold up its own repair.
    Milliseconds connect{60'000};
    // RFC 5321 4.5.3.2.6: ten minutes for the reply to the end of data, during which filters look at the mail. To hang
    // up earlier makes the mail go out twice.
    Milliseconds reply{600'000};
    // A whole mail.
    Milliseconds mail{900'000};
    // When what failed is tried again: a mail, and a relay that no mail gets through to.
    RetrySchedule mail_again = mail_retry, relay_again = relay_retry;
    // One connection does thousands of mails a second where the relay is quick. Where mail has waited this long because
    // all are busy, another is opened: the fifth within half a second. More than five at once a relay may take for an
    // attack; Postfix begins with as many (default initial_destination_concurrency).
    Milliseconds another_connection{100};
    std::size_t most_connections = 5;
    // How long a relay that turned one away, while others worked, is not asked for more than those.
    Milliseconds fewer_connections{60'000};
    // How soon an operator's `outbox retry`, in a process of its own, is noticed.
    Milliseconds look_again{1'000};
};

}  // namespace postern
