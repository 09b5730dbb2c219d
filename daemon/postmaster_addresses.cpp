#include "daemon/postmaster_addresses.h"

#include <set>

namespace postern {

namespace {

constexpr auto name = "postmaster";

}  // namespace

std::string recipient_key(Mailbox const& recipient) {
    return recipient.domain.empty() ? recipient.local_part : recipient.key();
}

std::vector<std::string> postmaster_keys(Options const& options) {
    std::set<std::string> keys{name, Mailbox{name, options.site.hostname}.key()}, mailboxes;
    auto const add = [&](Mailbox const& address) {
        mailboxes.insert(address.key());
        keys.insert(Mailbox{name, address.domain}.key());
    };
    for (auto const& mailbox : options.mailboxes) {
        add(mailbox.address);
        for (auto const& alias : mailbox.aliases) add(alias);
    }
    for (auto const& mailbox : mailboxes) keys.erase(mailbox);
    return {keys.begin(), keys.end()};
}

}  // namespace postern
