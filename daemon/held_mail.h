// A held mail as it came the first time, for whoever lets it go: with its id, its time and what was found of its
// sender. Pure.
#pragma once

#include <string>

#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "store/ledger.h"

namespace postern {

// An organisation's point of contact let a held mail in.
struct Admitted {
    std::string organization_id;
    std::string by;                       // address key
    SenderAuthentication authentication;  // of the mail's sender, as recorded when it came
};

// RawMessage::released is set; `arrived` still has to be.
[[nodiscard]] RawMessage held_as_it_came(LedgerEntry const& entry, std::string octets);

// Its sender is not asked about again: what was found when it came stays with it.
[[nodiscard]] SenderAuthentication authentication_as_recorded(LedgerEntry const& entry);

// When it came to the first server that tells. By IMAP a mail may have lain on its server for years when we met it;
// before schema 5 the ledger knew only when that was. The sender's Date, where it is earlier, keeps an old mail from
// being answered.
[[nodiscard]] TimePoint arrival_of_held(LedgerEntry const& entry, ParsedMessage const& message);

}  // namespace postern
