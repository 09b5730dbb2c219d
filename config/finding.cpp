#include "config/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace postern {
namespace {

// Longer values are recognised by their beginning; a whole certificate pasted into a key must not fill the screen.
constexpr std::size_t quoted_octets = 60;

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t octets = 0;  // 0: not UTF-8
};

std::uint32_t octet(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

// RFC 3629 3: shortest form only, no surrogates, nothing above U+10FFFF.
CodePoint first_code_point(std::string_view text) {
    auto const lead = octet(text, 0);
    if (lead < 0x80) return {lead, 1};
    auto const octets = lead >= 0xF0 ? std::size_t{4} : lead >= 0xE0 ? std::size_t{3} : std::size_t{2};
    if (lead < 0xC2 || lead > 0xF4 || text.size() < octets) return {};
    auto value = lead & (0x7FU >> octets);
    for (std::size_t i = 1; i < octets; ++i) {
        if ((octet(text, i) & 0xC0U) != 0x80U) return {};
        value = value << 6 | (octet(text, i) & 0x3FU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[octets] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {value, octets};
}

// C0, DEL, C1, line and paragraph separators, and what turns the direction of the text around (Unicode TR 36).
bool is_unfit_for_a_line(std::uint32_t value) {
    return value < 0x20 || (value >= 0x7F && value < 0xA0) || (value >= 0x2028 && value <= 0x202E) ||
           (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

bool has_errors(Findings const& findings) noexcept {
    return std::any_of(findings.begin(), findings.end(),
                       [](Finding const& finding) { return finding.severity == Finding::Severity::error; });
}

std::string to_string(Finding const& finding) {
    auto text = finding.file;
    if (finding.line != 0) text += fmt::format(":{}", finding.line);
    if (finding.line != 0 && finding.column != 0) text += fmt::format(":{}", finding.column);
    text += finding.severity == Finding::Severity::error ? ": error: " : ": notice: ";
    text += finding.what;
    if (!finding.cure.empty()) text += fmt::format(" ({})", finding.cure);
    return text;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        auto const code_point = first_code_point(text);
        auto const octets = std::max<std::size_t>(code_point.octets, 1);
        if (code_point.octets != 0 && !is_unfit_for_a_line(code_point.value)) {
            result += text.substr(0, octets);
        } else {
            for (std::size_t i = 0; i < octets; ++i) result += fmt::format("\\x{:02X}", octet(text, i));
        }
        text.remove_prefix(octets);
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    if (text.size() <= quoted_octets) return "'" + printable(text) + "'";
    auto end = quoted_octets;
    while (end > 0 && (octet(text, end) & 0xC0U) == 0x80U) --end;  // not within a character
    return "'" + printable(text.substr(0, end)) + "…'";
}

}  // namespace postern
