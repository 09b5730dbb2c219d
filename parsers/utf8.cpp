#include <cstdint>
#include <cstring>

#include "parsers/charset.h"

namespace postern {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Octets of the well-formed sequence at `at` (Unicode 15, table 3-7); 0: it is ill-formed, `ill` octets of it belong
// together.
std::size_t sequence_at(std::string_view octets, std::size_t at, std::size_t& ill) noexcept {
    auto const octet = [&](std::size_t index) -> unsigned {
        return index < octets.size() ? static_cast<unsigned char>(octets[index]) : 0U;
    };
    auto const first = octet(at);
    ill = 1;
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    std::size_t const length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    // The second octet's range keeps out overlong forms, surrogates, and what is behind U+10FFFF.
    auto const low = first == 0xE0 ? 0xA0U : first == 0xF0 ? 0x90U : 0x80U;
    auto const high = first == 0xED ? 0x9FU : first == 0xF4 ? 0x8FU : 0xBFU;
    if (octet(at + 1) < low || octet(at + 1) > high) return 0;
    for (ill = 2; ill < length; ++ill)
        if (octet(at + ill) < 0x80 || octet(at + ill) > 0xBF) return 0;
    return length;
}

}  // namespace

bool is_ascii(std::string_view octets) noexcept {
    std::size_t at = 0;
    for (; at + 8 <= octets.size(); at += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, octets.data() + at, 8);
        if ((eight & 0x8080808080808080U) != 0) return false;
    }
    for (; at < octets.size(); ++at)
        if ((static_cast<unsigned char>(octets[at]) & 0x80U) != 0) return false;
    return true;
}

bool is_valid_utf8(std::string_view octets) noexcept {
    std::size_t ill = 0;
    for (std::size_t at = 0; at < octets.size();) {
        auto const length = sequence_at(octets, at, ill);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

bool is_mostly_utf8(std::string_view octets) noexcept {
    std::size_t well_formed = 0;
    std::size_t ill_formed = 0;
    std::size_t ill = 0;
    for (std::size_t at = 0; at < octets.size();) {
        auto const length = sequence_at(octets, at, ill);
        if (length == 0) ++ill_formed;
        if (length > 1) ++well_formed;
        at += length == 0 ? ill : length;
    }
    return well_formed > 0 && well_formed >= ill_formed;
}

std::string scrub_utf8(std::string_view octets) {
    std::string text;
    text.reserve(octets.size());
    std::size_t ill = 0;
    std::size_t kept = 0;
    for (std::size_t at = 0; at < octets.size();) {
        auto const length = sequence_at(octets, at, ill);
        if (length != 0) {
            at += length;
            continue;
        }
        text += octets.substr(kept, at - kept);
        text += replacement;
        at += ill;
        kept = at;
    }
    text += octets.substr(kept);
    return text;
}

std::string_view utf8_head(std::string_view text, std::size_t octets) noexcept {
    if (text.size() <= octets) return text;
    while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xC0U) == 0x80U) --octets;
    return text.substr(0, octets);
}

void append_utf8(std::string& text, char32_t code_point) {
    auto const put = [&](char32_t octet) { text += static_cast<char>(static_cast<unsigned char>(octet)); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | (code_point >> 6U));
        put(0x80U | (code_point & 0x3FU));
    } else if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) {
        text += replacement;
    } else if (code_point < 0x10000) {
        put(0xE0U | (code_point >> 12U));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    } else {
        put(0xF0U | (code_point >> 18U));
        put(0x80U | ((code_point >> 12U) & 0x3FU));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    }
}

}  // namespace postern
