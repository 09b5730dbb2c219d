// The header fields of a mail that sender authentication looks at, found in its octets. Apart from parse_message,
// because most sites have no use for them. Pure and total; values own their text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/dkim_signature.h"

namespace postern {

struct AuthenticationFields {
    // Bodies of Authentication-Results, topmost first, folded as they are, limits::authentication_fields at most. None
    // of a mail whose header passes a bound: a field may have been cut, or left out.
    std::vector<std::string> results;
    std::vector<DkimSignatureTags> signatures;  // topmost first, limits::dkim_signatures at most
    std::optional<ArcNote> arc;                 // of the highest instance; of two that say so the topmost
    friend bool operator==(AuthenticationFields const&, AuthenticationFields const&) = default;
};

[[nodiscard]] AuthenticationFields find_authentication_fields(std::string_view octets);

}  // namespace postern
