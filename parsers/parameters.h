// A value with parameters, of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183), parameters also in RFC
// 2231's continued and charset forms, or with encoded words as clients write them. Pure and total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

struct Parameter {
    std::string name;   // lower case, without RFC 2231's "*0*"
    std::string value;  // decoded UTF-8
    std::string raw;    // the octets without quotes, not decoded: what a boundary is compared with
};

struct ParameterizedValue {
    std::string
        value;  // before the first semicolon, lower case, without comments: "text/plain", "attachment"; may be empty
    std::vector<Parameter> parameters;  // each name once: RFC 2231's form before the plain one, else the first
    std::vector<std::string> defects;   // what was wrong, in words

    // The parameter of that (lower-case) name; nullptr: there is none.
    [[nodiscard]] Parameter const* find(std::string_view name) const noexcept;
};

// `raw_charset`: what raw 8-bit octets are decoded with where they are no UTF-8.
[[nodiscard]] ParameterizedValue parse_parameters(std::string_view field_value, std::string_view raw_charset = {});

}  // namespace postern
