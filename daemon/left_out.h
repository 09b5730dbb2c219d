// Who stands in To and Cc of a contact's mail and gets nothing from us: the receipt tells the contact so. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/contact_list.h"
#include "daemon/policy.h"
#include "parsers/message.h"

namespace postern {

// A receipt stays short whoever was copied in: a team of some is named, a list of hundreds is counted.
inline constexpr std::size_t most_named_left_out = 5;

struct LeftOut {
    std::vector<std::string> named;  // addresses as the contact wrote them, the first few, each once
    std::uint64_t not_listed = 0;    // how many more there are
};

// All who are neither contacts of the organisation nor mailboxes or engineers of ours.
[[nodiscard]] LeftOut left_out(ParsedMessage const& message, Organization const& organization, Policy const& policy);

}  // namespace postern
