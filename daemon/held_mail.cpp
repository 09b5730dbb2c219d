#include "daemon/held_mail.h"

#include <algorithm>
#include <utility>

namespace postern {

RawMessage held_as_it_came(LedgerEntry const& entry, std::string octets) {
    RawMessage raw;
    raw.id = entry.id;
    raw.source = entry.source;
    raw.octets = std::move(octets);
    raw.received = entry.received;
    raw.imap = entry.imap;
    raw.released = true;
    raw.envelope.client = entry.client;
    if (auto mailbox = parse_mailbox(entry.mailbox)) raw.envelope.forward_path.push_back(*std::move(mailbox));
    if (auto sender = parse_mailbox(entry.reverse_path)) raw.envelope.reverse_path.mailbox = *std::move(sender);
    // An empty one is the null path only where the way in has an envelope at all.
    bool const has_envelope = entry.source == Source::smtp || entry.source == Source::lmtp;
    raw.envelope.reverse_path_known = has_envelope || !raw.envelope.reverse_path.is_null();
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
