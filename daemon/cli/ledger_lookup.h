// The mail that an ID of the command line names.
#pragma once

#include <string>

#include "store/store.h"

namespace postern {

// ID is ours or a Message-ID. Throws CommandFailure: no_input.
[[nodiscard]] LedgerEntry ledger_argument(Store& store, std::string const& id);

// Likewise, but only of a mail that is held.
[[nodiscard]] LedgerEntry held_argument(Store& store, std::string const& id);

// Its octets as they came. Throws CommandFailure where they are not kept.
[[nodiscard]] std::string octets_of(Store& store, LedgerEntry const& entry);

}  // namespace postern
