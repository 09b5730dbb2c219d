// RFC 2047 encoded words in header fields -> UTF-8, as clients write them and not only as they should: adjacent words
// joined, also when split within a character, words within quoted strings, spaces within words. Pure and total, linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

// An unstructured value (Subject, Comments) or the text of a phrase, raw or unfolded -> decoded, on one line, trimmed,
// without control characters. Raw 8-bit octets: UTF-8 if valid, else `raw_charset` (what the body declares), else
// detected.
[[nodiscard]] std::string decode_header_text(std::string_view value, std::string_view raw_charset = {});

// Whether any encoded word seems to stand in the text.
[[nodiscard]] bool has_encoded_word(std::string_view text) noexcept;

// Octets of the encoded word at the head of the text, at most `longest_encoded_word`; 0: there is none.
[[nodiscard]] std::size_t encoded_word_length(std::string_view text);
// RFC 2047 2 allows 75; some writers put a whole display name into one word.
inline constexpr std::size_t longest_encoded_word = 2048;

}  // namespace postern
