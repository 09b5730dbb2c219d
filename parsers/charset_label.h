// The names that mail gives charsets, and what they mean in the wild. Part of charset.h, which is what others include.
// Pure and total; safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// IANA's longest label in use has 45 octets; what is longer names nothing.
inline constexpr std::size_t charset_label_octets = 48;

// Of a label: lower case, letters and digits alone.
[[nodiscard]] std::string compact_charset_label(std::string_view label);

// The charset that a compact label stands for in mail, by ICU's name; nullptr where it is not one that needs saying.
[[nodiscard]] char const* charset_alias(std::string_view compact) noexcept;

// What glibc knows and ICU doesn't, by glibc's name; nullptr for all others.
[[nodiscard]] char const* iconv_charset(std::string_view compact) noexcept;

// Whether a compact label says nothing about the octets: "unknown-8bit", "us-ascii" for octets that are not.
[[nodiscard]] bool is_meaningless_charset(std::string_view compact) noexcept;

}  // namespace postern
