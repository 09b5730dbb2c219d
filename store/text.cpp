#include "store/text.h"

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cstring>
#include <cwctype>

#include <locale.h>

namespace postern {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint8_t octet(char c) noexcept {
    return static_cast<std::uint8_t>(c);
}

// What may stand as the second octet narrows with the first: no overlong form, no surrogate, nothing above U+10FFFF.
struct Lead {
    std::size_t length;  // of the whole sequence; 0: leads nothing
    std::uint8_t second_from, second_to;
};

constexpr Lead lead(std::uint8_t first) noexcept {
    if (first < 0x80) return {1, 0, 0};
    if (first < 0xC2) return {0, 0, 0};
    if (first < 0xE0) return {2, 0x80, 0xBF};
    if (first == 0xE0) return {3, 0xA0, 0xBF};
    if (first == 0xED) return {3, 0x80, 0x9F};
    if (first < 0xF0) return {3, 0x80, 0xBF};
    if (first == 0xF0) return {4, 0x90, 0xBF};
    if (first < 0xF4) return {4, 0x80, 0xBF};
    if (first == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

struct Sequence {
    std::size_t length;  // at least 1
    bool well_formed;
};

// The maximal well-formed part is one sequence (Unicode 3.9, U+FFFD substitution of maximal subparts).
Sequence sequence_at(std::string_view text, std::size_t at) noexcept {
    auto const [length, from, to] = lead(octet(text[at]));
    if (length < 2) return {1, length == 1 && text[at] != '\0'};
    for (std::size_t have = 1; have < length; ++have) {
        if (at + have >= text.size()) return {have, false};
        auto const next = octet(text[at + have]);
        bool const fits = have == 1 ? next >= from && next <= to : (next & 0xC0U) == 0x80U;
        if (!fits) return {have, false};
    }
    return {length, true};
}

// Length of the run at the start of plain characters: neither NUL nor above 0x7F; eight at a time.
std::size_t plain_run(std::string_view text) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t highs = 0x8080808080808080ULL;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        if (((word | (word - ones)) & highs) != 0) break;  // above 0x7F, or NUL (borrows into its high bit)
    }
    while (at < text.size() && text[at] != '\0' && octet(text[at]) < 0x80) ++at;
    return at;
}

// Length of the well-formed run at the start.
std::size_t good_run(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        at += plain_run(text.substr(at));
        if (at == text.size()) break;
        auto const sequence = sequence_at(text, at);
        if (!sequence.well_formed) break;
        at += sequence.length;
    }
    return at;
}

// The mapping must not hang on what the process's locale is.
locale_t unicode_locale() {
    static locale_t const locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

wint_t folded(wint_t c) {
    auto const locale = unicode_locale();
    if (locale == nullptr) return c;
    return towlower_l(towupper_l(c, locale), locale);  // by way of upper case: final sigma, long s
}

wint_t decode(std::string_view sequence) noexcept {
    auto const first = octet(sequence[0]);
    std::uint32_t c = sequence.size() == 1 ? first : first & (0xFFU >> (sequence.size() + 1));
    for (std::size_t at = 1; at < sequence.size(); ++at) c = (c << 6U) | (octet(sequence[at]) & 0x3FU);
    return c;
}

void append(std::string& text, wint_t c) {
    auto const tail = [&](unsigned shift) { text.push_back(static_cast<char>(0x80U | ((c >> shift) & 0x3FU))); };
    if (c < 0x80) {
        text.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        text.push_back(static_cast<char>(0xC0U | (c >> 6U)));
        tail(0);
    } else if (c < 0x10000) {
        text.push_back(static_cast<char>(0xE0U | (c >> 12U)));
        tail(6);
        tail(0);
    } else {
        text.push_back(static_cast<char>(0xF0U | (c >> 18U)));
        tail(12);
        tail(6);
        tail(0);
    }
}

constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char ascii_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return octet(c) < 0x80; });
}

}  // namespace

bool is_storable_text(std::string_view text) noexcept {
    return good_run(text) == text.size();
}

std::string storable_text(std::string_view text) {
    std::string result;
    result.reserve(text.size() + replacement.size());
    while (!text.empty()) {
        auto const run = good_run(text);
        result.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        result.append(replacement);
        text.remove_prefix(sequence_at(text, 0).length);
    }
    return result;
}

std::string folded_case(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        auto const [length, well_formed] = sequence_at(text, at);
        if (length == 1) {
            result.push_back(ascii_lower(text[at]));
        } else if (well_formed) {
            append(result, folded(decode(text.substr(at, length))));
        } else {
            result.append(text.substr(at, length));
        }
        at += length;
    }
    return result;
}

FoldedNeedle::FoldedNeedle(std::string_view text)
    : folded_(folded_case(text)),
      ascii_(is_ascii(folded_)),
      lower_first_(folded_.empty() ? '\0' : folded_.front()),
      upper_first_(ascii_upper(lower_first_)) {}

bool FoldedNeedle::found_in(std::string_view text) const {
    if (folded_.empty()) return true;
    if (is_ascii(text)) return ascii_ && found_in_ascii(text);
    return folded_case(text).find(folded_) != std::string::npos;
}

bool FoldedNeedle::found_in_ascii(std::string_view text) const noexcept {
    if (text.size() < folded_.size()) return false;
    for (std::size_t at = 0; at + folded_.size() <= text.size(); ++at) {
        if (text[at] != lower_first_ && text[at] != upper_first_) continue;
        auto const here = text.substr(at, folded_.size());
        if (std::ranges::equal(here, folded_, {}, ascii_lower)) return true;
    }
    return false;
}

}  // namespace postern
