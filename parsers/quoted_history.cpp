#include "parsers/quoted_history.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/reply_phrases.h"

namespace postern {
namespace {

// "On …, … <…> wrote:" is broken over at most as many lines, and is at most as long.
constexpr std::size_t attribution_lines = 4;
constexpr std::size_t attribution_octets = 600;
// The lines of a quoted header, folded ones and empty ones between them included.
constexpr std::size_t header_lines = 14;
// A quoted line that was broken once more on its way was at least as long.
constexpr std::size_t wrapped_octets = 60;

// The length of a character that rules a line off: "-", "_", "=", "*", "#", "~", U+2010 to U+2015, U+2500.
std::size_t rule_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    if (std::string_view("-_=*#~").find(text.front()) != std::string_view::npos) return 1;
    if (text.size() < 3 || text[0] != '\xE2') return 0;
    bool const is_dash = text[1] == '\x80' && text[2] >= '\x90' && text[2] <= '\x95';
    return is_dash || text.substr(0, 3) == "\xE2\x94\x80" ? 3 : 0;
}

// Takes the rule off the front; how many characters it had.
std::size_t strip_front_rule(std::string_view& text) noexcept {
    std::size_t count = 0;
    for (auto length = rule_length(text); length != 0; length = rule_length(text), ++count) text.remove_prefix(length);
    return count;
}

std::size_t strip_back_rule(std::string_view& text) noexcept {
    std::size_t count = 0;
    for (;;) {
        if (!text.empty() && rule_length(text.substr(text.size() - 1)) == 1)
            text.remove_suffix(1);
        else if (text.size() >= 3 && rule_length(text.substr(text.size() - 3)) == 3)
            text.remove_suffix(3);
        else
            return count;
        ++count;
    }
}

// No-break spaces, and the marks of Unicode's bidirectional algorithm: clients set them around what they fill in.
constexpr std::array<std::string_view, 12> fillings{"\u00A0", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C",
                                                    "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"};

std::string_view trim_filled(std::string_view text) noexcept {
    for (auto before = text.size() + 1; before != text.size();) {
        before = text.size();
        text = trim(text);
        if (text.empty() || (!is_8bit(text.front()) && !is_8bit(text.back()))) break;
        for (auto const filling : fillings) {
            if (text.starts_with(filling)) text.remove_prefix(filling.size());
            if (text.ends_with(filling)) text.remove_suffix(filling.size());
        }
    }
    return text;
}

bool ends_with_colon(std::string_view text) noexcept {
    return text.ends_with(':') || text.ends_with("\xEF\xBC\x9A");
}

// A year, a time of day, or a date of three numbers.
bool has_date(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
        auto end = i;
        while (end < text.size() && is_digit(text[end])) ++end;
        auto const number = text.substr(i, end - i);
        if (number.size() == 4 && (number.substr(0, 2) == "19" || number.substr(0, 2) == "20")) return true;
        bool const two_digits_follow = end + 2 < text.size() && is_digit(text[end + 1]) && is_digit(text[end + 2]);
        if (number.size() <= 2 && two_digits_follow && text[end] == ':') return true;
        bool const is_divided = end + 1 < text.size() && is_digit(text[end + 1]) &&
                                (text[end] == '.' || text[end] == '/' || text[end] == '-');
        if (number.size() <= 2 && is_divided) {
            auto second = end + 1;
            while (second < text.size() && is_digit(text[second])) ++second;
            if (second + 1 < text.size() && text[second] == text[end] && is_digit(text[second + 1])) return true;
        }
        i = end;
    }
    return false;
}

// local@domain.
bool has_address(std::string_view text) noexcept {
    for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
        bool const has_local = at > 0 && static_cast<unsigned char>(text[at - 1]) > ' ';
        if (has_local && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) > ' ') return true;
    }
    return false;
}

// "*From:* Ana", "От кого: …", "发件人：…": which label; none where there is no such.
HeaderLabel label_of(std::string_view line) {
    auto const ascii = line.find(':');
    auto const wide = line.find("\xEF\xBC\x9A");
    auto const colon = std::min(ascii, wide);
    if (colon == std::string_view::npos || colon == 0) return HeaderLabel::none;
    auto label = line.substr(0, colon);
    auto const is_decoration = [](char c) {
        return c == '*' || c == '_' || c == '|' || static_cast<unsigned char>(c) <= ' ';
    };
    while (!label.empty() && is_decoration(label.front())) label.remove_prefix(1);
    label = trim_filled(label);
    while (!label.empty() && is_decoration(label.back())) label.remove_suffix(1);
    return quoted_header_label(trim_filled(label));
}

// "----- [ACME-1042] -----", which our receipts carry, or another desk's "reply above this line".
bool is_reply_marker(std::string_view line) {
    while (!line.empty() && (line.front() == '>' || line.front() == ' ')) line.remove_prefix(1);
    line = trim_filled(line);
    auto inner = line;
    if (strip_front_rule(inner) < 2 || strip_back_rule(inner) < 2) return false;
    inner = trim_filled(inner);
    constexpr std::size_t longest_tag = 40;
    if (inner.size() > 4 && inner.size() < longest_tag && inner.front() == '[' && inner.back() == ']' &&
        is_digit(inner[inner.size() - 2]))
        return inner.find('-') != std::string_view::npos;
    return inner.size() < 2 * longest_tag &&
           (contains_ignoring_case(inner, "above this line") || contains_ignoring_case(inner, "oberhalb dieser"));
}

class LineClassifier {
  public:
    explicit LineClassifier(ReadableText const& text) : text_(text.text), marks_(text.marks) {}

    ClassifiedText classify() {
        split();
        result_.history = result_.lines.size();
        apply_marks();
        join_wrapped_quotes();
        for (std::size_t i = 0; i < result_.history; ++i) {
            if (role(i) != LineRole::text) continue;
            auto const line = trimmed(i);
            if (leads_quotation(i))
                result_.history = i;
            else if (ends_with_colon(line))
                classify_attribution(i);
        }
        return std::move(result_);
    }

  private:
    void split() {
        for (std::size_t position = 0; position < text_.size();) {
            auto const end = std::min(text_.find('\n', position), text_.size());
            TextLine line{position, end, LineRole::text};
            auto const content = trim_filled(text_.substr(position, end - position));
            if (content.empty())
                line.role = LineRole::blank;
            else if (content.front() == '>' && !ends_broken_address(content))
                line.role = LineRole::quoted;
            result_.lines.push_back(line);
            position = end + 1;
        }
    }

    // "… <ana@northwind.example\n> wrote:": the bracket belongs to the line above.
    bool ends_broken_address(std::string_view content) const noexcept {
        if (result_.lines.empty() || result_.lines.back().role != LineRole::text || !ends_with_colon(content))
            return false;
        auto const above = trimmed(result_.lines.size() - 1);
        auto const open = above.rfind('<');
        return open != std::string_view::npos && above.find('>', open) == std::string_view::npos &&
               above.find('@', open) != std::string_view::npos;
    }

    void apply_marks() {
        for (auto const& mark : marks_) {
            // The first line that lies wholly in the mark; what stands before it on its line was written outside.
            auto first = std::lower_bound(result_.lines.begin(), result_.lines.end(), mark.begin,
                                          [](TextLine const& line, std::size_t begin) { return line.begin < begin; });
            if (mark.role == TextMark::Role::history) {
                result_.history = std::min(result_.history, static_cast<std::size_t>(first - result_.lines.begin()));
                continue;
            }
            auto const marked = mark.role == TextMark::Role::quotation   ? LineRole::quoted
                                : mark.role == TextMark::Role::signature ? LineRole::signature
                                                                         : LineRole::attribution;
            for (; first != result_.lines.end() && first->begin < mark.end; ++first)
                if (first->role == LineRole::text) first->role = marked;
        }
    }

    // "> a line that a server broke\nonce more\n> and the next one".
    void join_wrapped_quotes() {
        for (std::size_t i = 1; i + 1 < result_.lines.size(); ++i) {
            auto const& before = result_.lines[i - 1];
            if (role(i) != LineRole::text || before.role != LineRole::quoted || role(i + 1) != LineRole::quoted)
                continue;
            auto const first = text_[result_.lines[i].begin];
            bool const goes_on = (first >= 'a' && first <= 'z') || static_cast<unsigned char>(first) >= 0x80;
            if (goes_on && before.end - before.begin >= wrapped_octets) result_.lines[i].role = LineRole::quoted;
        }
    }

    LineRole role(std::size_t i) const noexcept { return result_.lines[i].role; }
    std::string_view trimmed(std::size_t i) const noexcept { return trimmed_line(text_, result_.lines[i]); }

    // The next line that isn't blank; as many as there are lines: none.
    std::size_t next_line(std::size_t i) const noexcept {
        do ++i;
        while (i < result_.lines.size() && role(i) == LineRole::blank);
        return i;
    }

    // A quotation, or a line that leads one, stands here.
    bool leads_quotation(std::size_t i) const {
        if (role(i) != LineRole::text) return role(i) == LineRole::quoted || role(i) == LineRole::attribution;
        auto const line = trimmed(i);
        return is_reply_marker(line) || leads_history(i, line) || begins_header(i, line);
    }

    // "-----Original Message-----", "---- On …, Ana wrote ----", "Begin forwarded message:".
    bool leads_history(std::size_t i, std::string_view line) const {
        auto inner = line;
        auto const front = strip_front_rule(inner);
        auto const back = strip_back_rule(inner);
        inner = trim_filled(inner);
        if (inner.empty() || inner.size() > attribution_octets) return false;
        if (front >= 3 && (back >= 3 || is_original_message_phrase(inner))) {
            if (is_original_message_phrase(inner) || has_wrote_verb(inner)) return true;
            auto const next = next_line(i);
            return next < result_.lines.size() && label_of(trimmed(next)) == HeaderLabel::from;
        }
        constexpr std::size_t longest = 60;
        return line.size() <= longest && ends_with_colon(line) && is_original_message_phrase(inner);
    }

    // From, Sent, To, Subject in any language, one a line.
    bool begins_header(std::size_t i, std::string_view line) const {
        auto const first = label_of(line);
        if (first != HeaderLabel::from && first != HeaderLabel::date) return false;
        std::array<bool, 5> seen{};
        seen[static_cast<std::size_t>(first)] = true;
        std::size_t unlabelled = 0;
        for (std::size_t next = i + 1; next < std::min(i + header_lines, result_.lines.size()); ++next) {
            if (role(next) == LineRole::blank) continue;
            if (role(next) == LineRole::quoted) break;
            auto const label = label_of(trimmed(next));
            if (label == HeaderLabel::none && ++unlabelled > 2) break;
            if (label != HeaderLabel::none) unlabelled = 0;
            seen[static_cast<std::size_t>(label)] = true;
        }
        auto const has = [&](HeaderLabel label) { return seen[static_cast<std::size_t>(label)] ? 1 : 0; };
        return has(HeaderLabel::from) && has(HeaderLabel::date) + has(HeaderLabel::to) + has(HeaderLabel::subject) >= 2;
    }

    // Line `last` ends with a colon: does it, with the lines before it, lead a quotation?
    void classify_attribution(std::size_t last) {
        auto const next = next_line(last);
        bool const is_followed_by_quote = next < result_.lines.size() && leads_quotation(next);
        std::string joined;
        for (std::size_t count = 0; count < attribution_lines && count <= last; ++count) {
            auto const i = last - count;
            if (role(i) != LineRole::text) return;
            joined = std::string(trimmed(i)) + (joined.empty() ? "" : " ") + joined;
            if (joined.size() > attribution_octets) return;
            if (!is_attribution(joined, is_followed_by_quote)) continue;
            auto const first = extend_upwards(i);
            for (auto each = first; each <= last; ++each) result_.lines[each].role = LineRole::attribution;
            if (!is_followed_by_quote) result_.history = std::min(result_.history, first);
            return;
        }
    }

    static bool is_attribution(std::string_view joined, bool is_followed_by_quote) {
        bool const dated = has_date(joined);
        bool const addressed = has_address(joined);
        bool const begins = begins_like_attribution(joined);
        if (is_followed_by_quote && ((dated && (addressed || begins)) || (addressed && begins))) return true;
        if (dated && addressed && begins) return true;
        if (!has_wrote_verb(joined)) return false;
        return is_followed_by_quote || (dated && (addressed || begins));
    }

    // "On Tue, Sep 25,\n2012 at 8:59, Ana wrote:": the line that it began on.
    std::size_t extend_upwards(std::size_t i) const {
        if (i == 0 || role(i - 1) != LineRole::text) return i;
        auto const above = trimmed(i - 1);
        constexpr std::size_t longest = 120;
        if (above.empty() || above.size() > longest) return i;
        bool const is_alone =
            i == 1 || role(i - 2) == LineRole::blank;  // nothing of the sender's is on the lines above
        if (is_alone && has_address(above) && has_wrote_verb(above)) return i - 1;
        if (std::string_view(".!?:;").find(above.back()) != std::string_view::npos) return i;  // a sentence of its own
        bool const begins = begins_like_attribution(above) && has_digit(above);
        return begins || (is_alone && (has_date(above) || has_address(above))) ? i - 1 : i;
    }

    static bool has_digit(std::string_view text) noexcept { return std::any_of(text.begin(), text.end(), is_digit); }

    std::string_view text_;
    std::vector<TextMark> const& marks_;
    ClassifiedText result_;
};

}  // namespace

ClassifiedText classify_lines(ReadableText const& text) {
    return LineClassifier(text).classify();
}

std::string_view trimmed_line(std::string_view text, TextLine const& line) noexcept {
    return trim_filled(text.substr(line.begin, line.end - line.begin));
}

bool is_separator(std::string_view trimmed) noexcept {
    auto const count = strip_front_rule(trimmed);
    return count >= 3 && trimmed.empty();
}

}  // namespace postern
