#include "daemon/policy.h"

#include <utility>

namespace postern {

Policy::Policy(Options options, Templates templates) : options_(std::move(options)), templates_(std::move(templates)) {
    for (std::size_t i = 0; i < options_.mailboxes.size(); ++i) {
        auto const& mailbox = options_.mailboxes[i];
        mailboxes_.emplace(mailbox.address.key(), i);
        for (auto const& alias : mailbox.aliases) mailboxes_.emplace(alias.key(), i);
        tags_.insert(mailbox.tag);
    }
}

SupportMailbox const* Policy::mailbox(Mailbox const& address) const {
    auto const found = mailboxes_.find(address.key());
    return found == mailboxes_.end() ? nullptr : &options_.mailboxes[found->second];
}

bool Policy::is_our_tag(std::string_view tag) const {
    return tags_.contains(std::string(tag));
}

std::shared_ptr<Policy const> make_policy(Options options, Templates templates) {
    return std::make_shared<Policy const>(std::move(options), std::move(templates));
}

}  // namespace postern
