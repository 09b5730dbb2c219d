// The name of an IMAP folder as a command carries it: modified UTF-7 (RFC 3501 5.1.3) in a quoted string. Pure.
#pragma once

#include <string>
#include <string_view>

#include "parsers/result.h"

namespace postern {

struct ImapFolderName {
    std::string quoted;  // with its quotes, printable US-ASCII
};

// Refuses what is no UTF-8, control characters and an empty name.
[[nodiscard]] Parsed<ImapFolderName> parse_imap_folder_name(std::string_view utf8);

}  // namespace postern
