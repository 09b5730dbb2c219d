#include "parsers/media_type.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"

namespace postern {
namespace {

// RFC 2045 5.1: what a token may not hold.
constexpr OctetSet no_token("()<>@,;:\\\"/[]?= ", [](char c) { return is_control(c) || is_8bit(c); });

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::none_of(text, [](char c) { return no_token.contains(c); });
}

// Types whose kind is not given, and that hold no text whatever it is.
bool is_binary(std::string_view type) noexcept {
    static constexpr std::array<std::string_view, 6> types{"application", "image", "audio", "video", "model", "font"};
    return std::ranges::find(types, type) != types.end();
}

}  // namespace

bool MediaType::is(std::string_view lower_case_essence) const noexcept {
    return lower_case_essence.size() == type.size() + 1 + subtype.size() && lower_case_essence.starts_with(type) &&
           lower_case_essence[type.size()] == '/' && lower_case_essence.ends_with(subtype);
}

std::string_view MediaType::charset() const noexcept {
    auto const* parameter = content.find("charset");
    return parameter == nullptr ? std::string_view{} : std::string_view(parameter->value);
}

MediaType parse_media_type(std::string_view field_value, std::string_view raw_charset) {
    MediaType media;
    media.content = parse_parameters(field_value, raw_charset);
    std::string_view const essence = media.content.value;
    auto const slash = essence.find('/');
    auto const type = essence.substr(0, slash);
    auto const subtype = slash == std::string_view::npos ? std::string_view{} : essence.substr(slash + 1);
    if (is_token(type) && is_token(subtype)) {
        media.type = type;
        media.subtype = subtype;
        media.is_given = true;
    } else if (type == "multipart") {
        media.type = type;  // RFC 2046 5.1.3: of an unknown kind, mixed
        media.subtype = "mixed";
        media.is_given = true;
    } else if (is_binary(type)) {
        media.type = "application";  // RFC 2046 4: of an unknown kind, octets
        media.subtype = "octet-stream";
        media.is_given = true;
    }
    return media;
}

}  // namespace postern
