// Questions about US-ASCII that several readers of this floor ask. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::ascii {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
[[nodiscard]] constexpr bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
    return is_upper(c) || is_lower(c);
}
[[nodiscard]] constexpr bool is_letter_or_digit(char c) noexcept {
    return is_digit(c) || is_letter(c);
}

[[nodiscard]] inline std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    return result;
}

[[nodiscard]] inline std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
    return result;
}

}  // namespace postern::ascii
