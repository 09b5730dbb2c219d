#include "parsers/header_fields.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "parsers/ascii.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// Octets of the field's name in front of its colon; npos: the line is no field (RFC 5322 3.6.8, and obs-optional's
// white space in front of the colon, 4.5.8). 8-bit and NUL octets within a name are let pass: the field is lost, not
// the header.
std::size_t colon_of(std::string_view line) noexcept {
    std::size_t end = 0;
    static constexpr OctetSet name_ends(": \t");
    while (end < line.size() && !name_ends.contains(line[end])) ++end;
    if (trim(line.substr(0, end)).empty()) return std::string_view::npos;  // nothing, or a lone CR
    auto colon = end;
    while (colon < line.size() && is_wsp(line[colon])) ++colon;
    if (colon == line.size() || line[colon] != ':') return std::string_view::npos;
    // A wrapped link is no field named "https".
    if (line.substr(colon, 3) == "://") return std::string_view::npos;
    return colon;
}

// Names that a line of prose would hardly begin with: what proves that a header goes on behind a broken line.
bool is_known_name(std::string_view name, EntityKind kind) noexcept {
    static constexpr std::array prefixes{"content-", "x-",        "list-", "resent-", "arc-",
                                         "dkim-",    "received-", "auto-", "thread-"};
    static constexpr std::array names{"from",
                                      "to",
                                      "cc",
                                      "bcc",
                                      "subject",
                                      "date",
                                      "message-id",
                                      "sender",
                                      "reply-to",
                                      "references",
                                      "in-reply-to",
                                      "received",
                                      "mime-version",
                                      "return-path",
                                      "delivered-to",
                                      "precedence",
                                      "authentication-results",
                                      "user-agent",
                                      "importance",
                                      "priority",
                                      "errors-to"};
    auto const folded = lower_ascii(name.substr(0, 32));
    if (kind == EntityKind::part) return folded.starts_with("content-");
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return folded.starts_with(prefix); }) ||
           std::ranges::find(names, folded) != names.end();
}

// Walks the octets line by line; ends are CRLF or LF, or CR alone where the text knows no LF.
class Lines {
  public:
    Lines(std::string_view octets, std::size_t begin) : octets_(octets), begin_(begin) {
        if (octets.find('\n', begin) == std::string_view::npos && octets.find('\r', begin) != std::string_view::npos)
            end_mark_ = '\r';
        measure();
    }
    [[nodiscard]] bool done() const noexcept { return begin_ >= octets_.size(); }
    [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::size_t end() const noexcept { return end_; }    // without the line end
    [[nodiscard]] std::size_t next() const noexcept { return next_; }  // where the next line begins
    [[nodiscard]] std::string_view text() const noexcept { return octets_.substr(begin_, end_ - begin_); }
    void advance() {
        begin_ = next_;
        measure();
    }

  private:
    void measure() {
        if (done()) {
            end_ = next_ = octets_.size();
            return;
        }
        auto const* found = std::memchr(octets_.data() + begin_, end_mark_, octets_.size() - begin_);
        end_ = found == nullptr ? octets_.size()
                                : static_cast<std::size_t>(static_cast<char const*>(found) - octets_.data());
        next_ = std::min(end_ + 1, octets_.size());
        while (end_ > begin_ && octets_[end_ - 1] == '\r') --end_;
    }

    std::string_view octets_;
    std::size_t begin_;
    std::size_t end_ = 0;
    std::size_t next_ = 0;
    char end_mark_ = '\n';
};

class Splitter {
  public:
    Splitter(std::string_view octets, EntityKind kind)
        : octets_(octets), kind_(kind), lines_(octets, start_of_header(octets)) {}

    HeaderBlock split() {
        if (kind_ == EntityKind::message) skip_blank_lines();
        while (!lines_.done() && take_line()) lines_.advance();
        close_field();
        if (lines_.done()) block_.body_offset = octets_.size();
        return std::move(block_);
    }

  private:
    static std::size_t start_of_header(std::string_view octets) noexcept {
        return octets.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    }

    // Gateways that prepend an empty line would otherwise lose the whole header.
    void skip_blank_lines() {
        auto const start = lines_;
        auto skipped = 0;
        while (!lines_.done() && lines_.text().empty() && skipped < 8) {
            lines_.advance();
            ++skipped;
        }
        auto const colon = colon_of(lines_.text());
        if (skipped == 0) return;
        if (colon != std::string_view::npos && is_known_name(trim(lines_.text().substr(0, colon)), kind_))
            block_.defects.emplace_back("empty lines in front of the header");
        else
            lines_ = start;
    }

    // false: the header ends with this line, body_offset is set.
    bool take_line() {
        auto const line = lines_.text();
        if (line.empty()) return end_at(lines_.next());
        if (lines_.begin() > limits::header_octets) {
            note_limit("header_octets");
            close_field();
            is_open_ = false;
            return true;  // goes on to find where the body begins
        }
        if (is_wsp(line.front())) return take_indented(line);
        if (line.starts_with("\\t") && is_open_) {
            defect("continuation line with a literal \\t");
            extend();
            return true;
        }
        if (auto const colon = colon_of(line); colon != std::string_view::npos) {
            open_field(line, colon);
            return true;
        }
        return take_stray(line);
    }

    bool take_indented(std::string_view line) {
        // RFC 5322 4.2 allows folds of white space alone; writers of broken mail mean the empty line by them.
        if (trim(line).empty() && !header_goes_on()) {
            defect("the line that ends the header holds white space");
            return end_at(lines_.next());
        }
        if (is_open_)
            extend();
        else
            defect("continuation line without a field");
        return true;
    }

    // Neither field, nor continuation, nor empty: a wrapped line that lost its indent, rubbish, or the body already.
    bool take_stray(std::string_view line) {
        if (line.starts_with("From ") || line.starts_with(">From ")) {
            close_field();  // envelope line of an mbox file
            is_open_ = false;
            return true;
        }
        auto const continues = is_open_ && continues_field(line);
        // A boundary: whatever reads like fields behind it belongs to the part.
        if (line.starts_with("--") || (!continues && !known_field_follows())) {
            defect("no empty line between header and body");
            return end_at(lines_.begin());
        }
        if (continues) {
            defect("continuation line without indent");
            extend();
        } else {
            defect("line in the header that is no field");
            close_field();
            is_open_ = false;
        }
        return true;
    }

    // A wrapped line makes sense where the field is free text, or where what was written so far asks for more.
    bool continues_field(std::string_view line) {
        auto const so_far = trim(octets_.substr(value_begin_, value_end_ - value_begin_));
        auto const asks_for_more = !so_far.empty() && (so_far.back() == ';' || so_far.back() == ',');
        if (asks_for_more && line.find_first_of("=@<") != std::string_view::npos) return true;
        static constexpr std::array structured{"from",
                                               "to",
                                               "cc",
                                               "bcc",
                                               "sender",
                                               "reply-to",
                                               "date",
                                               "message-id",
                                               "in-reply-to",
                                               "mime-version",
                                               "content-type",
                                               "content-transfer-encoding",
                                               "content-disposition",
                                               "content-id",
                                               "return-path"};
        auto const is_structured =
            std::ranges::any_of(structured, [&](std::string_view name) { return equals_ignoring_case(name_, name); });
        if (equals_ignoring_case(name_, "references") || equals_ignoring_case(name_, "in-reply-to"))
            return line.front() == '<';
        return !is_structured && known_field_follows();
    }

    // Whether a field that is certainly one stands between here and the empty line. Looked up once: linear in all.
    bool known_field_follows() {
        if (!last_known_) {
            last_known_ = 0;
            for (auto ahead = lines_; !ahead.done() && !ahead.text().empty() && ahead.begin() <= limits::header_octets;
                 ahead.advance()) {
                auto const colon = colon_of(ahead.text());
                if (colon != std::string_view::npos && is_known_name(trim(ahead.text().substr(0, colon)), kind_))
                    last_known_ = ahead.begin();
            }
        }
        return *last_known_ > lines_.begin();
    }

    bool header_goes_on() {
        auto ahead = lines_;
        ahead.advance();
        if (ahead.done()) return false;
        auto const line = ahead.text();
        if (line.empty()) return true;  // the true end comes right behind
        auto const colon = colon_of(line);
        return (colon != std::string_view::npos && is_known_name(trim(line.substr(0, colon)), kind_)) ||
               (is_wsp(line.front()) && is_open_ && !trim(line).empty() && known_field_follows());
    }

    void open_field(std::string_view line, std::size_t colon) {
        close_field();
        name_ = trim(line.substr(0, colon));
        value_begin_ = lines_.begin() + colon + 1;
        value_end_ = value_begin_;
        is_open_ = true;
        is_cut_ = false;
        extend();
    }

    void extend() {
        if (is_cut_) return;
        value_end_ = lines_.end();
        if (lines_.end() - lines_.begin() > limits::header_line_octets) {
            value_end_ = std::max(value_begin_, lines_.begin() + limits::header_line_octets);
            is_cut_ = true;
            note_limit("header_line_octets");
        }
    }

    void close_field() {
        if (is_open_) block_.fields.push_back({name_, octets_.substr(value_begin_, value_end_ - value_begin_)});
        is_open_ = false;
    }

    bool end_at(std::size_t body_offset) {
        block_.body_offset = body_offset;
        return false;
    }

    void defect(char const* what) {
        if (std::ranges::find(block_.defects, what) == block_.defects.end()) block_.defects.emplace_back(what);
    }
    void note_limit(char const* which) {
        if (!block_.over_limit) block_.over_limit = which;
    }

    std::string_view octets_;
    EntityKind kind_;
    Lines lines_;
    HeaderBlock block_;
    std::string_view name_;
    std::size_t value_begin_ = 0;
    std::size_t value_end_ = 0;
    bool is_open_ = false;
    bool is_cut_ = false;
    std::optional<std::size_t> last_known_;
};

}  // namespace

HeaderField const* HeaderBlock::find(std::string_view name) const noexcept {
    auto const found = std::ranges::find_if(fields, [&](HeaderField const& field) { return field.is(name); });
    return found == fields.end() ? nullptr : &*found;
}

std::string_view HeaderBlock::value(std::string_view name) const noexcept {
    auto const* field = find(name);
    return field == nullptr ? std::string_view{} : field->value;
}

HeaderBlock split_header(std::string_view octets, EntityKind kind) {
    return Splitter(octets, kind).split();
}

std::string unfold(std::string_view value) {
    value = trim(value);
    std::string line;
    line.reserve(value.size());
    for (std::size_t at = 0; at < value.size(); ++at) {
        auto const c = value[at];
        if (c == '\r' || c == '\n') {
            // The fold and all white space around it become one space: relays fold anew as they like.
            while (!line.empty() && line.back() == ' ') line.pop_back();
            while (at + 1 < value.size() && (is_wsp(value[at + 1]) || value[at + 1] == '\r' || value[at + 1] == '\n'))
                ++at;
            if (value.substr(at + 1, 2) == "\\t") at += 2;
            line += ' ';
        } else if (c == '\t') {
            line += ' ';
        } else if (!is_control(c)) {
            line += c;
        }
    }
    return line;
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_needle) noexcept {
    return std::search(text.begin(), text.end(), lower_case_needle.begin(), lower_case_needle.end(),
                       [](char x, char y) { return lower(x) == y; }) != text.end();
}

std::string lower_ascii(std::string_view text) {
    std::string folded(text);
    std::ranges::transform(folded, folded.begin(), lower);
    return folded;
}

}  // namespace postern
