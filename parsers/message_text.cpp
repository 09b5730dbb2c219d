#include "parsers/message_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/flowed_text.h"
#include "parsers/header_fields.h"
#include "parsers/html_quotes.h"
#include "parsers/html_text.h"
#include "parsers/limits.h"
#include "parsers/transfer_encoding.h"

namespace postern {
namespace {

// A plain text that only says that there is HTML to read is about this long at most.
constexpr std::size_t stub_octets = 400;

bool is_blank(std::string_view text) noexcept {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

class TextReader {
  public:
    explicit TextReader(MimeTree const& tree) : tree_(tree) {}

    MessageText read(std::vector<TextPart> const& texts) {
        for (auto const& text : texts) {
            if (result_.readable.text.size() >= limits::body_text_octets) {
                result_.is_cut = true;
                break;
            }
            add(version_to_read(text));
        }
        auto& text = result_.readable.text;
        if (text.size() > limits::body_text_octets) result_.is_cut = true;
        text.resize(utf8_head(text, limits::body_text_octets).size());
        text.erase(text.find_last_not_of(" \t\n") + 1);
        for (auto& mark : result_.readable.marks)
            mark.begin = std::min(mark.begin, text.size()), mark.end = std::min(mark.end, text.size());
        return std::move(result_);
    }

  private:
    ReadableText version_to_read(TextPart const& text) {
        if (text.plain.empty()) return html_version(text);
        ReadableText plain;
        for (auto const index : text.plain) append(plain, {plain_version(tree_.entities()[index]), {}});
        if (text.html.empty() || !(is_blank(plain.text) || may_be_stub(plain.text))) return plain;
        auto html = html_version(text);
        return html.text.size() > plain.text.size() ? html : plain;
    }

    // "Your mail client cannot show HTML" in any language has this word in it.
    static bool may_be_stub(std::string_view text) {
        return text.size() <= stub_octets && contains_ignoring_case(text, "html");
    }

    // A multipart in which no part begins is read as it stands, but for the delimiter that ends it.
    static void erase_close_delimiter(Entity const& multipart, std::string& text) {
        auto const* const boundary = multipart.media_type.content.find("boundary");
        if (!boundary || boundary->raw.empty()) return;
        auto const delimiter = "--" + boundary->raw + "--";
        if (auto const at = text.find(delimiter); at != std::string::npos) text.erase(at, delimiter.size());
    }

    std::string plain_version(Entity const& entity) {
        auto octets = tree_.decoded(entity);
        if (entity.is_multipart()) erase_close_delimiter(entity, octets);
        take_embedded_files(entity, octets);
        auto text = to_utf8(octets, entity.media_type.charset());
        normalize_lines(text);
        auto const& content = entity.media_type.content;
        if (auto const* const format = content.find("format");
            format && equals_ignoring_case(format->value, "flowed")) {
            auto const* const delete_space = content.find("delsp");
            text = unflow(text, delete_space && equals_ignoring_case(delete_space->value, "yes"));
        }
        return text;
    }

    ReadableText html_version(TextPart const& text) {
        ReadableText whole;
        for (auto const index : text.html) {
            auto const& entity = tree_.entities()[index];
            auto const octets = tree_.decoded(entity);
            if (octets.size() > limits::html_octets) result_.is_cut = true;
            auto const html = std::string_view(octets).substr(0, limits::html_octets);
            auto const label = entity.media_type.charset();
            // Gateways recode a text and leave what it says of itself: that counts only where nothing else does.
            auto part =
                html_to_text(label.empty() ? raw_to_utf8(html, html_meta_charset(octets)) : to_utf8(html, label));
            append(whole, std::move(part));
        }
        return whole;
    }

    void take_embedded_files(Entity const& entity, std::string& octets) {
        auto file = find_uuencoded(octets);
        if (!file) return;
        std::string rest;
        std::size_t taken = 0;
        for (; file && result_.files.size() < limits::embedded_files; file = find_uuencoded(octets, taken)) {
            auto locator = tree_.locator(entity);
            locator.push_back({file->begin, file->end, TransferEncoding::uuencode});
            auto const lines = std::string_view(octets).substr(file->begin, file->end - file->begin);
            result_.files.push_back({std::move(file->name), decode_uuencode(lines), std::move(locator)});
            rest.append(octets, taken, file->begin - taken);
            taken = file->end;
        }
        octets = rest.append(octets, taken);
    }

    static void append(ReadableText& whole, ReadableText part) {
        if (is_blank(part.text)) return;
        if (whole.text.empty()) {
            whole = std::move(part);
            return;
        }
        whole.text.append(whole.text.back() == '\n' ? "\n" : "\n\n");
        auto const base = whole.text.size();
        whole.text += part.text;
        for (auto const& mark : part.marks) whole.marks.push_back({mark.role, base + mark.begin, base + mark.end});
    }

    void add(ReadableText part) { append(result_.readable, std::move(part)); }

    MimeTree const& tree_;
    MessageText result_;
};

}  // namespace

void normalize_lines(std::string& text) {
    auto const is_text = [](char c) { return !is_control(c) || c == '\n' || c == '\t'; };
    auto out = std::find_if_not(text.begin(), text.end(), is_text);
    bool has_controls = false;
    for (auto in = out; in != text.end(); ++in) {
        if (*in == '\r' || *in == '\f' || *in == '\v') {
            if (*in != '\r' || in + 1 == text.end() || in[1] != '\n') *out++ = '\n';
        } else {
            has_controls = has_controls || !is_text(*in);
            *out++ = *in;
        }
    }
    text.erase(out, text.end());
    if (!has_controls) return;
    std::string shown;
    for (auto const c : text) is_text(c) ? shown.push_back(c) : append_utf8(shown, 0xFFFD);
    text = std::move(shown);
}

MessageText read_text(MimeTree const& tree, std::vector<TextPart> const& texts) {
    return TextReader(tree).read(texts);
}

std::optional<ReadableText> read_marked_html(MimeTree const& tree, std::vector<TextPart> const& texts) {
    auto const is_worth_while = [&](TextPart const& text) {
        return !text.plain.empty() && std::any_of(text.html.begin(), text.html.end(), [&](std::size_t index) {
            return may_hold_quote_marks(tree.decoded(tree.entities()[index]));
        });
    };
    if (std::none_of(texts.begin(), texts.end(), is_worth_while)) return std::nullopt;
    auto html_only = texts;
    for (auto& text : html_only)
        if (!text.html.empty()) text.plain.clear();
    auto readable = TextReader(tree).read(html_only).readable;
    return readable.marks.empty() ? std::nullopt : std::optional{std::move(readable)};
}

std::string declared_charset(MimeTree const& tree, std::vector<TextPart> const& texts) {
    auto const& entities = tree.entities();
    for (auto const& text : texts)
        for (auto const index : text.plain)
            if (auto const label = entities[index].media_type.charset(); !label.empty()) return std::string(label);
    for (auto const& text : texts) {
        for (auto const index : text.html) {
            if (auto const label = entities[index].media_type.charset(); !label.empty()) return std::string(label);
            auto const octets = tree.decoded(entities[index]);
            if (auto const label = html_meta_charset(octets); !label.empty()) return std::string(label);
        }
    }
    return {};
}

}  // namespace postern
