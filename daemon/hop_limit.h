// When a mail has gone in circles, by whatever way it came in.
#pragma once

namespace postern {

// Received fields of one mail. RFC 5321 6.3 says "normally at least 100"; mail on its way to a support address has some
// 10, and a loop that involves us is cut in half the time. Postfix's hopcount_limit.
inline constexpr unsigned most_received_fields = 50;

}  // namespace postern
