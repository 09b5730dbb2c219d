#include "daemon/smtp_replies.h"

#include <algorithm>
#include <charconv>

namespace postern::smtp {

namespace {

void append_number(std::string& wire, unsigned number) {
    char digits[10];
    wire.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_line(std::string& wire, std::uint16_t code, bool last, EnhancedCode enhanced, std::string_view text) {
    append_number(wire, code);
    wire += last ? ' ' : '-';
    // RFC 2034 4: every line of a reply carries the enhanced code.
    if (enhanced.klass != 0) {
        append_number(wire, enhanced.klass);
        wire += '.';
        append_number(wire, enhanced.subject);
        wire += '.';
        append_number(wire, enhanced.detail);
        wire += ' ';
    }
    for (char const c : text) wire += c >= ' ' && c < 0x7f ? c : '?';
    wire += "\r\n";
}

}  // namespace

void append_reply(std::string& wire, Reply const& reply) {
    append_line(wire, reply.code, true, reply.enhanced, reply.text);
}

void append_reply(std::string& wire, std::uint16_t code, EnhancedCode enhanced, std::string_view text) {
    constexpr std::size_t frame = std::string_view{"550-5.255.255 \r\n"}.size();
    constexpr std::size_t room = reply_line_octets - frame;
    while (text.size() > room) {
        auto const space = text.substr(0, room + 1).rfind(' ');
        auto const length = space == text.npos || space == 0 ? room : space;
        append_line(wire, code, false, enhanced, text.substr(0, length));
        text.remove_prefix(length);
        if (text.starts_with(' ')) text.remove_prefix(1);
    }
    append_line(wire, code, true, enhanced, text);
}

void append_multiline_reply(std::string& wire, std::uint16_t code, std::vector<std::string> const& lines) {
    for (auto const& line : lines) append_line(wire, code, &line == &lines.back(), {}, line);
}

}  // namespace postern::smtp
