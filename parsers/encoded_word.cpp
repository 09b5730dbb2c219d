#include "parsers/encoded_word.h"

#include <cstdint>
#include <optional>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

// RFC 2047 2: a word has 75 octets; clients write charsets and languages (RFC 2231 5) of some length.
constexpr std::size_t longest_charset = 64;

struct EncodedWord {
    std::string_view charset;
    char encoding = 'Q';    // or 'B'
    std::string_view text;  // encoded
    std::size_t end = 0;    // behind its "?="
};

std::string decode_q(std::string_view text) {
    std::string octets;
    octets.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const c = text[at];
        if (c == '_') {
            octets += ' ';
        } else if (c == '=' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0) {
            octets += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
            at += 2;
        } else if (c != '\r' && c != '\n') {
            octets += c;
        }
    }
    return octets;
}

// Base64 of words, which may go on in the next word within a group of four digits.
struct Base64 {
    std::uint32_t bits = 0;
    unsigned count = 0;  // of bits not given out yet
    unsigned digits = 0;

    void decode(std::string_view text, std::string& octets) {
        for (auto const c : text) {
            if (c == '=') {  // padding ends the group
                reset();
                continue;
            }
            // "-" and "_" are base64url's, which some senders take for it.
            auto const value = base64_value(c == '-' ? '+' : c == '_' ? '/' : c);
            if (value < 0) continue;
            bits = (bits << 6U) | static_cast<std::uint32_t>(value);
            count += 6;
            ++digits;
            if (count < 8) continue;
            count -= 8;
            octets += static_cast<char>(static_cast<unsigned char>((bits >> count) & 0xFFU));
        }
        // Bits that are left over and not zero belong to an octet that the next word completes; zero ones stood for
        // padding.
        if (digits % 4 != 1 && (bits & ((1U << count) - 1U)) == 0) reset();
    }
    void reset() { *this = {}; }
};

// Finds encoded words from left to right. Linear: no stretch of text is searched twice for the same end.
class WordFinder {
  public:
    explicit WordFinder(std::string_view text) : text_(text) {}

    // The word that begins at `begin`, where "=?" stands.
    std::optional<EncodedWord> word_at(std::size_t begin) {
        auto const charset_begin = begin + 2;
        auto const mark = text_.substr(charset_begin, longest_charset + 1).find('?');
        if (mark == std::string_view::npos || mark == 0) return std::nullopt;
        EncodedWord word;
        word.charset = text_.substr(charset_begin, mark);
        if (word.charset.find_first_of(" \t\r\n=<>\"") != std::string_view::npos) return std::nullopt;
        auto const encoding_at = charset_begin + mark + 1;
        if (encoding_at + 1 >= text_.size() || text_[encoding_at + 1] != '?') return std::nullopt;
        auto const encoding = text_[encoding_at];
        if (encoding == 'b' || encoding == 'B')
            word.encoding = 'B';
        else if (encoding != 'q' && encoding != 'Q')
            return std::nullopt;
        auto const text_begin = encoding_at + 2;
        auto const text_end = end_of_text(text_begin, word.encoding);
        if (text_end == std::string_view::npos) return std::nullopt;
        word.text = text_.substr(text_begin, text_end - text_begin);
        word.end = text_end + 2;
        return word;
    }

    std::size_t next_begin(std::size_t from) const noexcept { return text_.find("=?", from); }

  private:
    std::size_t find_end(std::size_t from) {
        auto const is_known = has_known_end_ && searched_from_ <= from;
        if (is_known && (known_end_ == std::string_view::npos || known_end_ >= from)) return known_end_;
        searched_from_ = from;
        known_end_ = text_.find("?=", from);
        has_known_end_ = true;
        return known_end_;
    }

    std::size_t end_of_text(std::size_t begin, char encoding) {
        auto end = find_end(begin);
        // `=?utf-8?Q?Really?=3F?=`: some writers leave the question mark in front of an encoded octet as it is.
        while (encoding == 'Q' && end != std::string_view::npos && end + 3 < text_.size() &&
               hex_value(text_[end + 2]) >= 0 && hex_value(text_[end + 3]) >= 0 && text_[end + 2] < 'a' &&
               text_[end + 3] < 'a') {
            auto const later = find_end(end + 2);
            if (later == std::string_view::npos ||
                text_.substr(end + 2, later - end - 2).find("=?") != std::string_view::npos)
                break;
            end = later;
        }
        return end;
    }

    std::string_view text_;
    std::size_t searched_from_ = 0;
    std::size_t known_end_ = 0;
    bool has_known_end_ = false;
};

class HeaderTextDecoder {
  public:
    HeaderTextDecoder(std::string_view text, std::string_view raw_charset)
        : text_(text), raw_charset_(raw_charset), finder_(text) {
        decoded_.reserve(text.size());
    }

    std::string decode() {
        std::size_t plain_begin = 0;
        for (auto at = finder_.next_begin(0); at != std::string_view::npos;) {
            auto const word = finder_.word_at(at);
            if (!word) {
                at = finder_.next_begin(at + 2);
                continue;
            }
            take_plain(text_.substr(plain_begin, at - plain_begin));
            take_word(*word);
            plain_begin = word->end;
            at = finder_.next_begin(word->end);
        }
        take_plain(text_.substr(plain_begin));
        flush();
        return std::move(decoded_);
    }

  private:
    void take_plain(std::string_view plain) {
        // RFC 2047 6.2: white space between adjacent words is not shown.
        if (is_behind_word_ && plain.find_first_not_of(" \t\r\n") == std::string_view::npos && !plain.empty()) {
            held_space_ = plain;
            return;
        }
        if (plain.empty()) return;
        flush();
        is_behind_word_ = false;
        decoded_ += raw_to_utf8(plain, raw_charset_);
    }

    // Octets are gathered as long as words of one charset follow each other: writers split within characters.
    void take_word(EncodedWord const& word) {
        held_space_ = {};
        if (!is_behind_word_ || !equals_ignoring_case(word.charset, charset_)) flush();
        charset_ = word.charset;
        if (word.encoding == 'B') {
            base64_.decode(word.text, octets_);
        } else {
            base64_.reset();
            octets_ += decode_q(word.text);
        }
        is_behind_word_ = true;
    }

    void flush() {
        if (!octets_.empty()) decoded_ += to_utf8(octets_, charset_);
        octets_.clear();
        base64_.reset();
        decoded_ += held_space_;
        held_space_ = {};
    }

    std::string_view text_;
    std::string_view raw_charset_;
    WordFinder finder_;
    std::string decoded_;
    std::string octets_;        // of the words gathered
    std::string_view charset_;  // theirs
    std::string_view held_space_;
    Base64 base64_;
    bool is_behind_word_ = false;
};

// Controls, C1's too, have no place on one line of text: those that part words become a space.
std::string on_one_line(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const octet = static_cast<unsigned char>(text[at]);
        if (octet == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
            ++at;
        } else if (octet == '\t' || octet == '\n' || octet == '\r') {
            if (line.empty() || line.back() != ' ') line += ' ';
        } else if (octet >= 0x20 && octet != 0x7F) {
            line += text[at];
        }
    }
    auto const first = line.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool has_encoded_word(std::string_view text) noexcept {
    return text.find("=?") != std::string_view::npos;
}

std::size_t encoded_word_length(std::string_view text) {
    if (!text.starts_with("=?")) return 0;
    auto const word = WordFinder(text.substr(0, longest_encoded_word)).word_at(0);
    return word ? word->end : 0;
}

std::string decode_header_text(std::string_view value, std::string_view raw_charset) {
    // Unfolding drops controls: what needs its escapes is decoded first.
    if (value.find('\x1B') != std::string_view::npos)
        return on_one_line(HeaderTextDecoder(value, raw_charset).decode());
    auto const line = unfold(value);
    if (!has_encoded_word(line) && is_ascii(line) && raw_charset.empty()) return line;
    return on_one_line(HeaderTextDecoder(line, raw_charset).decode());
}

}  // namespace postern
