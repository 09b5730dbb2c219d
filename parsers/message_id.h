// Message identifiers (RFC 5322 3.6.4), "<left@right>", with their angle brackets, without white space or comments
// within. Pure and total, linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// The value of a Message-ID field: its identifier, brackets added where they were forgotten. nullopt: there is none.
[[nodiscard]] std::optional<std::string> parse_message_id(std::string_view field_value);

// The identifiers of an In-Reply-To or References field, in order, each once: prose, comments and truncated identifiers
// left out. At most limits::references of them, the last ones, which are the nearest.
[[nodiscard]] std::vector<std::string> parse_message_ids(std::string_view field_value);

}  // namespace postern
