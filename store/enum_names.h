// Enumerations as words, one table each: what the store keeps and people read.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace postern {

template <std::size_t N>
using EnumNames = std::array<std::string_view, N>;

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view enum_name(EnumNames<N> const& names, Enum value) noexcept {
    auto const index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view{"unknown"};
}

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> enum_value(EnumNames<N> const& names, std::string_view text) noexcept {
    for (std::size_t index = 0; index < N; ++index) {
        if (names[index] == text) return static_cast<Enum>(index);
    }
    return std::nullopt;
}

}  // namespace postern
