#include "daemon/cli/ledger_lookup.h"

#include "daemon/cli/exit_code.h"

namespace postern {

LedgerEntry ledger_argument(Store& store, std::string const& id) {
    auto entry = store.ledger_entry(id);
    if (!entry) throw CommandFailure(ExitCode::no_input, "the ledger knows no mail " + id);
    return std::move(*entry);
}

LedgerEntry held_argument(Store& store, std::string const& id) {
    auto entry = ledger_argument(store, id);
    if (entry.disposition != Disposition::held) {
        auto const state = std::string(to_string(entry.disposition));
        throw CommandFailure(ExitCode::no_input, "mail " + entry.id.text + " is not held: it is " + state);
    }
    return entry;
}

std::string octets_of(Store& store, LedgerEntry const& entry) {
    auto octets = store.raw_octets(entry.id);
    if (!octets) {
        auto const state = std::string(to_string(entry.disposition));
        throw CommandFailure(ExitCode::no_input,
                             "the octets of mail " + entry.id.text + " are not kept: it was " + state);
    }
    return std::move(*octets);
}

}  // namespace postern
