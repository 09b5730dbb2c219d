// US-ASCII characters as mail's grammars sort them; independent of the locale.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace postern {

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
[[nodiscard]] constexpr bool is_wsp(char c) noexcept {
    return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr bool is_space(char c) noexcept {
    return is_wsp(c) || c == '\r' || c == '\n';
}
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
[[nodiscard]] constexpr bool is_8bit(char c) noexcept {
    return static_cast<unsigned char>(c) >= 0x80;
}

// A set of octets, asked in one step.
class OctetSet {
  public:
    constexpr explicit OctetSet(std::string_view octets) noexcept {
        for (auto const c : octets) contains_[static_cast<unsigned char>(c)] = true;
    }
    template <class Test>
    constexpr OctetSet(std::string_view octets, Test also) noexcept : OctetSet(octets) {
        for (unsigned value = 0; value < contains_.size(); ++value)
            if (also(static_cast<char>(static_cast<unsigned char>(value)))) contains_[value] = true;
    }
    [[nodiscard]] constexpr bool contains(char c) const noexcept { return contains_[static_cast<unsigned char>(c)]; }

  private:
    std::array<bool, 256> contains_{};
};

// -1: no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// -1: no digit of RFC 2045's base64.
[[nodiscard]] constexpr int base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

// Without white space and controls at its ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (is_control(text.front()) || text.front() == ' ')) text.remove_prefix(1);
    while (!text.empty() && (is_control(text.back()) || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

}  // namespace postern
