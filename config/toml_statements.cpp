#include "config/toml_statements.h"

#include <algorithm>

#include "parsers/ascii.h"

namespace postern {
namespace {

// Ours have none. toml++ allows 256 values in one another; this many tables each still end within a small stack.
constexpr unsigned max_dots_in_key = 16;

bool is_bare_key(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}

std::string_view without_indent(std::string_view line) {
    auto const start = line.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

// "[smtp]", also when its bracket is never closed; "[[1, 2], …" within an array is none.
bool looks_like_header(std::string_view line) {
    if (!line.starts_with('[')) return false;
    line.remove_prefix(line.starts_with("[[") ? 2 : 1);
    line = without_indent(line);
    return !line.empty() && is_letter(line.front());
}

// "key =".
bool looks_like_assignment(std::string_view line) {
    auto const key_end = std::find_if_not(line.begin(), line.end(), is_bare_key);
    if (key_end == line.begin()) return false;
    auto const behind = without_indent(line.substr(static_cast<std::size_t>(key_end - line.begin())));
    return behind.starts_with('=');
}

// Walks over strings and comments, where a dot is no dot.
class KeyWalker {
  public:
    explicit KeyWalker(std::string_view text) : text_(text) {}

    std::optional<Position> find() {
        unsigned dots = 0;
        while (at_ < text_.size()) {
            switch (text_[at_]) {
                case '#':
                    skip_to("\n");
                    break;
                case '"':
                case '\'':
                    skip_string();
                    break;
                case '\n':
                case '=':
                case ',':
                case '{':
                    dots = 0;
                    step();
                    break;
                case '.':
                    if (++dots > max_dots_in_key) return Position{line_, column()};
                    step();
                    break;
                default:
                    step();
            }
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] unsigned column() const { return static_cast<unsigned>(at_ - line_begin_) + 1; }

    void step() {
        if (text_[at_++] != '\n') return;
        ++line_;
        line_begin_ = at_;
    }
    void skip_to(std::string_view end) {
        while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) step();
    }
    void skip_string() {
        auto const quote = text_[at_];
        auto const rest = text_.substr(at_);
        auto const is_long = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
        for (int i = is_long ? 3 : 1; i > 0; --i) step();
        while (at_ < text_.size() && !ends_string(quote, is_long)) {
            if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) step();
            step();
        }
    }
    // Passes the end of a string. TOML 1.0: a long one may have two quotes more before its three.
    bool ends_string(char quote, bool is_long) {
        if (!is_long && text_[at_] == '\n') return true;  // never closed: toml++ stops here
        if (text_[at_] != quote) return false;
        auto const quotes = std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
        if (is_long && quotes < 3) return false;
        for (auto i = is_long ? std::min<std::size_t>(quotes, 5) : std::size_t{1}; i > 0; --i) step();
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0, line_begin_ = 0;
    unsigned line_ = 1;
};

}  // namespace

std::vector<TomlStatement> split_statements(std::string_view text) {
    std::vector<TomlStatement> statements;
    unsigned line_number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        auto const newline = text.find('\n', begin);
        auto const end = newline == std::string_view::npos ? text.size() : newline + 1;
        auto const line = without_indent(text.substr(begin, end - begin));
        auto const is_header = looks_like_header(line);
        ++line_number;
        if (statements.empty() || statements.back().is_header || is_header || looks_like_assignment(line))
            statements.push_back({begin, end, line_number, is_header});
        else
            statements.back().end = end;
        begin = end;
    }
    return statements;
}

std::optional<Position> find_deep_key(std::string_view text) {
    return KeyWalker(text).find();
}

bool blank_out(std::string& text, std::vector<TomlStatement> const& statements, TomlStatement const& statement) {
    auto const is_same = [&](TomlStatement const& other) { return other.begin == statement.begin; };
    auto const first = std::find_if(statements.begin(), statements.end(), is_same);
    if (first == statements.end()) return false;
    auto end = first->end;
    if (first->is_header) {
        auto const is_header = [](TomlStatement const& other) { return other.is_header; };
        auto const next = std::find_if(first + 1, statements.end(), is_header);
        end = next == statements.end() ? text.size() : next->begin;
    }
    bool changed = false;
    for (auto i = first->begin; i < end; ++i) {
        if (text[i] == '\n' || text[i] == ' ') continue;
        text[i] = ' ';
        changed = true;
    }
    return changed;
}

}  // namespace postern
