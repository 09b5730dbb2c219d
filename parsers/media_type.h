// The value of a Content-Type field (RFC 2045 5.1). Pure and total.
#pragma once

#include <string>
#include <string_view>

#include "parsers/parameters.h"

namespace postern {

struct MediaType {
    std::string type = "text";      // lower case
    std::string subtype = "plain";  // likewise
    ParameterizedValue content;     // the parameters, and what stood for the type
    bool is_given = false;          // a usable type was given; else it is RFC 2045 5.2's default

    [[nodiscard]] std::string essence() const { return type + "/" + subtype; }  // "text/plain"
    [[nodiscard]] bool is(std::string_view lower_case_essence) const noexcept;
    // The label as written, trimmed; empty: none was given.
    [[nodiscard]] std::string_view charset() const noexcept;
};

// RFC 2045 5.2: text/plain where there is no type, or one that is none ("text").
[[nodiscard]] MediaType parse_media_type(std::string_view field_value, std::string_view raw_charset = {});

}  // namespace postern
