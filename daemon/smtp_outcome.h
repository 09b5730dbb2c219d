// What SMTP and LMTP say of a mail that was judged: one reply, by what became of it (RFC 5321 4.2, 6.1). Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/intake_desk.h"

namespace postern::smtp {

// Whether the peer hears that its mail is refused. Our own MTA does only where its bounce would go to who is proved to
// have sent it: else it hears 250, and the mail is recorded as refused.
[[nodiscard]] bool is_told_of_refusal(Receipt const& receipt, bool from_our_mta);

// Appends the reply; `id` is the mail's, for the 250.
void append_outcome(std::string& wire, Receipt const& receipt, bool from_our_mta, std::string_view id);

}  // namespace postern::smtp
