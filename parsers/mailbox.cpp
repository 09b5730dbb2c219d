#include "parsers/mailbox.h"

#include <algorithm>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/domain_name.h"
#include "parsers/encoded_word.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// RFC 5322 3.2.3 atext, RFC 6532 3.2's UTF-8 included.
constexpr OctetSet atext("!#$%&'*+-/=?^_`{|}~", [](char c) { return is_letter(c) || is_digit(c) || is_8bit(c); });

// Dots at the ends or in a row are no Dot-string (RFC 5321 4.1.2), but carriers have given such addresses to people.
bool is_plain_local_part(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return atext.contains(c) || c == '.'; });
}

ParseError error_at(char const* what, std::size_t offset) {
    return {what, offset};
}

// The quoted string at the head of `text`: its content, and where it ends.
Parsed<std::string> quoted_local_part(std::string_view text, std::size_t& end) {
    std::string content;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            end = at + 1;
            return Parsed<std::string>(boost::system::in_place_value, std::move(content));
        }
        if (text[at] == '\\' && ++at == text.size()) break;
        if (is_control(text[at])) return error_at("control character in the local part", at);
        content += text[at];
    }
    return error_at("quoted local part without its closing quote", text.size());
}

}  // namespace

std::string Mailbox::address() const {
    std::string text;
    if (is_plain_local_part(local_part) || (local_part.empty() && domain.empty())) {
        text = local_part;
    } else {
        text = '"';
        for (auto const c : local_part) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    if (!domain.empty()) text += '@' + domain;
    return text;
}

std::string Mailbox::key() const {
    return lower_ascii(address());
}

Parsed<Mailbox> parse_mailbox(std::string_view text) {
    Mailbox mailbox;
    if (!is_valid_utf8(text)) return error_at("address is not UTF-8", 0);
    std::size_t local_end = 0;
    if (text.starts_with('"')) {
        auto content = quoted_local_part(text, local_end);
        if (!content) return content.error();
        mailbox.local_part = std::move(*content);
    } else {
        local_end = std::min(text.find('@'), text.size());
        mailbox.local_part = text.substr(0, local_end);
        auto const bad =
            std::ranges::find_if_not(mailbox.local_part, [](char c) { return atext.contains(c) || c == '.'; });
        if (bad != mailbox.local_part.end())
            return error_at("character in the local part that has no place there",
                            static_cast<std::size_t>(bad - mailbox.local_part.begin()));
    }
    if (mailbox.local_part.empty()) return error_at("no local part", 0);
    // RFC 5321 4.5.3.1.1; counted as written, without quotes.
    if (mailbox.local_part.size() > limits::local_part_octets)
        return error_at("local part is too long", limits::local_part_octets);
    if (local_end >= text.size() || text[local_end] != '@') return error_at("no @ and domain", local_end);
    auto domain = normalize_domain(text.substr(local_end + 1));
    if (!domain) return error_at("what stands behind the @ is no domain", local_end + 1);
    mailbox.domain = std::move(*domain);
    return mailbox;
}

Parsed<NameAddr> parse_name_addr(std::string_view text) {
    text = trim(text);
    if (!text.ends_with('>')) {
        auto mailbox = parse_mailbox(text);
        if (!mailbox) return mailbox.error();
        return NameAddr{{}, std::move(*mailbox)};
    }
    auto const open = text.rfind('<');
    if (open == std::string_view::npos) return error_at("'>' without '<'", text.size() - 1);
    auto mailbox = parse_mailbox(text.substr(open + 1, text.size() - open - 2));
    if (!mailbox) return error_at(mailbox.error().what.c_str(), mailbox.error().offset + open + 1);
    auto name = trim(text.substr(0, open));
    if (!is_valid_utf8(name)) return error_at("name is not UTF-8", 0);
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    std::string display_name;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] == '\\' && at + 1 < name.size()) ++at;
        if (is_control(name[at])) return error_at("control character in the name", at);
        display_name += name[at];
    }
    return NameAddr{std::move(display_name), std::move(*mailbox)};
}

}  // namespace postern
