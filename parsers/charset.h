// Octets in a charset -> UTF-8. Total: what can't be decoded stays visible as U+FFFD, nothing is dropped. Labels are
// taken as mail uses them: what they are said to mean in the wild, not what they mean by the book (gb2312 is GB18030,
// iso-8859-1 is windows-1252, ISO-2022-JP may hold NEC's rows). ICU first, the C library's iconv second, an alias table
// third. Pure; safe from any thread (each keeps its own converters open).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// The text of octets that a mail says are in `label`. Where they can't be (the label is unknown, empty, or US-ASCII for
// octets that aren't, or decoding fails where another charset fits), UTF-8 is taken if it is valid, else what the
// octets look like.
[[nodiscard]] std::string to_utf8(std::string_view octets, std::string_view label);

// The text of octets without a label of their own, as raw 8-bit header fields are: UTF-8 if it is valid and not
// US-ASCII only, else `hint` (a charset that another part of the mail declares; may be empty), else what they look
// like.
[[nodiscard]] std::string raw_to_utf8(std::string_view octets, std::string_view hint = {});

// What octets that are no valid UTF-8 look like: a charset's name, "windows-1252" for want of anything better.
[[nodiscard]] std::string detect_charset(std::string_view octets);

// What octets say of themselves, whatever their label: a byte order mark, the escapes of ISO 2022, the NULs of Latin
// letters in UTF-16. A charset's name; empty for all other octets.
[[nodiscard]] std::string_view evident_charset(std::string_view octets) noexcept;

// Whether to_utf8 would know this label.
[[nodiscard]] bool is_known_charset(std::string_view label);

[[nodiscard]] bool is_ascii(std::string_view octets) noexcept;
// RFC 3629: no overlong forms, no surrogates, nothing behind U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view octets) noexcept;
// Octets that are UTF-8 but for some damage: at least as many well-formed sequences as ill-formed ones.
[[nodiscard]] bool is_mostly_utf8(std::string_view octets) noexcept;
// Valid UTF-8 as it is, U+FFFD for each maximal ill-formed sequence.
[[nodiscard]] std::string scrub_utf8(std::string_view octets);
// The head of a UTF-8 text, at most so many octets, ending with a whole character.
[[nodiscard]] std::string_view utf8_head(std::string_view text, std::size_t octets) noexcept;
// Appends one code point; U+FFFD for what is none.
void append_utf8(std::string& text, char32_t code_point);

}  // namespace postern
