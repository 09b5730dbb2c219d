#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

// The mail as it came the first time, with its id and its time; the operator's word outranks the rule that held it.
RawMessage as_it_came(LedgerEntry const& entry, std::string octets) {
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

// Its sender is not asked about again: what was found when it came stays with it.
SenderAuthentication as_recorded(LedgerEntry const& entry) {
    using Standing = SenderAuthentication::Standing;
    SenderAuthentication authentication;
    if (entry.authentication == "pass") authentication.standing = Standing::pass;
    if (entry.authentication == "fail") authentication.standing = Standing::fail;
    authentication.results = entry.authentication_results;
    return authentication;
}

// By IMAP a mail may have lain on its server for years when we met it; before schema 5 the ledger knew only when that
// was. The sender's Date, where it is earlier, keeps an old mail from being answered.
TimePoint arrival(LedgerEntry const& entry, ParsedMessage const& message) {
    bool const is_known = entry.source != Source::imap || entry.arrived != entry.received;
    return is_known || !message.date ? entry.arrived : std::min(entry.received, *message.date);
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const held = held_argument(store, arguments.at("ID"));
    auto raw = as_it_came(held, octets_of(store, held));
    auto const message = parse_message(raw.octets);
    raw.arrived = arrival(held, message);
    auto const policy = policy_in_force(context);
    auto const receipt = take_in(context, store, *policy, raw, message, as_recorded(held),
                                 [&] { (void)held_argument(store, held.id.text); });
    if (receipt.outcome == Receipt::Outcome::deferred) {
        throw CommandFailure(ExitCode::try_again, "mail " + held.id.text + " could not be taken in now; it stays held");
    }
    auto const entry = ledger_argument(store, held.id.text);
    if (context.json) {
        context.print(ledger_json(entry));
    } else {
        context.out << entry.id.text << " released: " << to_string(entry.disposition)
                    << (entry.ticket ? " " + entry.ticket->text() : "") << '\n';
    }
    return ExitCode::ok;
}

}  // namespace

Verb held_release_verb() {
    return {.words = "held release",
            .summary = "lets a mail held go its way, with its original time",
            .positionals = {{"ID", "as 'held list' gives it"}},
            .options = {},
            .examples = {"postern held release ID"},
            .run = run};
}

}  // namespace postern
