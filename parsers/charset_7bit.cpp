#include "parsers/charset_7bit.h"

#include <array>
#include <cstdint>

#include "parsers/ascii.h"
#include "parsers/charset.h"

namespace postern {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// One run of UTF-7's modified base64: UTF-16 units, big end first.
std::string decode_utf_7_run(std::string_view digits) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    char32_t high = 0;
    for (auto const digit : digits) {
        bits = (bits << 6U) | static_cast<std::uint32_t>(base64_value(digit));
        count += 6;
        if (count < 16) continue;
        count -= 16;
        char32_t const unit = (bits >> count) & 0xFFFFU;
        auto const is_low = unit >= 0xDC00 && unit < 0xE000;
        if (high != 0 && !is_low) text += replacement;
        if (unit >= 0xD800 && unit < 0xDC00) {
            high = unit;
            continue;
        }
        append_utf8(text, high != 0 && is_low ? 0x10000 + ((high - 0xD800) << 10U) + (unit - 0xDC00) : unit);
        high = 0;
    }
    if (high != 0) text += replacement;
    return text;
}

// What an escape sequence of ISO 2022 switches to.
enum class Set { ascii, katakana, jis_x_0208, jis_x_0212, shift_jis };

struct Escape {
    std::string_view sequence;  // behind ESC
    Set set;
};
constexpr std::array escapes{
    Escape{"$(D", Set::jis_x_0212}, Escape{"$(B", Set::jis_x_0208}, Escape{"$(@", Set::jis_x_0208},
    Escape{"$(O", Set::jis_x_0208}, Escape{"$(Q", Set::jis_x_0208}, Escape{"$B", Set::jis_x_0208},
    Escape{"$@", Set::jis_x_0208},  Escape{"(B", Set::ascii},       Escape{"(J", Set::ascii},
    Escape{"(H", Set::ascii},       Escape{"(I", Set::katakana},    Escape{"&@$B", Set::jis_x_0208}};

// JIS X 0208's row and cell -> Shift JIS, which places the vendors' rows the same way.
void append_shift_jis(std::string& out, unsigned row, unsigned cell) {
    auto const lead = ((row - 0x21U) >> 1U) + 0x81U;
    out += static_cast<char>(lead > 0x9FU ? lead + 0x40U : lead);
    if (row % 2U == 1U)
        out += static_cast<char>(cell + (cell > 0x5FU ? 0x20U : 0x1FU));
    else
        out += static_cast<char>(cell + 0x7EU);
}

class JisReader {
  public:
    explicit JisReader(DoubleOctetDecoder const& decode) : decode_(decode) {}

    std::string read(std::string_view octets) {
        text_.reserve(octets.size());
        for (std::size_t at = 0; at < octets.size();) at += take(octets.substr(at));
        flush();
        return std::move(text_);
    }

  private:
    // Octets consumed, one at least.
    std::size_t take(std::string_view rest) {
        auto const octet = static_cast<unsigned char>(rest.front());
        if (octet == 0x1B) return escape(rest);
        if (octet == 0x0E || octet == 0x0F) {  // CP50222 shifts to half-width katakana
            switch_to(octet == 0x0E ? Set::katakana : Set::ascii);
            return 1;
        }
        // RFC 1468: a line ends in US-ASCII, also where its writer forgot to say so.
        if (octet == '\n' || octet == '\r') switch_to(Set::ascii);
        if (octet >= 0x80) return take_8bit(rest);
        if (octet <= 0x20 || octet == 0x7F || set_ == Set::ascii || set_ == Set::shift_jis) {
            flush();
            text_ += rest.front();
            return 1;
        }
        if (set_ == Set::katakana) return katakana(octet);
        return take_pair(rest);
    }

    std::size_t take_pair(std::string_view rest) {
        auto const row = static_cast<unsigned char>(rest[0]);
        auto const cell = rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0U;
        if (cell < 0x21 || cell > 0x7E) {
            flush();
            text_ += replacement;
            return 1;
        }
        if (set_ == Set::jis_x_0208) {
            append_shift_jis(pending_, row, cell);
        } else {
            pending_ += '\x8F';
            pending_ += static_cast<char>(row | 0x80U);
            pending_ += static_cast<char>(cell | 0x80U);
        }
        return 2;
    }

    // CP50221's senders leave half-width katakana as 8-bit octets; others write plain Shift JIS under this label.
    std::size_t take_8bit(std::string_view rest) {
        auto const octet = static_cast<unsigned char>(rest.front());
        auto const trail = rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0U;
        if (octet >= 0xA1 && octet <= 0xDF) return katakana(octet);
        if (octet != 0x80 && octet != 0xA0 && octet < 0xFD && trail >= 0x40 && trail != 0x7F) {
            if (set_ != Set::shift_jis) switch_to(Set::shift_jis);
            pending_ += rest.substr(0, 2);
            return 2;
        }
        switch_to(Set::ascii);
        text_ += replacement;
        return 1;
    }

    std::size_t katakana(unsigned octet) {
        flush();
        append_utf8(text_, 0xFF61 + ((octet & 0x7FU) - 0x21U));
        return 1;
    }

    std::size_t escape(std::string_view rest) {
        for (auto const& [sequence, set] : escapes) {
            if (!rest.substr(1).starts_with(sequence)) continue;
            switch_to(set);
            return 1 + sequence.size();
        }
        flush();
        text_ += replacement;
        return 1;
    }

    void switch_to(Set set) {
        flush();
        set_ = set;
    }

    void flush() {
        if (pending_.empty()) return;
        text_ += decode_(pending_, set_ == Set::jis_x_0212 ? DoubleOctetForm::euc_jp : DoubleOctetForm::shift_jis);
        pending_.clear();
    }

    DoubleOctetDecoder const& decode_;
    std::string text_;
    std::string pending_;  // double-octet characters, in the charset that flush() names
    Set set_ = Set::ascii;
};

}  // namespace

std::string utf_7_to_utf8(std::string_view octets) {
    std::string text;
    text.reserve(octets.size());
    for (std::size_t at = 0; at < octets.size();) {
        auto const c = octets[at];
        if (c != '+') {
            if (static_cast<unsigned char>(c) < 0x80)
                text += c;
            else
                text += replacement;
            ++at;
            continue;
        }
        auto end = at + 1;
        while (end < octets.size() && base64_value(octets[end]) >= 0) ++end;
        auto const ends_with_dash = end < octets.size() && octets[end] == '-';
        auto const run = octets.substr(at + 1, end - at - 1);
        // "+-" is '+'; a '+' with too few digits for a character is one that nobody encoded.
        if (run.size() < 3)
            text += octets.substr(at, end - at);
        else
            text += decode_utf_7_run(run);
        at = end + (ends_with_dash && (run.empty() || run.size() >= 3) ? 1 : 0);
    }
    return text;
}

std::string iso_2022_jp_to_utf8(std::string_view octets, DoubleOctetDecoder const& decode) {
    return JisReader(decode).read(octets);
}

}  // namespace postern
