#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

ExitCode run(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const held = held_argument(store, arguments.at("ID"));
    if (!store.drop_held(held.id, context.now())) {
        throw CommandFailure(ExitCode::no_input, "mail " + held.id.text + " is not held any more");
    }
    if (context.json) {
        context.print(ledger_json(ledger_argument(store, held.id.text)));
    } else {
        context.out << held.id.text << " dropped\n";
    }
    return ExitCode::ok;
}

}  // namespace

Verb held_drop_verb() {
    return {.words = "held drop",
            .summary = "drops a mail held: nobody is answered, and the same mail may come again",
            .positionals = {{"ID", "as 'held list' gives it"}},
            .options = {},
            .examples = {"postern held drop ID"},
            .run = run};
}

}  // namespace postern
