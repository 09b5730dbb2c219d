// Which lines of a text its sender wrote and which are quoted, as mail clients write them in plain text. Pure, total,
// linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/readable_text.h"

namespace postern {

enum class LineRole : std::uint8_t { blank, text, quoted, attribution, signature };

struct TextLine {
    std::size_t begin = 0;  // in the text
    std::size_t end = 0;    // without the line end
    LineRole role = LineRole::text;
};

struct ClassifiedText {
    std::vector<TextLine> lines;
    std::size_t history =
        0;  // the first line of history that is not set off as quoted; as many as there are lines: none
};

[[nodiscard]] ClassifiedText classify_lines(ReadableText const& text);

// The line of a text without white space around it (no-break spaces too).
[[nodiscard]] std::string_view trimmed_line(std::string_view text, TextLine const& line) noexcept;

// Dashes, underscores and their like, three or more, and nothing else.
[[nodiscard]] bool is_separator(std::string_view trimmed) noexcept;

}  // namespace postern
