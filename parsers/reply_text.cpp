#include "parsers/reply_text.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/quoted_history.h"
#include "parsers/reply_phrases.h"

namespace postern {
namespace {

// What stands below a rule is a signature or a list's footer only if it is as short as one.
constexpr std::size_t footer_lines = 10;

bool is_quote(LineRole role) noexcept {
    return role == LineRole::quoted || role == LineRole::attribution;
}

bool looks_like_contact(std::string_view line) {
    if (line.find('@') != std::string_view::npos || line.find("://") != std::string_view::npos ||
        contains_ignoring_case(line, "www."))
        return true;
    return std::count_if(line.begin(), line.end(), is_digit) >= 7;  // a telephone number
}

// The lines that are kept: [begin_, end_) of those that were given, without those of role signature.
class ReplyCutter {
  public:
    explicit ReplyCutter(ReadableText const& whole)
        : text_(whole.text), classified_(classify_lines(whole)), end_(classified_.history) {}

    NewText cut() {
        auto const& lines = classified_.lines;
        NewText result;
        result.has_history =
            classified_.history < lines.size() ||
            std::any_of(lines.begin(), lines.end(), [](TextLine const& line) { return is_quote(line.role); });
        cut_tail();
        cut_leading_quote();
        result.text = kept();
        if (result.text.empty()) result.text = std::string(trimmed_text(text_));
        return result;
    }

  private:
    LineRole role(std::size_t i) const noexcept { return classified_.lines[i].role; }
    std::string_view line(std::size_t i) const noexcept { return trimmed_line(text_, classified_.lines[i]); }

    bool has_text(std::size_t begin, std::size_t end) const noexcept {
        for (auto i = begin; i < end; ++i)
            if (role(i) == LineRole::text) return true;
        return false;
    }

    // Quotations, signatures and footers at the end, in whatever order they stand there. Never cuts all text away.
    void cut_tail() {
        for (auto before = end_ + 1; before != end_;) {
            before = end_;
            while (end_ > 0 && (role(end_ - 1) == LineRole::blank || role(end_ - 1) == LineRole::signature)) --end_;
            auto const quotes_end = end_;
            while (end_ > 0 && (is_quote(role(end_ - 1)) || role(end_ - 1) == LineRole::blank)) --end_;
            if (!has_text(0, end_)) {
                end_ = quotes_end;
                return;
            }
            cut_rule();
            cut_signature();
        }
    }

    // The rule above what was cut.
    void cut_rule() {
        if (end_ < classified_.lines.size() && end_ > 0 && is_separator(line(end_ - 1)) && has_text(0, end_ - 1))
            --end_;
    }

    void cut_signature() {
        auto begin = end_;
        while (begin > 0 && !is_quote(role(begin - 1))) --begin;
        for (auto i = begin; i < end_; ++i) {
            if (role(i) != LineRole::text || !begins_signature(i) || !has_text(0, i)) continue;
            end_ = i;
            return;
        }
    }

    bool begins_signature(std::size_t i) const {
        auto const content = line(i);
        if (content == "--" || content == "\xE2\x80\x94" || content == "\xE2\x80\x93")
            return true;  // RFC 3676 4.3, and as phones write it
        if (is_device_signature(content)) return true;
        bool const begins_paragraph = i == 0 || role(i - 1) != LineRole::text || is_separator(line(i - 1));
        if (begins_paragraph && begins_like_disclaimer(content)) return true;
        return (is_separator(content) || content == "__") && is_footer(i + 1);
    }

    bool is_footer(std::size_t begin) const {
        std::size_t count = 0;
        bool has_contact = false;
        for (auto i = begin; i < end_; ++i) {
            if (role(i) != LineRole::text) continue;
            if (++count > footer_lines) return false;
            has_contact = has_contact || looks_like_contact(line(i));
        }
        return has_contact;
    }

    // One quotation, and all that was written stands below it.
    void cut_leading_quote() {
        while (begin_ < end_ && role(begin_) == LineRole::blank) ++begin_;
        if (begin_ == end_ || !is_quote(role(begin_))) return;
        auto answer = begin_;
        while (answer < end_ && role(answer) != LineRole::text) ++answer;
        for (auto i = answer; i < end_; ++i)
            if (is_quote(role(i))) return;
        if (answer < end_) begin_ = answer;
    }

    std::string kept() const {
        std::string result;
        for (auto i = begin_; i < end_; ++i) {
            if (role(i) == LineRole::signature) continue;
            auto const& each = classified_.lines[i];
            result.append(text_.substr(each.begin, each.end - each.begin)).push_back('\n');
        }
        return std::string(trimmed_text(result));
    }

    // Without empty lines around it; the first line keeps its indent.
    static std::string_view trimmed_text(std::string_view text) noexcept {
        auto const last = text.find_last_not_of(" \t\n");
        if (last == std::string_view::npos) return {};
        text = text.substr(0, last + 1);
        auto const first = text.find_first_not_of(" \t\n");
        auto const line_end = text.rfind('\n', first);
        return text.substr(line_end == std::string_view::npos ? 0 : line_end + 1);
    }

    std::string_view text_;
    ClassifiedText classified_;
    std::size_t begin_ = 0;
    std::size_t end_;
};

}  // namespace

NewText newly_written(ReadableText const& whole) {
    return ReplyCutter(whole).cut();
}

}  // namespace postern
