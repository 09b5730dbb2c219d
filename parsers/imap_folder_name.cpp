#include "parsers/imap_folder_name.h"

#include <cstdint>
#include <optional>

namespace postern {

namespace {

// The code point at `at`, which moves behind it; strict (RFC 3629 4).
std::optional<char32_t> take_code_point(std::string_view utf8, std::size_t& at) {
    auto const lead = static_cast<unsigned char>(utf8[at]);
    std::size_t const more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || utf8.size() - at <= more) return std::nullopt;
    char32_t point = more == 0 ? lead : lead & (0x3FU >> more);
    for (std::size_t i = 1; i <= more; ++i) {
        auto const next = static_cast<unsigned char>(utf8[at + i]);
        if ((next & 0xC0U) != 0x80U) return std::nullopt;
        point = (point << 6U) | (next & 0x3FU);
    }
    bool const overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return std::nullopt;
    at += more + 1;
    return point;
}

// Base64 of RFC 3501 5.1.3: "," for "/", no padding.
std::string encode_utf16(std::u16string const& units) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (auto const unit : units) {
        bits = (bits << 16U) | unit;
        for (held += 16; held >= 6; held -= 6) text += digits[(bits >> (held - 6)) & 0x3FU];
    }
    if (held > 0) text += digits[(bits << (6 - held)) & 0x3FU];
    return text;
}

void shift_out(std::u16string& units, std::string& text) {
    if (!units.empty()) text += "&" + encode_utf16(units) + "-";
    units.clear();
}

}  // namespace

Parsed<ImapFolderName> parse_imap_folder_name(std::string_view utf8) {
    if (utf8.empty()) return ParseError{"an empty folder name", 0};
    std::string text = "\"";
    std::u16string units;
    for (std::size_t at = 0; at < utf8.size();) {
        auto const begin = at;
        auto const point = take_code_point(utf8, at);
        if (!point) return ParseError{"a folder name that is not UTF-8", begin};
        if (*point < 0x20 || *point == 0x7F) return ParseError{"a control character in a folder name", begin};
        if (*point >= 0x10000) {
            units += static_cast<char16_t>(0xD800 + ((*point - 0x10000) >> 10U));
            units += static_cast<char16_t>(0xDC00 + ((*point - 0x10000) & 0x3FFU));
        } else if (*point > 0x7F) {
            units += static_cast<char16_t>(*point);
        } else {
            shift_out(units, text);
            if (*point == '"' || *point == '\\') text += '\\';
            text += static_cast<char>(*point);
            if (*point == '&') text += '-';
        }
    }
    shift_out(units, text);
    return ImapFolderName{text + "\""};
}

}  // namespace postern
