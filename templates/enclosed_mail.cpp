#include "templates/enclosed_mail.h"

#include <fmt/format.h>

#include <algorithm>

#include "parsers/base64.h"

namespace postern {

namespace {

// RFC 5322 2.1.1, without CRLF.
constexpr std::size_t line_octets = 998;
// RFC 2045 6.8.
constexpr std::size_t base64_line_octets = 76;

// RFC 2045 2.7: 7bit data.
bool is_seven_bit(std::string_view octets) noexcept {
    std::size_t line = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        auto const octet = static_cast<unsigned char>(octets[i]);
        if (octet == '\r') {
            if (octets.substr(i, 2) != "\r\n") return false;
            ++i;
            line = 0;
        } else if (octet == 0 || octet == '\n' || octet >= 0x80 || ++line > line_octets) {
            return false;
        }
    }
    return true;
}

std::string base64_lines(std::string_view octets) {
    constexpr auto line_of = base64_line_octets / 4 * 3;
    std::string lines;
    for (; !octets.empty(); octets.remove_prefix(std::min(line_of, octets.size()))) {
        lines += encode_base64(octets.substr(0, line_of)) + "\r\n";
    }
    return lines;
}

// The lines before the first blank one, as many as the bound has room for.
std::string_view header_of(std::string_view mail) noexcept {
    auto const window = mail.substr(0, enclosed_header_octets);
    std::size_t end = 0;
    while (true) {
        auto const line = window.substr(end, window.find('\n', end) - end);
        if (line.empty() || line == "\r") break;
        if (end + line.size() == window.size()) return end == 0 ? window : window.substr(0, end);
        end += line.size() + 1;
    }
    return window.substr(0, end);
}

std::string part(std::string_view type, std::string_view name, std::string_view octets) {
    bool const as_it_is = is_seven_bit(octets);
    return fmt::format(
        "Content-Type: {}\r\nContent-Transfer-Encoding: {}\r\n"
        "Content-Disposition: attachment; filename=\"{}\"\r\n\r\n{}",
        type, as_it_is ? "7bit" : "base64", name, as_it_is ? std::string(octets) : base64_lines(octets));
}

}  // namespace

EnclosedMail enclose(std::string_view mail) {
    if (mail.size() > enclosed_mail_octets) {
        return {part("text/rfc822-headers", "header.txt", header_of(mail)), false};
    }
    return {part(is_seven_bit(mail) ? "message/rfc822" : "application/octet-stream", "mail.eml", mail), true};
}

}  // namespace postern
