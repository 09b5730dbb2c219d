// What becomes of text that others wrote before it is shown. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

struct CodePoint {
    char32_t value = 0;
    std::size_t octets = 1;  // how many it takes of the text; 1 where it is not valid
    bool valid = false;
};

// The first code point of a text that is not empty (RFC 3629: shortest form, no surrogates).
[[nodiscard]] CodePoint first_code_point(std::string_view text) noexcept;

// One line that can do no harm where it is shown: white space and line ends of any kind become one space, control
// characters, invisible ones and those that turn the direction of writing are left out, invalid octets become U+FFFD.
// What is longer than so many code points ends with an ellipsis.
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t max_code_points);

// Printable US-ASCII for places that know nothing else: Latin letters lose their marks (German umlauts become two
// letters), typographic signs become plain. nullopt: there is a character that has no such form.
[[nodiscard]] std::optional<std::string> plain_ascii(std::string_view text);

}  // namespace postern
