#include "parsers/parameters.h"

#include <algorithm>
#include <map>
#include <optional>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/encoded_word.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

std::string percent_decode(std::string_view text) {
    std::string octets;
    octets.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0) {
            octets += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
            at += 2;
        } else {
            octets += text[at];
        }
    }
    return octets;
}

struct Attribute {
    std::string name;  // lower case, as written: "filename*1*"
    std::string raw;   // without quotes
    bool was_quoted = false;
};

// value *(";" attribute "=" value), with comments anywhere, quotes forgotten, semicolons missing or doubled.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::string take_value() {
        std::string value;
        while (at_ < text_.size() && text_[at_] != ';') {
            if (skip_comment()) continue;
            auto const c = text_[at_];
            // `Content-Type: text/plain charset=utf-8`: the semicolon is forgotten. `Content-Disposition: filename=a`:
            // so is the value.
            if (c == '=') {
                auto const name_begin = value.find_last_of(" \t\r\n");
                if (name_begin == std::string::npos) {
                    at_ = 0;
                    return {};
                }
                at_ -= value.size() - name_begin - 1;
                value.resize(name_begin);
                break;
            }
            value += c;
            ++at_;
        }
        auto trimmed = lower_ascii(trim(value));
        std::erase_if(trimmed, [](char c) { return is_space(c) || c == '"' || static_cast<unsigned char>(c) < 0x20; });
        return trimmed;
    }

    std::optional<Attribute> take_attribute() {
        while (at_ < text_.size() && (text_[at_] == ';' || is_space(text_[at_]) || text_[at_] == ',')) ++at_;
        if (skip_comment()) return take_attribute_after_comment();
        if (at_ >= text_.size()) return std::nullopt;
        auto const begin = at_;
        while (at_ < text_.size() && text_[at_] != '=' && text_[at_] != ';') ++at_;
        Attribute attribute;
        attribute.name = lower_ascii(trim(text_.substr(begin, at_ - begin)));
        if (at_ >= text_.size() || text_[at_] == ';') return attribute;
        ++at_;
        take_attribute_value(attribute);
        return attribute;
    }

    [[nodiscard]] bool is_unclosed() const noexcept { return is_unclosed_; }

  private:
    std::optional<Attribute> take_attribute_after_comment() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_]) || text_[at_] == ';')
                ++at_;
            else if (!skip_comment())
                return take_attribute();
        }
        return std::nullopt;
    }

    void take_attribute_value(Attribute& attribute) {
        while (at_ < text_.size() && (is_space(text_[at_]) || skip_comment())) {
            if (at_ < text_.size() && is_space(text_[at_])) ++at_;
        }
        if (at_ < text_.size() && text_[at_] == '"') {
            take_quoted(attribute);
            return;
        }
        auto const begin = at_;
        while (at_ < text_.size() && text_[at_] != ';' && !begins_attribute()) {
            if (text_[at_] == '(' && at_ > begin && is_space(text_[at_ - 1])) {
                auto const comment = at_;
                if (!skip_comment() || is_comment_unclosed_) {
                    at_ = comment + 1;
                } else if (is_end_of_value()) {
                    at_ = comment;
                    break;
                }
                continue;
            }
            ++at_;
        }
        attribute.raw = trim(text_.substr(begin, at_ - begin));
        while (at_ < text_.size() && text_[at_] != ';' && (is_space(text_[at_]) || skip_comment())) {
            if (at_ < text_.size() && is_space(text_[at_])) ++at_;
        }
    }

    // `charset=utf-8 (Unicode)` ends in a comment; `filename=report (1).pdf` goes on behind what only looks like one.
    bool is_end_of_value() const {
        auto ahead = at_;
        while (ahead < text_.size() && is_space(text_[ahead])) ++ahead;
        return ahead >= text_.size() || text_[ahead] == ';' || is_attribute_at(ahead);
    }

    // White space in front of `name=`: names with spaces are written without quotes, but the next parameter is none of
    // them.
    bool begins_attribute() const noexcept {
        if (!is_space(text_[at_]) || at_ == 0 || is_space(text_[at_ - 1])) return false;
        auto ahead = at_;
        while (ahead < text_.size() && is_space(text_[ahead])) ++ahead;
        return is_attribute_at(ahead);
    }

    bool is_attribute_at(std::size_t at) const {
        auto const rest = text_.substr(at, 24);
        auto const equals = rest.find_first_of("= \t\r\n\";");
        return equals != std::string_view::npos && rest[equals] == '=' && is_usual(rest.substr(0, equals));
    }

    static bool is_usual(std::string_view name) {
        auto const base = lower_ascii(name.substr(0, name.find('*')));
        return base == "charset" || base == "name" || base == "filename" || base == "boundary" || base == "format" ||
               base == "delsp" || base == "type" || base == "size" || base == "method" || base == "protocol" ||
               base == "micalg" || base == "report-type" || base == "creation-date" || base == "modification-date";
    }

    void take_quoted(Attribute& attribute) {
        attribute.was_quoted = true;
        for (++at_; at_ < text_.size(); ++at_) {
            auto const c = text_[at_];
            if (c == '"') {
                ++at_;
                skip_to_semicolon(attribute);
                return;
            }
            // A backslash quotes a quote or itself; before anything else it is one of a Windows path.
            if (c == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) ++at_;
            // RFC 5322 2.2.3: a fold is no part of the value.
            if (text_[at_] != '\r' && text_[at_] != '\n') attribute.raw += text_[at_];
        }
        is_unclosed_ = true;
    }

    // `name="a"b".txt"`: quotes within, not escaped. What follows up to the semicolon is of the value if a quote ends
    // it.
    void skip_to_semicolon(Attribute& attribute) {
        auto const end = std::min(text_.find(';', at_), text_.size());
        auto const rest = trim(text_.substr(at_, end - at_));
        if (!rest.empty() && rest.back() == '"' && rest.find('=') == std::string_view::npos) {
            attribute.raw += '"';
            attribute.raw += rest.substr(0, rest.size() - 1);
            at_ = end;
        }
    }

    // RFC 5322 3.2.2; nesting is counted, not recursed into.
    bool skip_comment() {
        if (at_ >= text_.size() || text_[at_] != '(' || is_comment_unclosed_) return false;
        std::size_t depth = 0;
        for (auto ahead = at_; ahead < text_.size(); ++ahead) {
            if (text_[ahead] == '\\') {
                ++ahead;
            } else if (text_[ahead] == '(') {
                ++depth;
            } else if (text_[ahead] == ')' && --depth == 0) {
                at_ = ahead + 1;
                return true;
            }
        }
        is_comment_unclosed_ = true;  // don't look for its end again
        if (at_ == 0 || is_space(text_[at_ - 1]) || text_[at_ - 1] == ';') {
            at_ = text_.size();  // never closed
            return true;
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool is_unclosed_ = false;
    bool is_comment_unclosed_ = false;
};

// RFC 2231 3 and 4: the pieces of one parameter.
struct Pieces {
    std::map<unsigned, Attribute> numbered;  // "name*0", "name*1*", …
    std::optional<Attribute> extended;       // "name*"
    std::optional<Attribute> plain;          // "name"
};

struct SplitName {
    std::string base;
    std::optional<unsigned> number;
    bool is_extended = false;
};

SplitName split_name(std::string_view name) {
    SplitName split;
    auto const star = name.find('*');
    split.base = std::string(trim(name.substr(0, star)));
    if (star == std::string_view::npos) return split;
    auto rest = name.substr(star + 1);
    split.is_extended = rest.empty() || rest.back() == '*';
    if (!rest.empty() && rest.back() == '*') rest.remove_suffix(1);
    unsigned number = 0;
    for (auto const c : rest.substr(0, 4)) {
        if (c < '0' || c > '9') return split;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    if (!rest.empty()) split.number = number;
    return split;
}

// charset'language'octets; the quotes may be missing.
std::string_view cut_charset(std::string_view value, std::string& charset) {
    auto const first = value.find('\'');
    auto const second = first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) return value;
    charset = value.substr(0, first);
    return value.substr(second + 1);
}

Parameter join_numbered(std::string const& name, Pieces const& pieces) {
    Parameter parameter{name, {}, {}};
    std::string charset;
    std::string octets;
    auto is_encoded = false;
    unsigned expected = 0;
    for (auto const& [number, attribute] : pieces.numbered) {
        // RFC 2231 3: a gap ends it. Some writers count from one.
        if (number != expected && !(expected == 0 && number == 1)) break;
        expected = number + 1;
        std::string_view value = attribute.raw;
        parameter.raw += value;
        if (!attribute.name.ends_with('*')) {
            octets += value;
            continue;
        }
        if (!is_encoded && octets.empty()) value = cut_charset(value, charset);
        is_encoded = true;
        octets += percent_decode(value);
    }
    parameter.value = is_encoded ? to_utf8(octets, charset) : decode_header_text(octets, charset);
    return parameter;
}

Parameter assemble(std::string const& name, Pieces const& pieces, std::string_view raw_charset) {
    if (pieces.numbered.contains(0) || (pieces.numbered.contains(1) && !pieces.extended && !pieces.plain))
        return join_numbered(name, pieces);
    if (pieces.extended) {
        std::string charset;
        auto const octets = percent_decode(cut_charset(pieces.extended->raw, charset));
        return {name, charset.empty() ? raw_to_utf8(octets, raw_charset) : to_utf8(octets, charset),
                pieces.extended->raw};
    }
    if (pieces.plain) {
        // Encoded words have no place here (RFC 2047 5) and yet most clients write names so.
        return {name, decode_header_text(pieces.plain->raw, raw_charset), pieces.plain->raw};
    }
    return {name, {}, {}};
}

}  // namespace

Parameter const* ParameterizedValue::find(std::string_view name) const noexcept {
    auto const found = std::ranges::find(parameters, name, &Parameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

ParameterizedValue parse_parameters(std::string_view field_value, std::string_view raw_charset) {
    Scanner scanner(field_value);
    ParameterizedValue parsed;
    parsed.value = scanner.take_value();
    std::vector<std::pair<std::string, Pieces>> names;
    std::size_t count = 0;
    while (auto attribute = scanner.take_attribute()) {
        if (++count > limits::parameters) {
            parsed.defects.emplace_back("more parameters than are read");
            break;
        }
        if (attribute->name.empty()) continue;
        auto split = split_name(attribute->name);
        if (split.base.empty()) continue;  // "*=x"
        auto known = std::ranges::find(names, split.base, &std::pair<std::string, Pieces>::first);
        if (known == names.end()) known = names.insert(names.end(), {split.base, Pieces{}});
        auto& pieces = known->second;
        auto& place = split.is_extended ? pieces.extended : pieces.plain;
        auto const is_doubled =
            split.number ? !pieces.numbered.emplace(*split.number, std::move(*attribute)).second : place.has_value();
        if (is_doubled) parsed.defects.push_back("parameter given twice: the first one counts");
        if (!split.number && !is_doubled) place = std::move(*attribute);
    }
    if (scanner.is_unclosed()) parsed.defects.emplace_back("quoted parameter without its closing quote");
    for (auto const& [name, pieces] : names) parsed.parameters.push_back(assemble(name, pieces, raw_charset));
    return parsed;
}

}  // namespace postern
