#include "parsers/html_style.h"

#include <algorithm>
#include <string>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// A style is looked at as far as this.
constexpr std::size_t style_octets = 4096;
constexpr std::size_t style_sheet_octets = std::size_t{64} * 1024;

// Lower case, without white space: "display:none;color:red".
std::string compact(std::string_view style) {
    auto text = lower_ascii(style.substr(0, style_octets));
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    return text;
}

// The value of a property; empty: it is not set.
std::string_view property(std::string_view style, std::string_view name) noexcept {
    while (!style.empty()) {
        auto const declaration = style.substr(0, style.find(';'));
        style.remove_prefix(std::min(style.size(), declaration.size() + 1));
        if (declaration.substr(0, name.size()) != name || declaration.size() <= name.size() ||
            declaration[name.size()] != ':')
            continue;
        auto const value = declaration.substr(name.size() + 1);
        return value.substr(0, value.find('!'));  // "!important"
    }
    return {};
}

// "0", "0px", "0.0em".
bool is_zero(std::string_view value) noexcept {
    auto const number = value.substr(0, value.find_first_not_of("0."));
    return !number.empty() &&
           (number.size() == value.size() || (value[number.size()] < '1' || value[number.size()] > '9'));
}

// In front of a rule, "/* … */" and the "<!--" of old.
std::string without_comments(std::string_view text) {
    std::string rest;
    for (auto at = text.find("/*"); at != std::string_view::npos; at = text.find("/*")) {
        rest += text.substr(0, at);
        auto const end = text.find("*/", at + 2);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    rest += text;
    if (auto const at = rest.find("<!--"); at != std::string::npos) rest.erase(at, 4);
    return rest;
}

// Behind the brace that opened it, to behind the one that closes it.
void skip_block(std::string_view& sheet) noexcept {
    std::size_t depth = 1;
    std::size_t at = 0;
    for (; at < sheet.size() && depth > 0; ++at) {
        if (sheet[at] == '{') ++depth;
        if (sheet[at] == '}') --depth;
    }
    sheet.remove_prefix(at);
}

// Of a selector list those that are a class and nothing else: ".preheader, span.hidden".
void add_classes(std::vector<std::string>& classes, std::string_view selectors) {
    while (!selectors.empty() && classes.size() < limits::hiding_classes) {
        auto const end = std::min(selectors.find(','), selectors.size());
        auto const selector = trim(selectors.substr(0, end));
        selectors.remove_prefix(std::min(end + 1, selectors.size()));
        auto const dot = selector.find('.');
        if (dot == std::string_view::npos) continue;
        auto const name = selector.substr(dot + 1);
        if (!name.empty() && selector.find_first_of(" \t\r\n.>:#[*+~", dot + 1) == std::string_view::npos)
            classes.emplace_back(name);
    }
}

}  // namespace

bool hides(std::string_view style) {
    // Most styles say nothing of the kind, and then cost no copy.
    if (style.find(':') == std::string_view::npos) return false;
    auto const text = compact(style);
    if (property(text, "display") == "none" || property(text, "mso-hide") == "all") return true;
    if (auto const visibility = property(text, "visibility"); visibility == "hidden" || visibility == "collapse")
        return true;
    if (is_zero(property(text, "opacity"))) return true;
    bool const clips = property(text, "overflow") == "hidden";
    return clips && (is_zero(property(text, "max-height")) || is_zero(property(text, "height")));
}

bool shrinks_to_nothing(std::string_view style) {
    if (style.find("font-size") == std::string_view::npos && style.find("FONT-SIZE") == std::string_view::npos)
        return false;
    auto const text = compact(style);
    return is_zero(property(text, "font-size"));
}

std::vector<std::string> hiding_classes(std::string_view sheet) {
    std::vector<std::string> classes;
    sheet = sheet.substr(0, style_sheet_octets);
    while (!sheet.empty() && classes.size() < limits::hiding_classes) {
        auto const open = sheet.find('{');
        if (open == std::string_view::npos) break;
        auto const selectors = without_comments(sheet.substr(0, open));
        sheet.remove_prefix(open + 1);
        if (selectors.find('@') != std::string::npos) {  // of some readers only
            skip_block(sheet);
            continue;
        }
        auto const close = std::min(sheet.find('}'), sheet.size());
        if (hides(sheet.substr(0, close))) add_classes(classes, selectors);
        sheet.remove_prefix(std::min(close + 1, sheet.size()));
    }
    return classes;
}

bool preserves_space(std::string_view style) {
    if (style.find("hite-space") == std::string_view::npos) return false;
    auto const text = compact(style);
    auto const value = property(text, "white-space");
    return value.substr(0, 3) == "pre" || value == "break-spaces";
}

bool is_outlook_rule(std::string_view style) {
    if (style.find("order") == std::string_view::npos) return false;
    auto const text = compact(style);
    auto const rule = property(text, "border-top");
    // Outlook 2007 and 2010, 2013 and later; Windows Mail.
    bool const is_known = rule == "solid#b5c4df1.0pt" || rule == "solid#e1e1e11.0pt" ||
                          rule == "1ptsolidrgb(225,225,225)" || rule == "solid#e5e5e51px" || rule == "1pxsolid#e5e5e5";
    return is_known && property(text, "padding").substr(0, 3) == "3.0";
}

}  // namespace postern
