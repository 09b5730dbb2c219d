// Text of strangers on a terminal. Everything that comes from a mail is shown through here: a control sequence, a bidi
// override or an octet that is no UTF-8 becomes visible text and does nothing. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

// For one line: a line end and a tab become visible too ("\n", "\t", "\x1b", "\u202e").
[[nodiscard]] std::string visible_line(std::string_view text);

// For text of many lines: keeps LF and tab, turns CRLF into LF.
[[nodiscard]] std::string visible_text(std::string_view text);

// A JSON document with the same meaning, in which such characters stand as \uXXXX escapes.
[[nodiscard]] std::string visible_json(std::string_view document);

// Columns that visible text takes on a terminal: East Asian wide characters and emoji two, combining ones none.
[[nodiscard]] std::size_t display_width(std::string_view text);

// The text cut so that it takes at most so many columns, with an ellipsis where something was cut.
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t columns);

}  // namespace postern
