#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

ExitCode run(Context& context, Arguments const&) {
    auto const entries = context.store().ledger({.disposition = Disposition::held});
    if (context.json) {
        auto list = Json::array();
        for (auto const& entry : entries) list.push_back(held_json(entry));
        context.print(list);
        return ExitCode::ok;
    }
    TextTable table({"ID", "RECEIVED", "FROM", "REASON", "SUBJECT"});
    for (auto const& entry : entries) {
        table.add({entry.id.text, human_time(entry.received), or_dash(entry.from), entry.reason, entry.subject});
    }
    if (table.empty()) {
        context.say("no mail is held");
    } else {
        table.print(context.out, context.style);
    }
    return ExitCode::ok;
}

}  // namespace

Verb held_list_verb() {
    return {.words = "held list",
            .summary = "lists the mails held and why, oldest first",
            .positionals = {},
            .options = {},
            .examples = {"postern held list"},
            .run = run};
}

}  // namespace postern
