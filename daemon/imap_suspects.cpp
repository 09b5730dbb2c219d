#include "daemon/imap_suspects.h"

#include <algorithm>

namespace postern {

std::vector<std::uint32_t> ImapSuspects::in_order() const {
    std::vector<std::uint32_t> uids;
    for (auto const& [uid, suspect] : suspects_) uids.push_back(uid);
    std::stable_sort(uids.begin(), uids.end(), [this](std::uint32_t a, std::uint32_t b) {
        auto const total = [](Suspect const& suspect) { return suspect.tries + suspect.header_tries; };
        return total(suspects_.at(a)) < total(suspects_.at(b));
    });
    return uids;
}

bool ImapSuspects::is_undeliverable(std::uint32_t uid, Clock::time_point now, Clock::duration patience) const {
    auto const found = suspects_.find(uid);
    return found != suspects_.end() && found->second.tries >= tries && now - found->second.since >= patience;
}

bool ImapSuspects::is_without_header(std::uint32_t uid) const {
    auto const found = suspects_.find(uid);
    return found != suspects_.end() && found->second.header_tries >= tries;
}

}  // namespace postern
