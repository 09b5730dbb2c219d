#include "templates/template_source.h"

#include <algorithm>

#include "templates/clean_text.h"

namespace postern {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
    auto const begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

unsigned lines_in(std::string_view text) noexcept {
    return static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
}

struct Tag {
    TemplateNode node;
    bool is_comment = false;
    std::size_t begin = 0, end = 0;  // in the source
};

class Reader {
  public:
    Reader(std::string const& name, std::string_view source, std::vector<TemplateError>& errors)
        : name_(name), source_(source), errors_(errors) {}

    std::vector<TemplateNode> read() {
        if (!check_octets()) return {};
        std::size_t at = 0;
        while (at < source_.size()) {
            auto const begin = source_.find("{{", at);
            if (begin == std::string_view::npos) break;
            Tag tag;
            tag.node.line = 1 + lines_in(source_.substr(0, begin));
            tag.begin = begin;
            if (!read_tag(tag)) return {};
            auto const text_end = take_whole_line(tag, at);
            add_text(at, text_end);
            at = tag.end;
            if (!tag.is_comment && !add(tag.node)) return {};
        }
        add_text(at, source_.size());
        for (auto const& section : open_) error(section.line, "section {{#" + section.text + "}} is not closed");
        return open_.empty() ? std::move(nodes_) : std::vector<TemplateNode>{};
    }

  private:
    void error(unsigned line, std::string what) { errors_.push_back({name_, line, std::move(what)}); }

    bool check_octets() {
        unsigned line = 1;
        for (std::string_view rest = source_; !rest.empty();) {
            auto const point = first_code_point(rest);
            if (!point.valid) return error(line, "invalid UTF-8"), false;
            if (point.value < 0x20 && point.value != '\n' && point.value != '\t')
                return error(line, "a control character"), false;
            if (point.value == '\n') ++line;
            rest.remove_prefix(point.octets);
        }
        return true;
    }

    bool read_tag(Tag& tag) {
        auto const triple = source_.substr(tag.begin, 3) == "{{{";
        std::string_view const closing = triple ? "}}}" : "}}";
        auto const contents = tag.begin + closing.size();
        auto const end = source_.find(closing, contents);
        // A tag is closed on its line: a brace too few would otherwise swallow the text up to the next tag.
        if (end == std::string_view::npos || lines_in(source_.substr(contents, end - contents)) > 0)
            return error(tag.node.line, "a tag is not closed: " + std::string(closing) + " is missing"), false;
        tag.end = end + closing.size();
        auto inner = trimmed(source_.substr(contents, end - contents));
        auto const sigil = inner.empty() || triple ? ' ' : inner.front();
        constexpr std::string_view sigils = "#^/>&!";
        constexpr TemplateNode::Kind kinds[] = {TemplateNode::Kind::section,   TemplateNode::Kind::inverted,
                                                TemplateNode::Kind::end,       TemplateNode::Kind::partial,
                                                TemplateNode::Kind::raw_value, TemplateNode::Kind::text};
        tag.node.kind = triple ? TemplateNode::Kind::raw_value : TemplateNode::Kind::value;
        if (auto const found = sigils.find(sigil); found != std::string_view::npos) {
            tag.node.kind = kinds[found];
            tag.is_comment = sigil == '!';
            inner = trimmed(inner.substr(1));
        }
        tag.node.text = inner;
        return tag.is_comment || check_name(tag.node);
    }

    bool check_name(TemplateNode const& node) {
        auto const is_part = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        };
        if (!node.text.empty() && std::all_of(node.text.begin(), node.text.end(), is_part)) return true;
        return error(node.line, "a tag holds no name: {{" + node.text + "}}"), false;
    }

    // A section, comment or partial alone on its line takes the line with it. Returns where the text before it ends.
    std::size_t take_whole_line(Tag& tag, std::size_t text_begin) const noexcept {
        if (tag.node.kind == TemplateNode::Kind::value || tag.node.kind == TemplateNode::Kind::raw_value)
            return tag.begin;
        auto const line_begin = tag.begin == 0 ? 0 : source_.rfind('\n', tag.begin - 1) + 1;
        auto const line_end = std::min(source_.find('\n', tag.end), source_.size());
        auto const before = source_.substr(line_begin, tag.begin - line_begin);
        auto const after = source_.substr(tag.end, line_end - tag.end);
        if (line_begin < text_begin || !trimmed(before).empty() || !trimmed(after).empty()) return tag.begin;
        tag.end = std::min(line_end + 1, source_.size());
        return line_begin;
    }

    void add_text(std::size_t begin, std::size_t end) {
        if (end > begin)
            nodes_.push_back({TemplateNode::Kind::text, std::string(source_.substr(begin, end - begin)), 0});
    }

    bool add(TemplateNode const& node) {
        using Kind = TemplateNode::Kind;
        if (node.kind == Kind::section || node.kind == Kind::inverted) open_.push_back(node);
        if (node.kind == Kind::end) {
            if (open_.empty()) return error(node.line, "{{/" + node.text + "}} closes no section"), false;
            if (open_.back().text != node.text) {
                error(node.line, "{{/" + node.text + "}} where {{/" + open_.back().text + "}} is due, opened in line " +
                                     std::to_string(open_.back().line));
                return false;
            }
            open_.pop_back();
        }
        nodes_.push_back(node);
        return true;
    }

    std::string const& name_;
    std::string_view source_;
    std::vector<TemplateError>& errors_;
    std::vector<TemplateNode> nodes_, open_;
};

}  // namespace

std::vector<TemplateNode> read_template(std::string const& name, std::string_view source,
                                        std::vector<TemplateError>& errors) {
    return Reader(name, source, errors).read();
}

}  // namespace postern
