#include "templates/header_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parsers/base64.h"
#include "parsers/charset.h"
#include "templates/clean_text.h"

namespace postern {

namespace {

// RFC 2047 2: a line with an encoded word, at most 76 octets; an encoded word, at most 75.
constexpr std::size_t line_octets = 76;
// "=?UTF-8?Q?" and "?="
constexpr std::size_t frame_octets = 12;
// Less than this left on the line: an encoded word begins on the next one.
constexpr std::size_t worthwhile_octets = frame_octets + 12;
// A quoted string can't be folded within a word: a longer one goes as encoded words.
constexpr std::size_t quoted_string_octets = 60;
// Shown by mail clients in one line or two; the ticket keeps the whole.
constexpr std::size_t subject_code_points = 250;
constexpr std::size_t display_name_code_points = 100;
// Longest identifier seen in real mail: some 250 octets. With room, and below 998.
constexpr std::size_t identifier_octets = 500;
// All identifiers of a field: a thread of some thirty mails. Mail servers begin to refuse headers of some 10 KB.
constexpr std::size_t identifiers_octets = 2000;

// A field that grows word by word and is folded before a word that would not fit.
class FoldedField {
  public:
    explicit FoldedField(std::string_view name) : field_(name) { field_ += ':', column_ = field_.size(); }

    [[nodiscard]] std::size_t room() const noexcept { return column_ < line_octets ? line_octets - column_ - 1 : 0; }
    void fold() {
        if (column_ > 1) field_ += "\r\n", column_ = 0;
    }
    void word(std::string_view text) {
        if (text.size() > room() && !fresh_) fold();
        field_.append(" ").append(text);
        column_ += 1 + text.size();
        fresh_ = false;
    }
    [[nodiscard]] std::string take() && { return std::move(field_) + "\r\n"; }

  private:
    std::string field_;
    std::size_t column_ = 0;
    bool fresh_ = true;  // a field whose first line is blank is obsolete syntax (RFC 5322 2.2.3)
};

// RFC 2047 5 (3): all that an encoded word within a phrase may hold as it is.
bool stands_for_itself(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!*+-/").find(c) != std::string_view::npos;
}

std::size_t q_octets(std::string_view text) noexcept {
    std::size_t octets = 0;
    for (char const c : text) octets += c == ' ' || stands_for_itself(c) ? 1 : 3;
    return octets;
}

std::string q_encoded(std::string_view text) {
    std::string encoded;
    for (char const c : text) {
        if (c == ' ') {
            encoded += '_';
        } else if (stands_for_itself(c)) {
            encoded += c;
        } else {
            encoded += fmt::format("={:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

// Encoded words of at most 75 octets, each of whole characters (RFC 2047 5).
void write_encoded(FoldedField& field, std::string_view text) {
    bool const as_q = q_octets(text) <= (text.size() + 2) / 3 * 4;
    auto const cost = [as_q](std::string_view piece) { return as_q ? q_octets(piece) : (piece.size() + 2) / 3 * 4; };
    while (!text.empty()) {
        if (field.room() < worthwhile_octets) field.fold();
        auto const room = std::min<std::size_t>(field.room(), line_octets - 1) - frame_octets;
        std::size_t taken = 0;
        while (taken < text.size()) {
            auto const next = taken + first_code_point(text.substr(taken)).octets;
            if (cost(text.substr(0, next)) > room) break;
            taken = next;
        }
        auto const piece = text.substr(0, taken);
        field.word(as_q ? fmt::format("=?UTF-8?Q?{}?=", q_encoded(piece))
                        : fmt::format("=?UTF-8?B?{}?=", encode_base64(piece)));
        text.remove_prefix(taken);
    }
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

// Not US-ASCII, or it would be taken for an encoded word.
bool needs_encoding(std::string_view word) noexcept {
    return !is_ascii(word) || word.find("=?") != std::string_view::npos || word.size() > line_octets - 1;
}

bool is_atom(std::string_view word) noexcept {
    return std::all_of(word.begin(), word.end(), [](char c) {
        return stands_for_itself(c) || std::string_view("#$%&'=?^_`{|}~").find(c) != std::string_view::npos;
    });
}

std::string quoted_string(std::string_view text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted += '"';
}

void write_display_name(FoldedField& field, std::string_view name) {
    auto const words = words_of(name);
    if (std::any_of(words.begin(), words.end(), needs_encoding)) {
        write_encoded(field, name);
    } else if (std::all_of(words.begin(), words.end(), is_atom)) {
        for (auto const word : words) field.word(word);
    } else if (auto const quoted = quoted_string(name); quoted.size() <= quoted_string_octets) {
        field.word(quoted);
    } else {
        write_encoded(field, name);
    }
}

}  // namespace

std::string text_field(std::string_view name, std::string_view text) {
    auto const line = clean_line(text, subject_code_points);
    auto const words = words_of(line);
    FoldedField field(name);
    // Between two encoded words white space is not shown (RFC 2047 6.2): from the first to the last that needs it, all
    // is encoded.
    auto const first = std::find_if(words.begin(), words.end(), needs_encoding);
    auto const last = std::find_if(words.rbegin(), words.rend(), needs_encoding).base();
    for (auto word = words.begin(); word != first; ++word) field.word(*word);
    if (first == words.end()) return std::move(field).take();
    auto const begin = static_cast<std::size_t>(first->data() - line.data());
    auto const end = static_cast<std::size_t>((last - 1)->data() - line.data()) + (last - 1)->size();
    write_encoded(field, std::string_view(line).substr(begin, end - begin));
    for (auto word = last; word != words.end(); ++word) field.word(*word);
    return std::move(field).take();
}

std::string mailbox_field(std::string_view name, NameAddr const& mailbox) {
    auto const display_name = clean_line(mailbox.display_name, display_name_code_points);
    auto const address = mailbox.mailbox.address();
    FoldedField field(name);
    if (display_name.empty()) {
        field.word(address);
    } else {
        write_display_name(field, display_name);
        field.word("<" + address + ">");
    }
    return std::move(field).take();
}

bool is_identifier(std::string_view text) noexcept {
    if (text.size() < 5 || text.size() > identifier_octets || text.front() != '<' || text.back() != '>') return false;
    auto const inner = text.substr(1, text.size() - 2);
    return inner.find('@') != std::string_view::npos &&
           std::all_of(inner.begin(), inner.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '<' && c != '>'; });
}

std::string identifiers_field(std::string_view name, std::vector<std::string> const& identifiers) {
    // The newest mention of an identifier counts; from the newest back, until the field is full.
    std::vector<std::string_view> kept;
    std::string_view first;
    std::size_t octets = 0;
    for (auto const& identifier : identifiers) {
        if (!is_identifier(identifier)) continue;
        first = identifier;
        octets = first.size();
        break;
    }
    if (first.empty()) return {};
    for (auto one = identifiers.rbegin(); one != identifiers.rend(); ++one) {
        if (!is_identifier(*one) || *one == first || std::find(kept.begin(), kept.end(), *one) != kept.end()) continue;
        octets += 1 + one->size();
        if (octets > identifiers_octets) break;
        kept.push_back(*one);
    }
    FoldedField field(name);
    field.word(first);
    for (auto one = kept.rbegin(); one != kept.rend(); ++one) field.word(*one);
    return std::move(field).take();
}

std::string date_field(TimePoint date) {
    constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const day = std::chrono::floor<std::chrono::days>(date);
    std::chrono::year_month_day const calendar(day);
    std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(date - day));
    return fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} +0000\r\n",
                       days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(calendar.day()),
                       months[static_cast<unsigned>(calendar.month()) - 1], static_cast<int>(calendar.year()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace postern
