// What every fuzz target needs: its octets as text, and a way to say that something must hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parsers/charset.h"

namespace postern::fuzz {

inline void must(bool holds) {
    if (!holds) std::abort();
}

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

// UTF-8 without controls: what may go on one line of a log, a header field or a terminal.
inline void must_be_one_line(std::string_view text) {
    must(is_valid_utf8(text));
    must(std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }));
}

}  // namespace postern::fuzz
