#include "templates/clean_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace postern {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026

struct Range {
    char32_t first, last;
};

// Shown as a break or a gap.
constexpr std::array white_space{
    Range{0x09, 0x0D},     Range{0x20, 0x20},     Range{0x85, 0x85},     Range{0xA0, 0xA0},     Range{0x1680, 0x1680},
    Range{0x2000, 0x200A}, Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000}};

// Controls, invisible characters, and those of UAX #9 that reorder the text around them ("gpj.exe" shown as "exe.jpg").
// The joiners U+200C and U+200D stay: Persian and emoji need them.
constexpr std::array left_out{
    Range{0x00, 0x08},     Range{0x0E, 0x1F},     Range{0x7F, 0x9F},     Range{0xAD, 0xAD},      Range{0x061C, 0x061C},
    Range{0x180E, 0x180E}, Range{0x200B, 0x200B}, Range{0x200E, 0x200F}, Range{0x202A, 0x202E},  Range{0x2060, 0x206F},
    Range{0xFEFF, 0xFEFF}, Range{0xFFF9, 0xFFFB}, Range{0xFFFE, 0xFFFF}, Range{0xE0000, 0xE0FFF}};

template <std::size_t N>
constexpr bool holds(std::array<Range, N> const& ranges, char32_t value) noexcept {
    return std::any_of(ranges.begin(), ranges.end(),
                       [value](Range range) { return value >= range.first && value <= range.last; });
}

struct Plain {
    char32_t value;
    std::string_view ascii;
};

constexpr std::array punctuation{
    Plain{0x2010, "-"},  Plain{0x2011, "-"}, Plain{0x2012, "-"}, Plain{0x2013, "-"}, Plain{0x2014, "-"},
    Plain{0x2015, "-"},  Plain{0x2018, "'"}, Plain{0x2019, "'"}, Plain{0x201A, "'"}, Plain{0x201C, "'"},
    Plain{0x201D, "'"},  Plain{0x201E, "'"}, Plain{0x2022, "-"}, Plain{0xB7, "-"},   Plain{0x2026, "..."},
    Plain{0xAB, "'"},    Plain{0xBB, "'"},   Plain{0xB4, "'"},   Plain{0x2039, "'"}, Plain{0x203A, "'"},
    Plain{0x1E9E, "SS"}, Plain{0x218, "S"},  Plain{0x219, "s"},  Plain{0x21A, "T"},  Plain{0x21B, "t"}};

// U+00C0 to U+00FF, then U+0100 to U+017F; a space separates, "." stands for no plain form.
constexpr std::string_view latin1 =
    "A A A A Ae A AE C E E E E I I I I D N O O O O Oe . O U U U Ue Y Th ss "
    "a a a a ae a ae c e e e e i i i i d n o o o o oe . o u u u ue y th y ";
constexpr std::string_view latin_a =
    "A a A a A a C c C c C c C c D d D d E e E e E e E e E e G g G g G g G g H h H h I i I i I i I i I i IJ ij J j K k "
    "k "
    "L l L l L l L l L l N n N n N n n N n O o O o O o OE oe R r R r R r S s S s S s S s T t T t T t U u U u U u U u "
    "U u U u W w Y y Y Z z Z z Z z s ";

constexpr std::string_view entry(std::string_view table, std::size_t index) noexcept {
    for (; index > 0; --index) table.remove_prefix(table.find(' ') + 1);
    return table.substr(0, table.find(' '));
}
static_assert(std::count(latin1.begin(), latin1.end(), ' ') == 0x40);
static_assert(std::count(latin_a.begin(), latin_a.end(), ' ') == 0x80);
static_assert(entry(latin1, 0xFC - 0xC0) == "ue" && entry(latin_a, 0x17E - 0x100) == "z");

std::optional<std::string_view> plain_form(char32_t value) noexcept {
    if (value >= 0xC0 && value < 0x180) {
        auto const found = value < 0x100 ? entry(latin1, value - 0xC0) : entry(latin_a, value - 0x100);
        return found == "." ? std::nullopt : std::optional(found);
    }
    auto const* const found = std::find_if(punctuation.begin(), punctuation.end(),
                                           [value](Plain const& plain) { return plain.value == value; });
    return found == punctuation.end() ? std::nullopt : std::optional(found->ascii);
}

unsigned octet(std::string_view text, std::size_t index) noexcept {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
    auto const lead = octet(text, 0);
    if (lead < 0x80) return {lead, 1, true};
    std::size_t const octets = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < octets) return {};
    char32_t value = lead & (0x7FU >> octets);
    for (std::size_t i = 1; i < octets; ++i) {
        if ((octet(text, i) & 0xC0U) != 0x80U) return {};
        value = (value << 6U) | (octet(text, i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[octets] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, octets, true};
}

std::string clean_line(std::string_view text, std::size_t max_code_points) {
    std::string line;
    std::size_t count = 0, last_start = 0;
    bool gap = false;
    while (!text.empty()) {
        auto const point = first_code_point(text);
        auto const octets = point.valid ? text.substr(0, point.octets) : replacement;
        text.remove_prefix(point.octets);
        if (point.valid && holds(white_space, point.value)) {
            gap = count > 0;
            continue;
        }
        if (point.valid && holds(left_out, point.value)) continue;
        if (count + (gap ? 2U : 1U) > max_code_points) {
            if (count == max_code_points) line.resize(last_start);
            return line.append(ellipsis);
        }
        if (gap) line += ' ', ++count;
        gap = false;
        last_start = line.size();
        line += octets;
        ++count;
    }
    return line;
}

std::optional<std::string> plain_ascii(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        auto const point = first_code_point(text);
        if (!point.valid) return std::nullopt;
        text.remove_prefix(point.octets);
        if (point.value >= 0x20 && point.value < 0x7F) {
            plain += static_cast<char>(point.value);
        } else if (holds(white_space, point.value)) {
            plain += ' ';
        } else if (point.value >= 0x300 && point.value < 0x370 && !plain.empty()) {
            continue;  // a combining mark: the letter before it stands alone
        } else if (auto const form = plain_form(point.value)) {
            plain += *form;
        } else {
            return std::nullopt;
        }
    }
    return plain;
}

}  // namespace postern
