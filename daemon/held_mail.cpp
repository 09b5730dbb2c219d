#include "daemon/held_mail.h"

#include <algorithm>
#include <utility>

#include "daemon/recorded_mail.h"

namespace postern {

RawMessage held_as_it_came(LedgerEntry const& entry, std::string octets) {
    auto raw = as_it_came(entry, std::move(octets));
    raw.released = true;
    return raw;
}

SenderAuthentication authentication_as_recorded(LedgerEntry const& entry) {
    using Standing = SenderAuthentication::Standing;
    SenderAuthentication authentication;
    if (entry.authentication == "pass") authentication.standing = Standing::pass;
    if (entry.authentication == "fail") authentication.standing = Standing::fail;
    authentication.results = entry.authentication_results;
    return authentication;
}

TimePoint arrival_of_held(LedgerEntry const& entry, ParsedMessage const& message) {
    bool const is_known = entry.source != Source::imap || entry.arrived != entry.received;
    return is_known || !message.date ? entry.arrived : std::min(entry.received, *message.date);
}

}  // namespace postern
