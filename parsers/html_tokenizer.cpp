#include "parsers/html_tokenizer.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

// More attributes than this in one tag are passed over.
constexpr std::size_t attributes_per_tag = 64;

// Elements whose contents are no markup and nobody reads (WHATWG 13.2.5.1, 13.1.2).
constexpr std::array<std::string_view, 6> raw_text_elements{"script",   "style",   "title",
                                                            "noframes", "noembed", "iframe"};

// WHATWG 13.2.5: with the form feed.
bool is_html_space(char c) noexcept {
    return is_space(c) || c == '\f';
}

void assign_lower(std::string& out, std::string_view text) {
    out.assign(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
}

}  // namespace

std::string_view HtmlToken::attribute(std::string_view lower_case_name) const noexcept {
    for (auto const& each : attributes)
        if (each.name == lower_case_name) return each.value;
    return {};
}

bool HtmlToken::has_attribute(std::string_view lower_case_name) const noexcept {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](Attribute const& each) { return each.name == lower_case_name; });
}

bool HtmlTokenizer::next(HtmlToken& token) {
    while (position_ < html_.size()) {
        if (html_[position_] == '<') {
            if (take_markup(token)) return true;
            continue;
        }
        // A '<' before anything but a name is text; take_markup has left such a one as text of its own.
        auto const end = std::min(html_.find('<', position_), html_.size());
        token.kind = HtmlToken::Kind::text;
        token.text = html_.substr(position_, end - position_);
        position_ = end;
        return true;
    }
    return false;
}

// At '<'. True: a token was made of it.
bool HtmlTokenizer::take_markup(HtmlToken& token) {
    auto const rest = html_.substr(position_);
    char const second = rest.size() > 1 ? rest[1] : '\0';
    if (is_letter(second) || (second == '/' && rest.size() > 2 && is_letter(rest[2]))) {
        take_tag(token);
        return true;
    }
    if (rest.substr(0, 4) == "<!--") {
        skip_comment();
        return false;
    }
    if (second == '!' || second == '?' || second == '/') {  // a declaration, or "<![if !mso]>": up to '>'
        auto const end = html_.find('>', position_);
        position_ = end == std::string_view::npos ? html_.size() : end + 1;
        return false;
    }
    token.kind = HtmlToken::Kind::text;
    token.text = rest.substr(0, 1);
    ++position_;
    return true;
}

void HtmlTokenizer::take_tag(HtmlToken& token) {
    bool const is_end = html_[position_ + 1] == '/';
    position_ += is_end ? 2 : 1;
    auto const begin = position_;
    while (position_ < html_.size() && !is_html_space(html_[position_]) && html_[position_] != '/' &&
           html_[position_] != '>')
        ++position_;
    token.kind = is_end ? HtmlToken::Kind::end_tag : HtmlToken::Kind::start_tag;
    token.text = {};
    assign_lower(token.name, html_.substr(begin, position_ - begin));
    token.attributes.clear();
    for (;;) {
        skip_space();
        if (position_ >= html_.size()) break;
        char const c = html_[position_];
        if (c == '>') {
            ++position_;
            break;
        }
        if (c == '/') {
            ++position_;
            continue;
        }
        take_attribute(token);
    }
    if (!is_end && std::find(raw_text_elements.begin(), raw_text_elements.end(), token.name) != raw_text_elements.end())
        token.text = take_raw_text(token.name);
}

// At the first character of its name; takes at least that one.
void HtmlTokenizer::take_attribute(HtmlToken& token) {
    auto const begin = position_++;
    while (position_ < html_.size()) {
        char const c = html_[position_];
        if (is_html_space(c) || c == '/' || c == '>' || c == '=') break;
        ++position_;
    }
    auto const name = html_.substr(begin, position_ - begin);
    skip_space();
    std::string_view value;
    if (position_ < html_.size() && html_[position_] == '=') {
        ++position_;
        value = take_attribute_value();
    }
    if (token.attributes.size() == attributes_per_tag) return;
    token.attributes.emplace_back();
    assign_lower(token.attributes.back().name, name);
    token.attributes.back().value = value;
}

std::string_view HtmlTokenizer::take_attribute_value() noexcept {
    skip_space();
    if (position_ >= html_.size()) return {};
    if (char const quote = html_[position_]; quote == '"' || quote == '\'') {
        auto const begin = ++position_;
        auto const end = std::min(html_.find(quote, begin), html_.size());
        position_ = std::min(end + 1, html_.size());
        return html_.substr(begin, end - begin);
    }
    auto const begin = position_;
    while (position_ < html_.size() && !is_html_space(html_[position_]) && html_[position_] != '>') ++position_;
    return html_.substr(begin, position_ - begin);
}

void HtmlTokenizer::skip_comment() noexcept {
    auto const begin = position_ + 4;
    if (html_.substr(begin, 1) == ">") {  // WHATWG 13.2.5.43: "<!-->" is a whole comment
        position_ = begin + 1;
        return;
    }
    auto const end = html_.find("-->", begin);
    position_ = end == std::string_view::npos ? html_.size() : end + 3;
}

std::string_view HtmlTokenizer::take_raw_text(std::string_view element) noexcept {
    auto const begin = position_;
    for (auto at = html_.find("</", position_); at != std::string_view::npos; at = html_.find("</", at + 2)) {
        if (equals_ignoring_case(html_.substr(at + 2, element.size()), element)) {
            position_ = at;
            return html_.substr(begin, at - begin);
        }
    }
    position_ = html_.size();
    return html_.substr(begin);
}

void HtmlTokenizer::skip_space() noexcept {
    while (position_ < html_.size() && is_html_space(html_[position_])) ++position_;
}

}  // namespace postern
