#include "daemon/left_out.h"

#include <algorithm>
#include <unordered_set>

namespace postern {

namespace {

bool takes_part(Mailbox const& address, Organization const& organization, Policy const& policy) {
    if (policy.mailbox(address) != nullptr) return true;
    auto const found = policy.options().contact_list.find(address);
    if (found && found->organization == &organization) return true;
    return std::ranges::any_of(policy.options().agents,
                               [key = address.key()](AgentOptions const& agent) { return agent.address.key() == key; });
}

}  // namespace

LeftOut left_out(ParsedMessage const& message, Organization const& organization, Policy const& policy) {
    LeftOut result;
    std::unordered_set<std::string> seen;
    for (auto const* const list : {&message.to, &message.cc}) {
        for (auto const& [name, address] : *list) {
            // "undisclosed-recipients" and the like are nobody.
            if (address.domain.empty() || takes_part(address, organization, policy)) continue;
            if (!seen.insert(address.key()).second) continue;
            if (result.named.size() < most_named_left_out) {
                result.named.push_back(address.address());
            } else {
                ++result.not_listed;
            }
        }
    }
    return result;
}

}  // namespace postern
