// The relaxed canonicalization of DKIM (RFC 6376 3.4.2, 3.4.4): a mail as it is hashed, so that white space and folding
// that a relay changes break no signature. Pure and total; lines end with CRLF, a CR or LF by itself is an octet.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// A field, with its folding and with or without its line end; comes back without one: "subject:Printer on fire".
[[nodiscard]] std::string relaxed_field(std::string_view field);

// What follows the blank line. Of nothing, nothing.
[[nodiscard]] std::string relaxed_body(std::string_view body);

}  // namespace postern
