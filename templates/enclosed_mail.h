// A mail that came, as a part of one that goes out: byte for byte, whatever octets it has. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

// A larger mail is enclosed by its header: one of [limits] message, in base64, is more than many relays take, and who
// is told of a mail wants to know what it is about, not to have it twice.
inline constexpr std::size_t enclosed_mail_octets = std::size_t{1024} * 1024;
// Of that header so much: many times what real ones have, a screenful of what a joker sends.
inline constexpr std::size_t enclosed_header_octets = std::size_t{32} * 1024;

struct EnclosedMail {
    std::string part;   // its fields, a blank line, its body: 7 bit, CRLF, lines of at most 998 octets
    bool whole = true;  // else it is the header alone, cut where it is longer than its bound
};

// message/rfc822 where the mail can stand in one as it is, since RFC 2046 5.2.1 lets it be encoded by nothing; else
// application/octet-stream. A header alone is text/rfc822-headers (RFC 6522 4).
[[nodiscard]] EnclosedMail enclose(std::string_view mail);

}  // namespace postern
