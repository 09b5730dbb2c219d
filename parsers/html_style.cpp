#include "parsers/html_style.h"

#include <algorithm>
#include <string>

#include "parsers/header_fields.h"

namespace postern {
namespace {

// A style is looked at as far as this.
constexpr std::size_t style_octets = 4096;

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
