#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "daemon/held_mail.h"

namespace postern {
namespace {

ExitCode run(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const held = held_argument(store, arguments.at("ID"));
    auto raw = held_as_it_came(held, octets_of(store, held));
    auto const message = parse_message(raw.octets);
    raw.arrived = arrival_of_held(held, message);
    auto const policy = policy_in_force(context);
    auto const receipt = take_in(context, *policy, raw, message, authentication_as_recorded(held),
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
