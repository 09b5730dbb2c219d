// One response of an IMAP server (RFC 9051 7; RFC 3501; ESEARCH of RFC 4731): text with its literals -> value.
// Pure. Responses we have no use for are checked for form and become ImapUnknown; what breaks the grammar is an error,
// and then nothing that follows on the connection can be trusted: a mail's own text may be what is being read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parsers/result.h"
#include "parsers/time_point.h"
#include "parsers/uid_set.h"

namespace postern {

// OK, NO, BAD, BYE, PREAUTH (RFC 9051 7.1), with a tag: how a command ended.
struct ImapCondition {
    enum class Kind { ok, no, bad, bye, preauth } kind = Kind::ok;
    std::string code;           // "UIDVALIDITY", in upper case; empty: none
    std::string code_argument;  // "1700000000"
    std::string text;           // for people; the server's, so hostile
};

struct ImapCapability {
    std::vector<std::string> names;  // in upper case
};

struct ImapExists {
    std::uint32_t count = 0;
};

struct ImapExpunge {
    std::uint32_t sequence = 0;
};

// SEARCH, and ESEARCH's ALL. ESEARCH names the command it answers (RFC 9051 7.3.4).
struct ImapSearch {
    std::optional<std::string> command_tag;
    UidSet uids;
};

struct ImapFetch {
    std::uint32_t sequence = 0;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint64_t> size;        // RFC822.SIZE, in octets; servers are known to be wrong about it
    std::optional<TimePoint> internal_date;   // none also where it cannot be read
    std::optional<std::string> body, header;  // BODY[], BODY[HEADER]; NIL is none
};

struct ImapContinue {  // "+"
    std::string text;
};

struct ImapUnknown {
    std::string name;
};

struct ImapResponse {
    std::string tag;  // empty: untagged, or "+"
    std::variant<ImapUnknown, ImapCondition, ImapCapability, ImapExists, ImapExpunge, ImapSearch, ImapFetch,
                 ImapContinue>
        data;
};

// In the text of a response each literal stands as this octet, which no line can hold.
inline constexpr char imap_literal_mark = '\n';

// True: such a line ends with the text of a condition or a continuation, where "{5}" is just text (RFC 9051 9,
// resp-text).
[[nodiscard]] bool imap_line_ends_in_text(std::string_view line) noexcept;

// A whole response without its last CRLF. The literals are moved from, where they are used.
[[nodiscard]] Parsed<ImapResponse> parse_imap_response(std::string_view line, std::vector<std::string>& literals);

}  // namespace postern
