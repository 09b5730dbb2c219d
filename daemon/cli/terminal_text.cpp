#include "daemon/cli/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "templates/clean_text.h"

namespace postern {
namespace {

struct Range {
    char32_t first, last;
};

template <std::size_t Size>
bool lies_in(std::array<Range, Size> const& ranges, char32_t code_point) {
    auto const found = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                        [](char32_t value, Range range) { return value < range.first; });
    return found != ranges.begin() && code_point <= std::prev(found)->last;
}

// What moves other text about, ends a line or hides: DEL and C1 controls, bidi marks, embeddings, overrides and
// isolates, line separators, zero-width space, byte order mark, interlinear annotation, tags. Joiners stay: emoji and
// Persian need them.
constexpr std::array<Range, 10> deceiving{{{0x7F, 0x9F},
                                           {0x061C, 0x061C},
                                           {0x180E, 0x180E},
                                           {0x200B, 0x200B},
                                           {0x200E, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2060, 0x206F},
                                           {0xFEFF, 0xFEFF},
                                           {0xFFF9, 0xFFFB},
                                           {0xE0000, 0xE007F}}};

bool is_deceiving(char32_t code_point) {
    return code_point >= deceiving.front().first && lies_in(deceiving, code_point);
}

// Combining marks and joiners of the scripts in common use (Unicode categories Mn and Me).
constexpr std::array<Range, 38> combining{
    {{0x0300, 0x036F}, {0x0483, 0x0489},  {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5},
     {0x05C7, 0x05C7}, {0x0610, 0x061A},  {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4},
     {0x06E7, 0x06E8}, {0x06EA, 0x06ED},  {0x0711, 0x0711}, {0x0730, 0x074A}, {0x0900, 0x0902}, {0x093A, 0x093A},
     {0x093C, 0x093C}, {0x0941, 0x0948},  {0x094D, 0x094D}, {0x0951, 0x0957}, {0x0981, 0x0981}, {0x09BC, 0x09BC},
     {0x09C1, 0x09C4}, {0x09CD, 0x09CD},  {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},
     {0x1DC0, 0x1DFF}, {0x200C, 0x200D},  {0x20D0, 0x20F0}, {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F},
     {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}}};

// East Asian Width W and F (UAX 11), with the emoji that terminals show wide.
constexpr std::array<Range, 31> wide{
    {{0x1100, 0x115F},  {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC}, {0x23F0, 0x23F0}, {0x23F3, 0x23F3},
     {0x25FD, 0x25FE},  {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267F, 0x267F}, {0x2693, 0x2693}, {0x26A1, 0x26A1},
     {0x26AA, 0x26AB},  {0x26BD, 0x26BE}, {0x26C4, 0x26C5}, {0x26D4, 0x26D4}, {0x2705, 0x2705}, {0x270A, 0x270B},
     {0x274C, 0x274C},  {0x2753, 0x2757}, {0x2795, 0x2797}, {0x2B50, 0x2B50}, {0x2E80, 0x303E}, {0x3041, 0xA4CF},
     {0xA960, 0xA97C},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF},
     {0x20000, 0x3FFFD}}};

std::size_t width_of(char32_t code_point) {
    if (code_point < 0x300) return 1;
    if (lies_in(combining, code_point)) return 0;
    return lies_in(wide, code_point) ? 2 : 1;
}

enum class Lines { one, many };

void append_control(std::string& out, char control, Lines lines) {
    bool const kept = lines == Lines::many && (control == '\n' || control == '\t');
    if (kept) {
        out += control;
    } else if (control == '\n') {
        out += "\\n";
    } else if (control == '\t') {
        out += "\\t";
    } else if (control == '\r') {
        out += "\\r";
    } else {
        out += fmt::format("\\x{:02x}", static_cast<unsigned>(control));
    }
}

std::string visible(std::string_view text, Lines lines) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto const [code_point, octets, valid] = first_code_point(text.substr(at));
        if (!valid) {
            out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[at]));
        } else if (code_point < 0x20) {
            bool const line_end = lines == Lines::many && text.substr(at, 2) == "\r\n";
            if (!line_end) append_control(out, text[at], lines);
        } else if (is_deceiving(code_point)) {
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code_point));
        } else {
            out += text.substr(at, octets);
        }
        at += octets;
    }
    return out;
}

// RFC 8259 7: above U+FFFF a pair of surrogates.
std::string json_escape(char32_t code_point) {
    auto const unit = static_cast<std::uint32_t>(code_point);
    if (unit < 0x10000) return fmt::format("\\u{:04x}", unit);
    auto const rest = unit - 0x10000;
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (rest >> 10U), 0xDC00U + (rest & 0x3FFU));
}

}  // namespace

std::string visible_json(std::string_view document) {
    std::string out;
    out.reserve(document.size());
    for (std::size_t at = 0; at < document.size();) {
        auto const [code_point, octets, valid] = first_code_point(document.substr(at));
        if (valid && is_deceiving(code_point)) {
            out += json_escape(code_point);
        } else {
            out += document.substr(at, octets);
        }
        at += octets;
    }
    return out;
}

std::string visible_line(std::string_view text) {
    return visible(text, Lines::one);
}

std::string visible_text(std::string_view text) {
    return visible(text, Lines::many);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        auto const character = first_code_point(text.substr(at));
        width += character.valid ? width_of(character.value) : 1;
        at += character.octets;
    }
    return width;
}

std::string cut_to_width(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    std::size_t width = 0, at = 0;
    while (at < text.size()) {
        auto const character = first_code_point(text.substr(at));
        width += character.valid ? width_of(character.value) : 1;
        if (width > columns - 1) break;  // the ellipsis takes one column
        at += character.octets;
    }
    return std::string(text.substr(0, at)) + "…";
}

}  // namespace postern
