#include "templates/outgoing_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "parsers/charset.h"
#include "templates/clean_text.h"
#include "templates/header_writer.h"

namespace postern {

namespace {

// RFC 2045 6.7 (5): 76 octets, of which a soft line end takes one.
constexpr std::size_t qp_line_octets = 76;
// RFC 3676 4.2: lines of at most 78; 72 leaves room for the quote marks of replies.
constexpr std::size_t flowed_characters = 72;

std::string_view take_line(std::string_view& text) noexcept {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

bool is_plain(char c) noexcept {
    return (c > 0x20 && c < 0x7F && c != '=') || c == ' ';
}

// How many octets from `begin` on go as they are, whatever follows them; at most `room`, and never the line's last.
std::size_t plain_run(std::string_view line, std::size_t begin, std::size_t room) noexcept {
    auto const last = std::min(line.size() - 1, begin + room);
    auto end = begin;
    while (end < last && is_plain(line[end])) ++end;
    return end - begin;
}

void append_hex(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    auto const octet = static_cast<unsigned char>(c);
    out += '=';
    out += digits[octet >> 4U];
    out += digits[octet & 0xFU];
}

// One line of text as one or more lines that end in soft line ends, the last without any.
void write_qp_line(std::string& out, std::string_view line) {
    std::size_t column = 0;
    bool const from_or_dot = line.substr(0, 5) == "From " || line.substr(0, 1) == ".";
    for (std::size_t i = 0; i < line.size();) {
        if (auto const run = plain_run(line, i, qp_line_octets - 1 - column); run > 0 && !(i == 0 && from_or_dot)) {
            out += line.substr(i, run);
            column += run;
            i += run;
            continue;
        }
        // A character is never broken over two lines: old readers decode line by line.
        auto const character = line.substr(i, first_code_point(line.substr(i)).octets);
        bool const last = i + character.size() == line.size();
        std::string encoded;  // at most 12 octets: never on the heap
        for (char const c : character) {
            if (is_plain(c) && !(c == ' ' && last) && !(i == 0 && from_or_dot)) {
                encoded += c;
            } else {
                append_hex(encoded, c);
            }
        }
        if (column + encoded.size() > qp_line_octets - (last ? 0 : 1)) {
            out += "=\r\n";
            column = 0;
        }
        out += encoded;
        column += encoded.size();
        i += character.size();
    }
}

// Where a line of more than 72 characters is to be broken: behind a space, or nowhere (npos).
std::size_t break_of(std::string_view line) noexcept {
    std::size_t characters = 0, best = std::string_view::npos;
    for (std::size_t i = 0; i < line.size(); ++characters) {
        if (characters >= flowed_characters && best != std::string_view::npos) return best;
        auto const octets = first_code_point(line.substr(i)).octets;
        i += octets;
        if (line[i - 1] == ' ' && i < line.size()) best = i;
    }
    return characters > flowed_characters ? best : std::string_view::npos;
}

void write_flowed_line(std::string& out, std::string_view line) {
    // RFC 3676 4.4: space-stuffing.
    if (line.substr(0, 1) == " " || line.substr(0, 1) == ">" || line.substr(0, 5) == "From ") out += ' ';
    out.append(line).append("\n");
}

// RFC 2046 5.1.1: a line that no part holds. "=_" can't be found in quoted-printable; what is enclosed may hold
// anything, a mail of ours too, and is asked.
std::string boundary_of(std::string_view name, std::string_view message_id, std::string_view enclosed) {
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a: enough to tell apart a mail and one quoted within it
    for (char const c : message_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    while (true) {
        auto boundary = fmt::format("=_postern_{}{:016x}", name, hash++);
        if (enclosed.find(boundary) == std::string_view::npos) return boundary;
    }
}

// With the fields of its Content.
std::string alternatives(OutgoingParts const& parts) {
    return fmt::format(
        "Content-Type: multipart/alternative;\r\n boundary=\"{0}\"\r\n\r\n"
        "--{0}\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\n{1}\r\n"
        "--{0}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{2}\r\n"
        "--{0}--\r\n",
        boundary_of("", parts.message_id, {}), quoted_printable(flowed(parts.text)), quoted_printable(parts.html));
}

std::string with_enclosed(std::string_view text, OutgoingParts const& parts) {
    return fmt::format(
        "Content-Type: multipart/mixed;\r\n boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n",
        boundary_of("mixed_", parts.message_id, parts.enclosed), text, parts.enclosed);
}

}  // namespace

std::string quoted_printable(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 16);
    while (!text.empty()) {
        write_qp_line(out, take_line(text));
        out += "\r\n";
    }
    return out;
}

std::string flowed(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto line = take_line(text);
        // A space at the end would join the next line to it.
        while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
        for (auto at = break_of(line); at != std::string_view::npos; at = break_of(line)) {
            write_flowed_line(out, line.substr(0, at));
            line.remove_prefix(at);
        }
        write_flowed_line(out, line);
    }
    return out;
}

std::string build_message(OutgoingParts const& parts) {
    if (!is_identifier(parts.message_id)) throw std::invalid_argument("a mail needs a Message-ID of its own");
    std::string mail;
    mail += date_field(parts.date);
    mail += mailbox_field("From", parts.from);
    mail += mailbox_field("To", parts.to);
    if (parts.reply_to) mail += mailbox_field("Reply-To", {{}, *parts.reply_to});
    mail += text_field("Subject", parts.subject);
    mail += identifiers_field("Message-ID", {parts.message_id});
    mail += identifiers_field("In-Reply-To", {parts.in_reply_to});
    mail += identifiers_field("References", parts.references);
    // RFC 3834 5, and the same for Exchange ([MS-OXCMAIL]): no robot answers this mail.
    mail += parts.answers ? "Auto-Submitted: auto-replied\r\n" : "Auto-Submitted: auto-generated\r\n";
    mail += "X-Auto-Response-Suppress: All\r\n";
    if (is_ascii(parts.language)) mail += text_field("Content-Language", parts.language);
    mail += "MIME-Version: 1.0\r\n";
    auto const text = alternatives(parts);
    mail += parts.enclosed.empty() ? text : with_enclosed(text, parts);
    return mail;
}

}  // namespace postern
