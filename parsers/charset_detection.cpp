// What unlabelled octets look like: for each charset a small model says how likely it would be to see these octets, the
// likeliest charset is taken. The models know which characters are frequent, and that Western text has its 8-bit octets
// one by one among US-ASCII letters where all others have them in runs. A handful of octets is enough for the usual
// cases.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "parsers/charset.h"

namespace postern {
namespace {

// Octets looked at: more does not change the verdict.
constexpr std::size_t sample_octets = 4096;

constexpr double unlikely = -12.0;  // log probability of what no text in the charset holds

// One character at the head of `rest`, which begins with an 8-bit octet: how many octets it has, and how likely it is.
struct Emission {
    std::size_t octets;
    double log_likelihood;
};

unsigned octet_at(std::string_view rest, std::size_t index) noexcept {
    return index < rest.size() ? static_cast<unsigned char>(rest[index]) : 0U;
}

bool between(unsigned value, unsigned low, unsigned high) noexcept {
    return value >= low && value <= high;
}

Emission gb18030(std::string_view rest) {
    auto const lead = octet_at(rest, 0);
    auto const trail = octet_at(rest, 1);
    if (between(trail, 0x30, 0x39) && between(lead, 0x81, 0xFE)) return {4, -9.5};
    if (!between(lead, 0x81, 0xFE) || !between(trail, 0x40, 0xFE) || trail == 0x7F) return {1, unlikely};
    if (trail < 0xA1) return {2, -11.0};                 // GBK's own
    if (between(lead, 0xB0, 0xD7)) return {2, -8.1};     // level 1: 3,755 frequent characters
    if (lead == 0xA1 || lead == 0xA3) return {2, -6.0};  // punctuation, full-width forms
    return {2, between(lead, 0xD8, 0xF7) ? -10.5 : -11.5};
}

Emission big5(std::string_view rest) {
    auto const lead = octet_at(rest, 0);
    auto const trail = octet_at(rest, 1);
    if (!between(lead, 0x81, 0xFE) || !(between(trail, 0x40, 0x7E) || between(trail, 0xA1, 0xFE))) return {1, unlikely};
    if (between(lead, 0xA4, 0xC6))
        return {2, lead < 0xAE ? -7.8 : -9.0};  // level 1, by strokes: the simple ones are frequent
    if (between(lead, 0xA1, 0xA3)) return {2, -6.5};
    return {2, between(lead, 0xC9, 0xF9) ? -10.8 : -12.0};
}

Emission shift_jis(std::string_view rest) {
    auto const lead = octet_at(rest, 0);
    auto const trail = octet_at(rest, 1);
    if (between(lead, 0xA1, 0xDF)) return {1, -6.0};  // half-width katakana
    if (!(between(lead, 0x81, 0x9F) || between(lead, 0xE0, 0xFC)) || !between(trail, 0x40, 0xFC) || trail == 0x7F)
        return {1, unlikely};
    if (lead == 0x82 && between(trail, 0x9F, 0xF1)) return {2, -5.0};
    if (lead == 0x83 && between(trail, 0x40, 0x96)) return {2, -5.8};
    if (lead == 0x81) return {2, -5.5};
    return {2, between(lead, 0x88, 0x97) ? -8.9 : -11.5};
}

Emission euc_jp(std::string_view rest) {
    auto const lead = octet_at(rest, 0);
    auto const trail = octet_at(rest, 1);
    if (lead == 0x8E && between(trail, 0xA1, 0xDF)) return {2, -8.0};
    if (lead == 0x8F) return {3, -11.5};
    if (!between(lead, 0xA1, 0xF4) || !between(trail, 0xA1, 0xFE)) return {1, unlikely};
    if (lead == 0xA4) return {2, between(trail, 0xA1, 0xF3) ? -5.0 : -11.5};
    if (lead == 0xA5) return {2, between(trail, 0xA1, 0xF6) ? -5.8 : -11.5};
    if (lead == 0xA1) return {2, -5.5};
    return {2, between(lead, 0xB0, 0xCF) ? -8.9 : -11.0};
}

Emission euc_kr(std::string_view rest) {
    auto const lead = octet_at(rest, 0);
    auto const trail = octet_at(rest, 1);
    if (!between(lead, 0x81, 0xFD) || !between(trail, 0x41, 0xFE)) return {1, unlikely};
    if (trail < 0xA1) return {2, between(lead, 0x81, 0xC6) ? -11.0 : -12.0};
    if (between(lead, 0xB0, 0xC8)) return {2, -7.6};  // 2,350 syllables
    return {2, lead == 0xA1 || lead == 0xA3 ? -7.0 : -11.5};
}

// Log probability of a letter that has this share, in per mille, of its language's letters.
double share(unsigned per_mille) noexcept {
    return std::log((static_cast<double>(per_mille) + 0.3) / 1100.0);
}

// Russian, а to я. koi8-r has the same letters in another order.
constexpr std::array<unsigned, 32> cyrillic{80, 16, 45, 17, 30, 85, 9, 16, 73, 12, 35, 44, 32, 67, 110, 28,
                                            47, 55, 63, 26, 3,  10, 5, 14, 7,  4,  1,  19, 17, 3,  6,   20};
constexpr std::array<unsigned char, 32> koi8_order{30, 0,  1,  22, 4,  5,  20, 3, 21, 8,  9, 10, 11, 12, 13, 14,
                                                   15, 31, 16, 17, 18, 19, 6,  2, 28, 27, 7, 24, 29, 25, 23, 26};

Emission windows_1251(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    if (octet >= 0xE0) return {1, share(cyrillic[octet - 0xE0])};
    if (octet >= 0xC0) return {1, share(cyrillic[octet - 0xC0]) - 3.0};
    return {1, octet == 0xB3 || octet == 0xBF || octet == 0xBA || octet == 0xB8 || octet == 0xB9 || octet == 0x97 ||
                       octet == 0xAB || octet == 0xBB
                   ? -5.0
                   : -9.0};
}

Emission koi8_r(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    if (octet < 0xC0) return {1, octet == 0xA3 || octet == 0xA4 || octet == 0xA6 || octet == 0xA7 ? -6.0 : -10.0};
    auto const letter = koi8_order[(octet - 0xC0U) % 32U];
    return {1, share(cyrillic[letter]) - (octet >= 0xE0 ? 3.0 : 0.0)};
}

Emission iso_8859_5(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    if (between(octet, 0xD0, 0xEF)) return {1, share(cyrillic[octet - 0xD0])};
    if (between(octet, 0xB0, 0xCF)) return {1, share(cyrillic[octet - 0xB0]) - 3.0};
    return {1, octet == 0xF0 || octet == 0xF1 || octet == 0xF6 ? -6.5 : -11.0};
}

Emission ibm866(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    if (between(octet, 0xA0, 0xAF)) return {1, share(cyrillic[octet - 0xA0]) - 1.0};
    if (between(octet, 0xE0, 0xEF)) return {1, share(cyrillic[octet - 0xE0 + 16]) - 1.0};
    if (between(octet, 0x80, 0x9F)) return {1, share(cyrillic[octet - 0x80]) - 4.0};
    return {1, -11.0};
}

// Greek, from alpha with tonos (0xDC) to omega with tonos (0xFE).
constexpr std::array<unsigned, 35> greek{20, 18, 14, 21, 1,  101, 8,  17, 17, 65, 5, 40, 11, 65, 40, 27, 33, 58,
                                         4,  68, 37, 39, 45, 45,  85, 30, 8,  11, 1, 17, 1,  1,  16, 14, 9};

Emission windows_1253(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    if (between(octet, 0xDC, 0xFE)) return {1, share(greek[octet - 0xDC]) - 0.3};
    return {1, between(octet, 0xC1, 0xD9) ? share(greek[octet - 0xC1 + 5]) - 3.0 : -10.0};
}

// Hebrew, alef to tav.
constexpr std::array<unsigned, 27> hebrew{63, 47, 13, 26, 109, 105, 13, 25, 13, 113, 5,  25, 74, 35,
                                          52, 13, 30, 15, 33,  2,   17, 2,  12, 22,  56, 44, 50};

Emission windows_1255(std::string_view rest) {
    auto const octet = octet_at(rest, 0);
    return {1, between(octet, 0xE0, 0xFA) ? share(hebrew[octet - 0xE0]) : -10.0};
}

// Letters of Western Europe, the frequent ones first; then what word processors put in place of quotes and dashes.
Emission windows_1252(std::string_view rest) {
    static constexpr std::string_view frequent = "\xE9\xE4\xFC\xF6\xE8\xE0\xF3\xED\xE1\xE7\xDF\xF1\xE3\xE5\xF8\xEA\xFA";
    static constexpr std::string_view usual =
        "\xE6\xF9\xEE\xE2\xF4\xF5\xEC\xF2\xEB\xEF\xFB\xC4\xD6\xDC\xC9\xD8\xC5\xC0\xC7\xC1\xC8\x92\x93\x94\x96\x91\x97"
        "\x80\x85\x95\xA0\xAB\xBB"
        "\xB0\xA3\xA7\xA9\xAE\x99\xB4\xBF\xA1\xB7\xAA\xBA\xD1\xC6\xCA\x8A\x9A\xFD\xF0\xFE\xD3\xDA\xCD";
    auto const octet = rest.front();
    if (frequent.find(octet) != std::string_view::npos) return {1, -3.0};
    if (usual.find(octet) != std::string_view::npos) return {1, -4.7};
    auto const value = octet_at(rest, 0);
    return {1, value == 0x81 || value == 0x8D || value == 0x8F || value == 0x90 || value == 0x9D ? unlikely : -7.5};
}

// Polish, Czech, Slovak, Hungarian, Romanian.
Emission windows_1250(std::string_view rest) {
    static constexpr std::string_view frequent =
        "\xB3\xEA\xB9\xBF\x9C\xF3\xE6\xE1\xED\xE9\xEC\xF8\x9A\x9E\xE8\xFD\xF9\xF5\xFB\xF6\xFC";
    static constexpr std::string_view usual =
        "\xF1\x9F\xE3\xE2\xEE\xBA\xFE\x9D\xEF\xF2\xBE\xFA\xF4\x8C\xA3\xAF\xC8\x8A\x8E\xD8\xD0\xF0\xC1\xC9\xE4\x93\x94"
        "\x84\x96\x80";
    auto const octet = rest.front();
    if (frequent.find(octet) != std::string_view::npos) return {1, -3.1};
    return {1, usual.find(octet) != std::string_view::npos ? -4.8 : -9.0};
}

struct Model {
    char const* charset;
    Emission (*emit)(std::string_view rest);
    double prior;          // log: how often mail without a label is in it
    double run_continues;  // probability that another 8-bit character follows one
    bool is_double_octet;
};

constexpr std::array models{Model{"windows-1252", windows_1252, -0.5, 0.05, false},
                            Model{"gb18030", gb18030, -1.5, 0.9, true},
                            Model{"shift_jis", shift_jis, -2.0, 0.9, true},
                            Model{"euc-jp", euc_jp, -3.0, 0.9, true},
                            Model{"windows-950", big5, -2.0, 0.9, true},
                            Model{"windows-949", euc_kr, -2.0, 0.75, true},
                            Model{"windows-1251", windows_1251, -1.5, 0.85, false},
                            Model{"koi8-r", koi8_r, -2.0, 0.85, false},
                            Model{"iso-8859-5", iso_8859_5, -5.0, 0.85, false},
                            Model{"ibm866", ibm866, -6.0, 0.85, false},
                            Model{"windows-1253", windows_1253, -2.5, 0.85, false},
                            Model{"windows-1255", windows_1255, -2.5, 0.8, false},
                            Model{"windows-1250", windows_1250, -2.5, 0.12, false}};

double log_likelihood(Model const& model, std::string_view octets) {
    // The cost of an US-ASCII letter: what a double-octet character with such a trail saves, it pays in its own
    // emission.
    static double const ascii_letter = std::log(1.0 / 50.0);
    double const continues = std::log(model.run_continues);
    double const ends = std::log(1.0 - model.run_continues);
    double const begins = std::log(model.is_double_octet ? 0.05 : 0.08);
    double total = model.prior;
    auto in_run = false;
    for (std::size_t at = 0; at < octets.size();) {
        if (octet_at(octets, at) < 0x80) {
            auto const is_letter = (octet_at(octets, at) | 0x20U) >= 'a' && (octet_at(octets, at) | 0x20U) <= 'z';
            total += ascii_letter + (in_run && is_letter ? ends : 0.0);
            in_run = false;
            ++at;
            continue;
        }
        auto const emission = model.emit(octets.substr(at));
        total += emission.log_likelihood + (in_run ? continues : begins);
        at += emission.octets;
        in_run = true;
    }
    return total;
}

// Latin letters in UTF-16 have a NUL each, all on the same side; a few other characters may stand among them.
std::string_view utf_16_by_nuls(std::string_view octets) noexcept {
    auto const sample = octets.substr(0, sample_octets);
    std::array<std::size_t, 2> nuls{};
    for (auto at = sample.find('\0'); at != std::string_view::npos; at = sample.find('\0', at + 1)) ++nuls[at % 2];
    auto const pairs = sample.size() / 2;
    if (nuls[1] * 3 > pairs * 2 && nuls[0] * 20 <= pairs) return "UTF-16LE";
    if (nuls[0] * 3 > pairs * 2 && nuls[1] * 20 <= pairs) return "UTF-16BE";
    return {};
}

// ECMA-35's announcements of a charset: RFC 1468, 1554, 1557, 1922.
std::string_view iso_2022_by_escapes(std::string_view octets) noexcept {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> escapes{{{"\x1B$)C", "ISO-2022-KR"},
                                                                                           {"\x1B$)A", "ISO-2022-CN"},
                                                                                           {"\x1B$)G", "ISO-2022-CN"},
                                                                                           {"\x1B$B", "ISO-2022-JP"},
                                                                                           {"\x1B$@", "ISO-2022-JP"},
                                                                                           {"\x1B$(D", "ISO-2022-JP"},
                                                                                           {"\x1B(J", "ISO-2022-JP"},
                                                                                           {"\x1B(I", "ISO-2022-JP"},
                                                                                           {"\x1B$A", "ISO-2022-JP"}}};
    for (auto at = octets.find('\x1B'); at != std::string_view::npos; at = octets.find('\x1B', at + 1))
        for (auto const& [escape, charset] : escapes)
            if (octets.substr(at, escape.size()) == escape) return charset;
    return {};
}

}  // namespace

std::string_view evident_charset(std::string_view octets) noexcept {
    if (octets.starts_with("\xEF\xBB\xBF") && is_valid_utf8(octets)) return "UTF-8";
    if (octets.starts_with(std::string_view("\xFF\xFE\0\0", 4)) && octets.size() % 4 == 0) return "UTF-32";
    if ((octets.starts_with("\xFF\xFE") || octets.starts_with("\xFE\xFF")) && octets.size() % 2 == 0) return "UTF-16";
    if (octets.find('\0') != std::string_view::npos) return utf_16_by_nuls(octets);
    if (octets.find('\x1B') != std::string_view::npos && is_ascii(octets)) return iso_2022_by_escapes(octets);
    return {};
}

std::string detect_charset(std::string_view octets) {
    // Begin where there is something to see.
    auto const first = std::ranges::find_if(octets, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    auto const begin = static_cast<std::size_t>(first - octets.begin());
    auto const sample = octets.substr(begin < 64 ? 0 : begin - 64, sample_octets);
    auto const* best = &models.front();
    auto best_likelihood = log_likelihood(*best, sample);
    for (auto const& model : models) {
        auto const likelihood = log_likelihood(model, sample);
        if (likelihood <= best_likelihood) continue;
        best = &model;
        best_likelihood = likelihood;
    }
    return best->charset;
}

}  // namespace postern
