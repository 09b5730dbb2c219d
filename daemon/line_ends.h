// Line ends as SMTP has them (RFC 5321 2.3.8). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// A bare CR or LF would be sent as it is, and a relay could take what follows for another mail: each becomes CRLF, and
// NUL goes. nullopt: there are none, as in all that we write ourselves.
[[nodiscard]] std::optional<std::string> mended_line_ends(std::string_view octets);

}  // namespace postern
