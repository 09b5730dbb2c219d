#include "parsers/transfer_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

constexpr std::uint8_t foreign = 0xff;

// At memory speed for megabytes of attachments.
constexpr auto base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto const value = postern::base64_value(static_cast<char>(i));
        values[i] = value < 0 ? foreign : static_cast<std::uint8_t>(value);
    }
    return values;
}();

std::uint8_t value_of(char c) noexcept {
    return base64_values[static_cast<unsigned char>(c)];
}

// One line without its end; position moves behind the end.
std::string_view take_line(std::string_view text, std::size_t& position) noexcept {
    auto const end = text.find('\n', position);
    auto line = text.substr(position, end == std::string_view::npos ? end : end - position);
    position = end == std::string_view::npos ? text.size() : end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

// Is what follows the padding base64 again? The start of its first line tells. A bounded look: padding may follow on
// padding all through the octets.
bool continues_as_base64(std::string_view octets, std::size_t position) noexcept {
    constexpr std::size_t line_octets = 76;  // RFC 2045 6.8
    auto const spaces_end = std::min(octets.size(), position + line_octets);
    while (position < spaces_end && (is_space(octets[position]) || octets[position] == '=')) ++position;
    auto const line = take_line(octets.substr(0, position + line_octets), position);
    for (char const c : line)
        if (value_of(c) == foreign && c != '=' && !is_wsp(c)) return false;
    return !line.empty();
}

// "---" or "___" at the start of a line: a footer that was put behind data without padding.
bool is_rule(std::string_view octets, std::size_t position) noexcept {
    if (position == 0 || octets[position - 1] != '\n') return false;
    auto const rule = octets.substr(position, 3);
    return rule == "---" || rule == "___";
}

// Collects six bits at a time where four clean characters in a row are not to be had.
class Base64Group {
  public:
    explicit Base64Group(std::string& out) : out_(out) {}

    void add(std::uint8_t value) {
        bits_ = bits_ << 6 | value;
        if (++count_ == 4) {
            out_ += static_cast<char>(bits_ >> 16 & 0xff);
            out_ += static_cast<char>(bits_ >> 8 & 0xff);
            out_ += static_cast<char>(bits_ & 0xff);
            reset();
        }
    }
    // Padding or the end: a group of two holds one octet, a group of three two.
    void finish() {
        if (count_ == 2) out_ += static_cast<char>(bits_ >> 4 & 0xff);
        if (count_ == 3) {
            out_ += static_cast<char>(bits_ >> 10 & 0xff);
            out_ += static_cast<char>(bits_ >> 2 & 0xff);
        }
        reset();
    }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

  private:
    void reset() { bits_ = 0, count_ = 0; }
    std::string& out_;
    std::uint32_t bits_ = 0;
    unsigned count_ = 0;
};

// As many whole groups of clean characters as lie in a row; the common case, at memory speed.
std::size_t decode_clean_groups(std::string_view octets, std::size_t position, std::string& out) {
    constexpr std::size_t block = std::size_t{3} * 256;
    std::array<char, block> buffer;
    std::size_t used = 0;
    while (position + 4 <= octets.size()) {
        std::uint32_t const a = value_of(octets[position]), b = value_of(octets[position + 1]);
        std::uint32_t const c = value_of(octets[position + 2]), d = value_of(octets[position + 3]);
        if ((a | b | c | d) & 0xc0) break;  // a foreign character has these bits, a value never
        std::uint32_t const bits = a << 18 | b << 12 | c << 6 | d;
        buffer[used] = static_cast<char>(bits >> 16);
        buffer[used + 1] = static_cast<char>(bits >> 8 & 0xff);
        buffer[used + 2] = static_cast<char>(bits & 0xff);
        position += 4;
        if ((used += 3) == block) out.append(buffer.data(), used), used = 0;
    }
    out.append(buffer.data(), used);
    return position;
}

// Length in octets that the count character of a uuencoded line states, or nullopt.
std::optional<std::size_t> uuencoded_length(std::string_view line) noexcept {
    if (line.empty() || line[0] < ' ' || line[0] > '`') return std::nullopt;
    return static_cast<std::size_t>(line[0] - ' ') & 63;
}

bool is_uuencoded_line(std::string_view line) noexcept {
    auto const length = uuencoded_length(line);
    if (!length || *length == 0) return false;
    auto const characters = (*length + 2) / 3 * 4;
    auto const shortest = (*length * 4 + 2) / 3;  // some encoders leave out what the last group does not need,
    auto const data = line.size() - 1;            // others add a checksum; trailing spaces (zeros) get lost on the way
    if (data > characters + 1) return false;
    if (data < shortest && line.find(' ') == std::string_view::npos && data + 3 < shortest) return false;
    for (char const c : line)
        if (c < ' ' || c > '`') return false;
    return true;
}

// "begin 644 name": the name, or nullopt.
std::optional<std::string_view> uuencode_name(std::string_view line) noexcept {
    constexpr std::string_view word = "begin ";
    if (line.substr(0, word.size()) != word) return std::nullopt;
    line.remove_prefix(word.size());
    std::size_t digits = 0;
    while (digits < line.size() && line[digits] >= '0' && line[digits] <= '7') ++digits;
    if (digits < 3 || digits > 4 || digits >= line.size() || line[digits] != ' ') return std::nullopt;
    line.remove_prefix(digits + 1);
    while (!line.empty() && is_wsp(line.back())) line.remove_suffix(1);
    return line.empty() ? std::nullopt : std::optional{line};
}

void decode_uuencoded_line(std::string_view line, std::string& out) {
    auto const length = uuencoded_length(line).value_or(0);
    auto const value = [&](std::size_t i) -> std::uint32_t {
        return i < line.size() ? (static_cast<std::uint32_t>(static_cast<unsigned char>(line[i])) - ' ') & 63 : 0;
    };
    for (std::size_t done = 0, i = 1; done < length; done += 3, i += 4) {
        std::uint32_t const bits = value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
        out += static_cast<char>(bits >> 16 & 0xff);
        if (done + 1 < length) out += static_cast<char>(bits >> 8 & 0xff);
        if (done + 2 < length) out += static_cast<char>(bits & 0xff);
    }
}

}  // namespace

TransferEncoding parse_transfer_encoding(std::string_view field_value) noexcept {
    // RFC 2045 6.1 has one token; people add quotes, comments and semicolons.
    while (!field_value.empty() && (is_space(field_value.front()) || field_value.front() == '"'))
        field_value.remove_prefix(1);
    auto const token = field_value.substr(0, field_value.find_first_of(" \t\r\n\";(,"));
    if (equals_ignoring_case(token, "base64") || equals_ignoring_case(token, "base-64"))
        return TransferEncoding::base64;
    if (equals_ignoring_case(token, "quoted-printable") || equals_ignoring_case(token, "quotedprintable"))
        return TransferEncoding::quoted_printable;
    for (std::string_view const name : {"x-uuencode", "x-uue", "uuencode", "uue"})
        if (equals_ignoring_case(token, name)) return TransferEncoding::uuencode;
    return TransferEncoding::identity;
}

std::string decode_transfer(std::string_view octets, TransferEncoding encoding) {
    switch (encoding) {
        case TransferEncoding::base64:
            return decode_base64(octets);
        case TransferEncoding::quoted_printable:
            return decode_quoted_printable(octets);
        case TransferEncoding::uuencode:
            return decode_uuencode(octets);
        case TransferEncoding::identity:
            break;
    }
    return std::string(octets);
}

std::string decode_base64(std::string_view octets) {
    std::string out;
    out.reserve(octets.size() / 4 * 3 + 3);
    Base64Group group(out);
    std::size_t position = 0;
    while (position < octets.size()) {
        if (group.empty()) {
            position = decode_clean_groups(octets, position, out);
            if (position == octets.size()) break;
        }
        if (is_rule(octets, position)) break;
        char const c = octets[position++];
        if (auto const value = value_of(c); value != foreign) {
            group.add(value);
        } else if (c == '=' && !group.empty()) {
            group.finish();
            if (!continues_as_base64(octets, position)) break;
        }
    }
    group.finish();
    return out;
}

std::string decode_quoted_printable(std::string_view octets) {
    std::string out;
    out.reserve(octets.size());
    std::size_t position = 0;
    while (position < octets.size()) {
        auto const newline = octets.find('\n', position);
        auto const line_end = newline == std::string_view::npos ? octets.size() : newline;
        auto text_end = line_end;
        bool const has_cr = newline != std::string_view::npos && text_end > position && octets[text_end - 1] == '\r';
        if (has_cr) --text_end;
        while (text_end > position && is_wsp(octets[text_end - 1])) --text_end;
        bool const soft = text_end > position && octets[text_end - 1] == '=';
        if (soft) --text_end;
        while (position < text_end) {
            auto const equals = octets.find('=', position);
            auto const plain_end = equals < text_end ? equals : text_end;
            out.append(octets, position, plain_end - position);
            position = plain_end;
            if (position == text_end) break;
            if (position + 2 < text_end && hex_value(octets[position + 1]) >= 0 &&
                hex_value(octets[position + 2]) >= 0) {
                out += static_cast<char>(hex_value(octets[position + 1]) << 4 | hex_value(octets[position + 2]));
                position += 3;
            } else {
                out += octets[position++];
            }
        }
        if (!soft && newline != std::string_view::npos) out += has_cr ? "\r\n" : "\n";
        position = newline == std::string_view::npos ? octets.size() : newline + 1;
    }
    return out;
}

std::optional<UuencodedFile> find_uuencoded(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find("begin ", from); at != std::string_view::npos; at = text.find("begin ", at + 1)) {
        if (at != 0 && text[at - 1] != '\n') continue;
        std::size_t position = at;
        auto const name = uuencode_name(take_line(text, position));
        if (!name) continue;
        auto const data = position;
        auto end = position;
        bool closed = false;
        while (position < text.size()) {
            auto const line = take_line(text, position);
            if (line == "end") {
                end = position, closed = true;
                break;
            }
            bool const is_last =
                line.empty() || line == "`" || line == " ";  // the line of length zero; its space may be lost
            if (!is_last && !is_uuencoded_line(line)) break;
            if (!is_last) end = position;
        }
        if (end != data || closed) return UuencodedFile{std::string(*name), at, end};
    }
    return std::nullopt;
}

std::string decode_uuencode(std::string_view octets) {
    std::string out;
    out.reserve(octets.size() / 4 * 3);
    std::size_t position = 0;
    // A begin line, if any, heads the data; what a mailer put before it is none.
    for (std::size_t at = octets.find("begin "); at != std::string_view::npos; at = octets.find("begin ", at + 1)) {
        if (at != 0 && octets[at - 1] != '\n') continue;
        std::size_t behind = at;
        if (uuencode_name(take_line(octets, behind))) {
            position = behind;
            break;
        }
    }
    while (position < octets.size()) {
        auto const line = take_line(octets, position);
        if (line == "end") break;
        decode_uuencoded_line(line, out);
    }
    return out;
}

}  // namespace postern
