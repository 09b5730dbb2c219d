// The tags of a DKIM-Signature field (RFC 6376 3.2, 3.5) that decide whether it is verified at all: stricter than what
// only looks at a mail (parsers/dkim_signature.h). Pure and total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace postern::verifier {

struct SignatureTags {
    std::string domain;                                 // d=, in lower case
    std::string selector;                               // s=, in lower case
    std::string algorithm;                              // a=, in lower case
    std::vector<std::string> signed_fields;             // h=, in lower case
    std::optional<std::uint64_t> length;                // l=
    std::optional<std::int64_t> signed_at, expires_at;  // t=, x=: seconds of Unix time

    [[nodiscard]] std::size_t times_signed(std::string_view field) const noexcept;  // `field` in lower case
};

// The value of one field. Four signed copies of a long header (z=) stay below this; libopendkim's own buffers hold 4 KB
// of h=.
inline constexpr std::size_t signature_octets = std::size_t{16} * 1024;
inline constexpr std::size_t signed_fields_octets = 2048;

// The raw value of the field, folds included. A tag twice is an error (RFC 6376 3.2), as is d=, s=, a= or h= missing, a
// d= or s= that is no domain name, and what passes a limit.
[[nodiscard]] Parsed<SignatureTags> read_signature_tags(std::string_view value);

}  // namespace postern::verifier
