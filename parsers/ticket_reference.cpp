#include "parsers/ticket_reference.h"

#include <algorithm>
#include <array>
#include <optional>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// A tag is a letter followed by up to 15 letters or digits; 18 digits fit std::int64_t whatever they are.
constexpr std::size_t longest_tag = 16;
constexpr std::size_t longest_number = 18;
// White space and invisible characters between the brackets that are put up with.
constexpr std::size_t longest_gap = 8;

struct CodePoint {
    char32_t value = 0;
    std::size_t octets = 1;
};

// The code point at `at`, which lies within the text; a lone octet stands for itself.
CodePoint code_point_at(std::string_view text, std::size_t at) noexcept {
    auto const octet = [&](std::size_t offset) -> char32_t {
        return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
    };
    auto const first = octet(0);
    if (first >= 0xE0 && first < 0xF0 && (octet(1) & 0xC0U) == 0x80 && (octet(2) & 0xC0U) == 0x80)
        return {((first & 0x0FU) << 12U) | ((octet(1) & 0x3FU) << 6U) | (octet(2) & 0x3FU), 3};
    if (first >= 0xC2 && first < 0xE0 && (octet(1) & 0xC0U) == 0x80)
        return {((first & 0x1FU) << 6U) | (octet(1) & 0x3FU), 2};
    return {first, 1};
}

// What keyboards and mail clients of the world make of US-ASCII's characters -> those characters; 0: it is not seen at
// all.
char32_t plain(char32_t c) noexcept {
    if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFEE0;  // full-width forms
    switch (c) {
        case 0x3010:  // 【
        case 0x3014:  // 〔
        case 0x301A:
            return '[';
        case 0x3011:  // 】
        case 0x3015:  // 〕
        case 0x301B:
            return ']';
        case 0x2010:  // hyphens, dashes, minus
        case 0x2011:
        case 0x2012:
        case 0x2013:
        case 0x2014:
        case 0x2015:
        case 0x2212:
        case 0xFE63:
            return '-';
        case 0x00A0:
        case 0x2007:
        case 0x202F:
        case 0x3000:
        case '\t':
            return ' ';
        case 0x00AD:  // soft hyphen, zero-width and directional marks, byte order mark
        case 0x200B:
        case 0x200C:
        case 0x200D:
        case 0x200E:
        case 0x200F:
        case 0x2060:
        case 0xFEFF:
            return 0;
        default:
            return c;
    }
}

class Cursor {
  public:
    Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) { skip_invisible(); }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] char32_t peek() const noexcept {
        return at_ < text_.size() ? plain(code_point_at(text_, at_).value) : 0;
    }
    void advance() {
        if (at_ < text_.size()) at_ += code_point_at(text_, at_).octets;
        skip_invisible();
    }
    void skip_spaces() {
        for (std::size_t skipped = 0; peek() == ' ' && skipped < longest_gap; ++skipped) advance();
    }

  private:
    void skip_invisible() {
        for (std::size_t skipped = 0; at_ < text_.size() && skipped < longest_gap; ++skipped) {
            auto const [value, octets] = code_point_at(text_, at_);
            if (value == 0 || plain(value) != 0) return;
            at_ += octets;
        }
    }
    std::string_view text_;
    std::size_t at_;
};

struct FoundTag {
    TicketNumber ticket;
    std::size_t end = 0;  // behind it
};

// TAG-number at the cursor.
std::optional<TicketNumber> take_number(Cursor& cursor) {
    TicketNumber ticket;
    for (; cursor.peek() < 0x80 && ticket.tag.size() <= longest_tag; cursor.advance()) {
        auto const c = static_cast<char>(cursor.peek());
        if (!is_letter(c) && (ticket.tag.empty() || !is_digit(c))) break;
        ticket.tag += lower(c) == c && is_letter(c) ? static_cast<char>(c - ('a' - 'A')) : c;
    }
    if (ticket.tag.empty() || ticket.tag.size() > longest_tag) return std::nullopt;
    cursor.skip_spaces();
    if (cursor.peek() != '-') return std::nullopt;
    cursor.advance();
    cursor.skip_spaces();
    std::size_t digits = 0;
    for (; cursor.peek() >= '0' && cursor.peek() <= '9'; cursor.advance()) {
        if (++digits > longest_number) return std::nullopt;
        ticket.number = ticket.number * 10 + static_cast<std::int64_t>(cursor.peek() - '0');
    }
    if (digits == 0) return std::nullopt;
    return ticket;
}

// The tag whose opening bracket stands at `at`.
std::optional<FoundTag> tag_at(std::string_view text, std::size_t at) {
    Cursor cursor(text, at);
    if (cursor.peek() != '[') return std::nullopt;
    cursor.advance();
    cursor.skip_spaces();
    auto ticket = take_number(cursor);
    if (!ticket) return std::nullopt;
    cursor.skip_spaces();
    if (cursor.peek() != ']') return std::nullopt;
    cursor.advance();
    return FoundTag{std::move(*ticket), cursor.position()};
}

bool may_begin_tag(char c) noexcept {
    return c == '[' || c == '\xE3' || c == '\xEF';
}

// What clients put in front of the subject of a reply or forward, lower case, in the languages they speak.
constexpr std::array prefixes{
    "re",        "fw",   "fwd",   "aw",    "wg",         "antw",        "antwort",  "rv",   "res",       "enc",
    "ref",       "tr",   "rif",   "r",     "i",          "inoltra",     "sv",       "vs",   "vb",        "doorst",
    "odp",       "pd",   "vl",    "vá",    "továbbítás", "ynt",         "ilt",      "yan",  "atb",       "atbild",
    "pārsūtīt",  "sv",   "vedr",  "trs",   "rép",        "reenv",       "reenviar", "σχετ", "Σχετ",      "ΣΧΕΤ",
    "απ",        "Απ",   "ΑΠ",    "πρθ",   "Πρθ",        "ΠΡΘ",         "на",       "На",   "пересылка", "Пересылка",
    "ПЕРЕСЫЛКА", "отв",  "Отв",   "НА",    "ОТВ",        "ответ",       "Ответ",    "fs",   "bls",       "trả lời",
    "回复",      "回覆", "答复",  "答覆",  "转发",       "轉寄",        "轉發",     "返信", "転送",      "답장",
    "회신",      "전달", "הועבר", "תגובה", "رد",         "إعادة توجيه", "ر"};

// Octets of the prefix at the head of the text with its colon; 0: there is none. "Re[2]:", "RE (3):" and "AW :" count.
std::size_t prefix_length(std::string_view text) {
    for (std::string_view const prefix : prefixes) {
        if (!equals_ignoring_case(text.substr(0, prefix.size()), prefix)) continue;
        auto at = prefix.size();
        while (at < text.size() && text[at] == ' ') ++at;
        if (at < text.size() && (text[at] == '[' || text[at] == '(' || text[at] == '^')) {
            auto end = at + 1;
            while (end < text.size() && is_digit(text[end])) ++end;
            if (end < text.size() && end > at + 1 && (text[end] == ']' || text[end] == ')')) ++end;
            if (end > at + 1) at = end;
        }
        while (at < text.size() && text[at] == ' ') ++at;
        if (at < text.size() && text[at] == ':') return at + 1;
        if (text.substr(at).starts_with("：")) return at + 3;
    }
    return 0;
}

}  // namespace

std::vector<TicketNumber> find_ticket_tags(std::string_view subject) {
    std::vector<TicketNumber> found;
    for (std::size_t at = 0; at < subject.size() && found.size() < limits::ticket_tags;) {
        auto tag = may_begin_tag(subject[at]) ? tag_at(subject, at) : std::nullopt;
        if (tag && std::ranges::find(found, tag->ticket) == found.end()) found.push_back(tag->ticket);
        at = tag ? tag->end : at + 1;
    }
    return found;
}

TicketNumber parse_ticket_number(std::string_view text) {
    text = trim(text);
    if (auto tag = tag_at(text, 0); tag && tag->end == text.size()) return tag->ticket;
    Cursor cursor(text, 0);
    auto const ticket = take_number(cursor);
    return ticket && cursor.position() == text.size() ? *ticket : TicketNumber{};
}

std::string without_ticket_tags(std::string_view subject, WhichTags const& which) {
    std::string kept;
    kept.reserve(subject.size());
    for (std::size_t at = 0; at < subject.size();) {
        auto const tag = may_begin_tag(subject[at]) ? tag_at(subject, at) : std::nullopt;
        if (!tag || (which && !which(tag->ticket))) {
            kept += subject[at++];
            continue;
        }
        at = tag->end;
        while (at < subject.size() && subject[at] == ' ' && (kept.empty() || kept.back() == ' ')) ++at;
    }
    return std::string(trim(kept));
}

std::string base_subject(std::string_view subject) {
    auto const bare = without_ticket_tags(subject);
    std::string_view rest = trim(bare);
    for (auto length = prefix_length(rest); length > 0; length = prefix_length(rest)) rest = trim(rest.substr(length));
    return std::string(rest);
}

}  // namespace postern
