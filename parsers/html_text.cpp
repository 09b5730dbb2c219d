#include "parsers/html_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/header_fields.h"
#include "parsers/html_quotes.h"
#include "parsers/html_style.h"
#include "parsers/html_tokenizer.h"
#include "parsers/limits.h"
#include "parsers/text_layout.h"

namespace postern {
namespace {

// How far up an end tag, or a start tag that ends others, looks for what it ends: bounds the work for stray ones.
constexpr std::size_t search_levels = 64;
constexpr std::size_t link_octets = 2048;
constexpr std::size_t link_text_octets = 512;
constexpr std::size_t image_text_octets = 200;
constexpr int most_items = 1'000'000;  // where a list may begin to count: behind it there is room for any mail's items

template <std::size_t n>
bool is_one_of(std::string_view name, std::array<std::string_view, n> const& names) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// WHATWG 13.1.2, and Word's and old HTML's that never close.
constexpr std::array<std::string_view, 16> void_elements{"br",    "img",  "hr",      "meta",    "link",  "input",
                                                         "area",  "base", "col",     "embed",   "param", "source",
                                                         "track", "wbr",  "bgsound", "basefont"};
constexpr std::array<std::string_view, 9> paragraphs{"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dl"};
constexpr std::array<std::string_view, 21> lines{"div",     "ul",      "ol",      "table",    "tbody",      "thead",
                                                 "tfoot",   "caption", "section", "article",  "header",     "footer",
                                                 "address", "center",  "figure",  "fieldset", "figcaption", "main",
                                                 "nav",     "dt",      "dd"};
// Elements without anything to read.
constexpr std::array<std::string_view, 8> unread{"head",   "template", "svg",   "math",
                                                 "object", "audio",    "video", "select"};
// An end tag of other elements does not reach out of these (WHATWG 13.2.4.2, "in scope").
constexpr std::array<std::string_view, 5> scopes{"td", "th", "table", "caption", "html"};
constexpr std::array<std::string_view, 9> table_parts{"td",    "th",    "tr",   "table", "tbody",
                                                      "thead", "tfoot", "body", "html"};

struct OpenElement {
    std::string name;
    bool is_hidden = false;
    bool is_tiny = false;  // the text right in it
    bool is_preformatted = false;
    bool is_quotation = false;     // set off with "> "
    std::optional<int> next_item;  // of an ordered list
    bool is_list = false;
    std::optional<std::size_t> mark;  // index in the marks
};

std::string resolved(std::string_view attribute_value) {
    std::string text;
    append_html_text(text, attribute_value);
    return text;
}

// What a reader can follow: the address of a link without controls or spaces; empty: nothing to show.
std::string link_address(std::string_view href) {
    auto address = resolved(utf8_head(trim(href), link_octets));
    std::erase_if(address,
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '<' || c == '>'; });
    for (std::string_view const scheme : {"http://", "https://", "mailto:", "tel:", "ftp://", "sip:"})
        if (equals_ignoring_case(std::string_view(address).substr(0, scheme.size()), scheme)) return address;
    return {};
}

// Does the text of a link say its address already?
bool shows_address(std::string_view text, std::string_view address) {
    if (equals_ignoring_case(address.substr(0, 7), "mailto:")) address = address.substr(7, address.find('?', 7) - 7);
    for (std::string_view const scheme : {"https://", "http://", "tel:"})
        if (equals_ignoring_case(address.substr(0, scheme.size()), scheme)) address.remove_prefix(scheme.size());
    if (!address.empty() && address.back() == '/') address.remove_suffix(1);
    return address.empty() || (text.size() <= link_text_octets && contains_ignoring_case(text, lower_ascii(address)));
}

// Where an ordered list begins to count.
int first_item(std::string_view start) noexcept {
    int first = 1;
    std::from_chars(start.data(), start.data() + start.size(), first);
    return std::clamp(first, -most_items, most_items);
}

class HtmlReader {
  public:
    explicit HtmlReader(std::string_view html) : tokens_(html) {}

    ReadableText read() {
        HtmlToken token;
        while (layout_.size() < limits::body_text_octets && tokens_.next(token)) {
            switch (token.kind) {
                case HtmlToken::Kind::text:
                    add_text(token.text);
                    break;
                case HtmlToken::Kind::start_tag:
                    start(token);
                    break;
                case HtmlToken::Kind::end_tag:
                    end(token.name);
                    break;
            }
        }
        while (!open_.empty()) close_innermost();
        end_link();
        finish_quote_marks(marks_, layout_.text());
        ReadableText result;
        result.text = layout_.take();
        for (auto const& mark : marks_)
            if (mark.role) result.marks.push_back({*mark.role, mark.begin, mark.end});
        return result;
    }

  private:
    void add_text(std::string_view text) {
        if (hidden_ > 0 || (!open_.empty() && open_.back().is_tiny)) return;
        if (text.find('&') == std::string_view::npos) return layout_.add(text, preformatted_ > 0);
        scratch_.clear();
        append_html_text(scratch_, text);
        layout_.add(scratch_, preformatted_ > 0);
    }

    void start(HtmlToken const& token) {
        auto const& name = token.name;
        close_implied(name);
        if (name == "br") {
            if (hidden_ == 0) layout_.add_line_end();
        } else if (name == "hr") {
            start_rule(token);
        } else if (name == "img") {
            start_image(token);
        }
        if (is_one_of(name, void_elements)) {
            mark_place(token);
            return;
        }
        if (name == "style" && hiding_classes_.empty()) hiding_classes_ = hiding_classes(token.text);
        if (name == "body" || name == "html") close_head();
        if (hidden_ == 0) start_block(name);
        if (name == "a" && hidden_ == 0) start_link(token);
        if (open_.size() < limits::html_open_elements) push(token);
    }

    void start_block(std::string_view name) {
        if (is_one_of(name, paragraphs))
            layout_.break_lines(2);
        else if (is_one_of(name, lines) || name == "blockquote")
            layout_.break_lines(1);
        else if (name == "tr")
            layout_.end_row();
        else if (name == "td" || name == "th")
            layout_.begin_cell();
        else if (name == "li")
            start_item();
        else if (name == "option")
            layout_.add_line_end();
    }

    void start_item() {
        layout_.break_lines(1);
        for (std::size_t i = open_.size(); i-- > search_end();) {
            auto& list = open_[i];
            if (!list.is_list) continue;
            return layout_.set_bullet(list.next_item ? std::to_string((*list.next_item)++) + ". " : "- ");
        }
        layout_.set_bullet("- ");
    }

    void push(HtmlToken const& token) {
        OpenElement element;
        element.name = token.name;
        auto const style = token.attribute("style");
        element.is_hidden = is_one_of(token.name, unread) || token.has_attribute("hidden") || hides(style) ||
                            is_hidden_class(token.attribute("class"));
        element.is_tiny = shrinks_to_nothing(style);
        element.is_preformatted = token.name == "pre" || token.name == "textarea" || preserves_space(style);
        if (token.name == "ul" || token.name == "ol" || token.name == "menu" || token.name == "dir") {
            element.is_list = true;
            if (token.name == "ol") element.next_item = first_item(token.attribute("start"));
            layout_.set_indent(2 * ++lists_);
        }
        if (hidden_ == 0 && !element.is_hidden) {
            element.mark = mark_place(token);
            if (token.name == "blockquote" && element.mark) {
                element.is_quotation = true;
                layout_.begin_quotation();
            }
        }
        heads_ += element.name == "head" ? 1 : 0;
        hidden_ += element.is_hidden ? 1 : 0;
        preformatted_ += element.is_preformatted ? 1 : 0;
        open_.push_back(std::move(element));
    }

    bool is_hidden_class(std::string_view classes) const {
        if (hiding_classes_.empty()) return false;
        while (!(classes = trim(classes)).empty()) {
            auto const end = std::min(classes.find_first_of(" \t\r\n"), classes.size());
            if (std::find(hiding_classes_.begin(), hiding_classes_.end(), classes.substr(0, end)) !=
                hiding_classes_.end())
                return true;
            classes.remove_prefix(end);
        }
        return false;
    }

    std::optional<std::size_t> mark_place(HtmlToken const& token) {
        if (hidden_ > 0) return std::nullopt;
        auto mark = quote_mark(token);
        if (!mark) return std::nullopt;
        mark->begin = mark->end = layout_.size();
        marks_.push_back(*mark);
        return marks_.size() - 1;
    }

    void end(std::string_view name) {
        if (name == "p" || name == "br") {  // WHATWG 13.2.6.4.7: without a start tag they still break the line
            if (hidden_ == 0) name == "br" ? layout_.add_line_end() : layout_.break_lines(2);
            if (name == "br") return;
        }
        if (name == "a") end_link();
        bool const is_table_part = is_one_of(name, table_parts);
        for (std::size_t i = open_.size(); i-- > search_end();) {
            if (open_[i].name == name) {
                while (open_.size() > i) close_innermost();
                return;
            }
            if (!is_table_part && is_one_of(open_[i].name, scopes)) return;
            if (is_table_part && name != "table" && name != "body" && name != "html" && open_[i].name == "table")
                return;
        }
    }

    void close_innermost() {
        auto const element = std::move(open_.back());
        open_.pop_back();
        if (hidden_ == 0) end_block(element.name);
        if (element.name == "head") --heads_;
        if (element.is_hidden) --hidden_;
        if (element.is_preformatted) --preformatted_;
        if (element.is_list) layout_.set_indent(2 * --lists_);
        if (element.is_quotation) layout_.end_quotation();
        if (element.mark) marks_[*element.mark].end = layout_.size();
    }

    void end_block(std::string_view name) {
        if (is_one_of(name, paragraphs) || name == "blockquote" || ((name == "ul" || name == "ol") && lists_ == 1))
            layout_.break_lines(2);
        else if (is_one_of(name, lines) || name == "li")
            layout_.break_lines(1);
        else if (name == "tr")
            layout_.end_row();
        else if (name == "td" || name == "th")
            layout_.end_cell();
    }

    // Start tags that end elements whose end tags may be left out (WHATWG 13.1.2.4).
    void close_implied(std::string_view name) {
        if (name == "li")
            close_back_to("li", {"ul", "ol", "menu", "td"});
        else if (name == "td" || name == "th")
            close_back_to("td", {"tr", "table", "table", "table"}),
                close_back_to("th", {"tr", "table", "table", "table"});
        else if (name == "tr")
            close_back_to("tr", {"table", "tbody", "thead", "tfoot"});
        else if (is_one_of(name, paragraphs) || is_one_of(name, lines) || name == "blockquote")
            close_back_to("p", {"td", "div", "li", "blockquote"});
    }

    void close_back_to(std::string_view name, std::array<std::string_view, 4> const& borders) {
        for (std::size_t i = open_.size(); i-- > search_end();) {
            if (open_[i].name == name) {
                while (open_.size() > i) close_innermost();
                return;
            }
            if (is_one_of(open_[i].name, borders)) return;
        }
    }

    // A head that was left open must not hide the body.
    void close_head() {
        while (heads_ > 0) close_innermost();
    }

    std::size_t search_end() const noexcept { return open_.size() - std::min(open_.size(), search_levels); }

    void start_link(HtmlToken const& token) {
        end_link();
        link_ = link_address(token.attribute("href"));
        link_begin_ = layout_.size();
    }

    void end_link() {
        auto const address = std::exchange(link_, {});
        if (address.empty() || hidden_ > 0) return;
        auto const text = trim(layout_.text().substr(std::min(link_begin_, layout_.size())));
        if (!text.empty() && !shows_address(text, address)) layout_.add_verbatim("<" + address + ">");
    }

    void start_image(HtmlToken const& token) {
        if (hidden_ > 0 || hides(token.attribute("style"))) return;
        auto const text = resolved(utf8_head(trim(token.attribute("alt")), image_text_octets));
        if (!text.empty()) layout_.add(" [" + text + "] ", false);
    }

    void start_rule(HtmlToken const& token) {
        if (hidden_ > 0 || hides(token.attribute("style"))) return;
        layout_.break_lines(1);
        layout_.add("________________________________", false);  // as mail clients write it in plain text
        layout_.break_lines(1);
    }

    HtmlTokenizer tokens_;
    TextLayout layout_;
    std::vector<OpenElement> open_;
    std::vector<QuoteMark> marks_;
    std::vector<std::string> hiding_classes_;
    unsigned heads_ = 0;
    unsigned hidden_ = 0;
    unsigned preformatted_ = 0;
    std::size_t lists_ = 0;
    std::string link_;
    std::size_t link_begin_ = 0;
    std::string scratch_;
};

}  // namespace

ReadableText html_to_text(std::string_view html) {
    return HtmlReader(html.substr(0, limits::html_octets)).read();
}

std::string_view html_meta_charset(std::string_view octets) noexcept {
    constexpr std::size_t search_octets = 4096;  // WHATWG 13.2.3.2 asks for 1,024; Word writes its styles first
    constexpr std::string_view word = "charset";
    octets = octets.substr(0, search_octets);
    for (std::size_t at = 0; at + word.size() < octets.size(); ++at) {
        if ((octets[at] | 32) != 'c' || !equals_ignoring_case(octets.substr(at, word.size()), word)) continue;
        auto const tag = octets.rfind('<', at);
        if (tag == std::string_view::npos || !equals_ignoring_case(octets.substr(tag + 1, 4), "meta")) continue;
        auto value = octets.substr(at + word.size());
        auto const is_filler = [](char c) {
            return static_cast<unsigned char>(c) <= ' ' || c == '=' || c == '"' || c == '\'';
        };
        while (!value.empty() && is_filler(value.front())) value.remove_prefix(1);
        return value.substr(0, value.find_first_of(" \t\r\n\"'>;/"));
    }
    return {};
}

}  // namespace postern
