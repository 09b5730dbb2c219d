// HTML -> readable text: links kept, lists and tables as rows, without scripts, styles and hidden text; and with the
// marks that mail clients leave where they quote. Pure, total, linear time, no recursion.
#pragma once

#include <string_view>

#include "parsers/readable_text.h"

namespace postern {

// html: UTF-8, whatever its meta elements say. Reads at most limits::html_octets, gives at most
// limits::body_text_octets.
[[nodiscard]] ReadableText html_to_text(std::string_view html);

// The charset that a meta element declares, or nothing. For octets that are in an ASCII-like charset.
[[nodiscard]] std::string_view html_meta_charset(std::string_view octets) noexcept;

}  // namespace postern
