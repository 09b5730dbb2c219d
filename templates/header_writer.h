// Header fields of outgoing mail: 7 bit, folded to 78 octets where they can be folded, and never more than 998 in a
// line (RFC 5322 2.1.1). Whatever is handed in, a field is one field: text goes through clean_line first, identifiers
// that are none are left out. Each function returns the whole field with its CRLF. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/mailbox.h"
#include "parsers/time_point.h"

namespace postern {

// Subject and its like: words that are not US-ASCII become encoded words (RFC 2047), the others stay readable.
[[nodiscard]] std::string text_field(std::string_view name, std::string_view text);

// From, To. A display name becomes atoms, a quoted string or encoded words, whatever carries it. The address stands as
// it is: a local part in UTF-8 needs RFC 6532 and a relay with SMTPUTF8.
[[nodiscard]] std::string mailbox_field(std::string_view name, NameAddr const& mailbox);

// In-Reply-To, References; empty where no identifier is left. Of many the first and the newest stay.
[[nodiscard]] std::string identifiers_field(std::string_view name, std::vector<std::string> const& identifiers);

// Date (RFC 5322 3.3), in UTC.
[[nodiscard]] std::string date_field(TimePoint date);

// <left@right> of printable US-ASCII, short enough for a line.
[[nodiscard]] bool is_identifier(std::string_view text) noexcept;

}  // namespace postern
