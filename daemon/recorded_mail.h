// A mail that was taken in before, as it came: made of its ledger row and its octets, for whoever judges it again.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "store/ledger.h"

namespace postern {

// With its id and times. Its envelope has one forward path, the mailbox it came to, and no HELO; whether an MTA of ours
// handed it over is the policy's to say.
[[nodiscard]] RawMessage as_it_came(LedgerEntry const& entry, std::string octets);

// What DNS and the verifiers found of the sender when the mail came, judged by whose fields the policy trusts now.
struct RecordedAuthentication {
    SenderAuthentication found;
    bool is_known = true;  // false: nobody asked then what is asked now
};
[[nodiscard]] RecordedAuthentication recorded_authentication(LedgerEntry const& entry, RawMessage const& raw,
                                                             ParsedMessage const& message, Policy const& policy);

// Why it was held by its header alone; nullopt: it was not. Such a row's octets are the header.
[[nodiscard]] std::optional<std::string> why_only_header(LedgerEntry const& entry);

// It was held because reading or committing it never came to an end: nobody but an operator may try again.
[[nodiscard]] bool was_never_read(LedgerEntry const& entry);

}  // namespace postern
