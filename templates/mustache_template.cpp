#include "templates/mustache_template.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <stdexcept>

namespace postern {

namespace {

namespace mustache = kainjow::mustache;

// The library makes a node of each white-space character and swallows blank lines that follow a section. White space is
// hidden from it behind control characters, which neither templates nor values hold.
constexpr std::string_view white_space = " \n\t";
constexpr std::string_view hidden = "\x01\x02\x03";

void exchange(std::string& text, std::string_view from, std::string_view to) {
    for (char& c : text)
        if (auto const at = from.find(c); at != std::string_view::npos) c = to[at];
}

// &apos; is unknown to HTML 4, which Outlook reads.
std::string html_escaped(std::string const& text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (char const c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string source_of(std::vector<TemplateNode> const& nodes) {
    using Kind = TemplateNode::Kind;
    std::string source;
    for (auto const& node : nodes) {
        if (node.kind == Kind::text) {
            auto text = node.text;
            exchange(text, white_space, hidden);
            source += text;
            continue;
        }
        char const* const sigil = node.kind == Kind::section     ? "#"
                                  : node.kind == Kind::inverted  ? "^"
                                  : node.kind == Kind::end       ? "/"
                                  : node.kind == Kind::raw_value ? "&"
                                                                 : "";
        source.append("{{").append(sigil).append(node.text).append("}}");
    }
    return source;
}

mustache::data scalar(std::string const& value) {
    return value.empty() ? mustache::data(false) : mustache::data(value);
}

mustache::data to_data(FieldValue const& value) {
    if (auto const* const text = std::get_if<std::string>(&value)) return scalar(*text);
    if (auto const* const flag = std::get_if<bool>(&value)) return {*flag};
    mustache::data list{mustache::data::type::list};
    for (auto const& item : std::get<std::vector<ListItem>>(value)) {
        mustache::data object;
        for (auto const& [name, text] : item) object.set(name, scalar(text));
        list.push_back(object);
    }
    return list;
}

}  // namespace

struct MustacheTemplate::State {
    mustache::mustache compiled;
};

MustacheTemplate::MustacheTemplate(std::vector<TemplateNode> const& nodes, Escape escape)
    : state_(std::make_unique<State>(State{mustache::mustache(source_of(nodes))})) {
    if (!state_->compiled.is_valid()) throw std::invalid_argument(state_->compiled.error_message());
    if (escape == Escape::html) {
        state_->compiled.set_custom_escape(html_escaped);
    } else {
        state_->compiled.set_custom_escape([](std::string const& text) { return text; });
    }
}

MustacheTemplate::MustacheTemplate(MustacheTemplate&&) noexcept = default;
MustacheTemplate& MustacheTemplate::operator=(MustacheTemplate&&) noexcept = default;
MustacheTemplate::~MustacheTemplate() = default;

std::string MustacheTemplate::render(FieldValues const& values) const {
    mustache::data data;
    for (auto const& [name, value] : values) data.set(name, to_data(value));
    // The library's render is not const only because partials and lambdas may leave an error behind: we give it
    // neither.
    auto rendered = state_->compiled.render(data);
    exchange(rendered, hidden, white_space);
    return rendered;
}

}  // namespace postern
