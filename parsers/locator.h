// Where the octets of an attachment lie within a mail: slices, each of what the one before it decodes to. Pure.
//
// The text form is stored with tickets for as long as they live, so its meaning never changes:
// "BEGIN-END:ENCODING", joined by "/", offsets in decimal; ENCODING is one of i, b, q, u.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/transfer_encoding.h"

namespace postern {

struct Slice {
    std::size_t begin = 0;
    std::size_t end = 0;
    TransferEncoding encoding = TransferEncoding::identity;
    friend bool operator==(Slice const&, Slice const&) = default;
};

using Locator = std::vector<Slice>;  // the outermost first

[[nodiscard]] std::string to_string(Locator const& locator);

// nullopt: it is none.
[[nodiscard]] std::optional<Locator> parse_locator(std::string_view text);

// The octets it leads to; nullopt: they are not within these.
[[nodiscard]] std::optional<std::string> octets_at(std::string_view octets, Locator const& locator);

}  // namespace postern
