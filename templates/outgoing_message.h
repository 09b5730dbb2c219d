// The octets of an automatic mail: multipart/alternative of text and HTML, 7 bit, CRLF, the same for the same input;
// with a mail that it encloses a multipart/mixed of both. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/mailbox.h"
#include "parsers/time_point.h"

namespace postern {

struct OutgoingParts {
    NameAddr from, to;
    std::optional<Mailbox> reply_to = {};  // where answers go; nullopt: to `from`
    std::string message_id;                // with brackets
    std::vector<std::string> references;   // oldest first, the mail that is answered last; may be empty
    std::string in_reply_to;               // with brackets, may be empty
    TimePoint date;
    std::string subject;   // decoded, with its tag
    std::string language;  // a language tag (RFC 5646)
    std::string text;      // UTF-8, LF; one line a paragraph: it is flowed (RFC 3676)
    std::string html;      // UTF-8, LF
    bool answers = true;   // a mail that came; else it is written unasked (RFC 3834 5: auto-generated)
    std::string enclosed;  // a whole part, 7 bit, as enclose() makes one; may be empty
};

// Throws std::invalid_argument where message_id is none: it is ours.
[[nodiscard]] std::string build_message(OutgoingParts const& parts);

// RFC 2045 6.7: lines of at most 76 octets with CRLF line ends. What a relay might change ("From " and "." at
// the beginning of a line, white space at its end) is encoded, so that it needs no care on the way.
[[nodiscard]] std::string quoted_printable(std::string_view text);

// RFC 3676: paragraphs broken at 72 characters with soft line ends, for readers with a fixed pitch; others join them.
[[nodiscard]] std::string flowed(std::string_view text);

}  // namespace postern
