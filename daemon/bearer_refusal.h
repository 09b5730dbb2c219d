// What a mail server says to a token that it does not take: a challenge that holds JSON in base64 (RFC 7628 3.2.2; the
// XOAUTH2 of Google and Microsoft does the same), before its NO or 535. Pure; a server's octets are hostile.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// For people, one line of printable US-ASCII, bounded: "status invalid_token, scope imap". Empty: it is no such
// challenge.
[[nodiscard]] std::string bearer_refusal(std::string_view challenge);

}  // namespace postern
