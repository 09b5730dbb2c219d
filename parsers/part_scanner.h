// Finds the entities of a mail (RFC 2046) as offsets into its octets: no copies, no recursion, linear time. It stands
// before every other MIME code, bounds what they get (limits.h) and closes what was left open. Pure and total.
//
// Delimiters count at the start of a line only, and the innermost open multipart they fit is meant; a delimiter of an
// outer one closes those within.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/header_fields.h"
#include "parsers/media_type.h"
#include "parsers/transfer_encoding.h"

namespace postern {

struct ScannedPart {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::size_t parent = none;  // index in parts; none: the whole
    std::size_t depth = 0;      // of the whole: 0
    std::size_t begin = 0;      // of the header
    std::size_t body_begin = 0;
    std::size_t end = 0;   // without the line end that belongs to the delimiter (RFC 2046 5.1.1)
    HeaderBlock header;    // views into the octets
    MediaType media_type;  // with RFC 2046 5.1.5's default within a digest
    TransferEncoding encoding = TransferEncoding::identity;
    std::size_t children = 0;  // entities right below it
};

struct ScannedParts {
    std::vector<ScannedPart> parts;  // each before those within it; the first is the whole
    std::vector<std::string> defects;
    std::optional<std::string> over_limit;  // the bound that it passes; what lies behind it stays one opaque part
};

struct ScanBounds {
    std::size_t depth;     // of nested entities
    std::size_t entities;  // at least one is always given
};

[[nodiscard]] ScannedParts scan_parts(std::string_view octets, ScanBounds bounds);

}  // namespace postern
