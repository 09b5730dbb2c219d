#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/petition_words.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

std::string reason(Context& context, LedgerEntry const& entry) {
    auto const petition = context.store().petition(entry.id);
    return petition ? entry.reason + "; " + petition_in_short(*petition, context.now()) : entry.reason;
}

Json json_of(Context& context, LedgerEntry const& entry) {
    auto json = held_json(entry);
    json["question"] = petition_json(context.store().petition(entry.id));
    return json;
}

ExitCode run(Context& context, Arguments const&) {
    auto const entries = context.store().ledger({.disposition = Disposition::held});
    if (context.json) {
        auto list = Json::array();
        for (auto const& entry : entries) list.push_back(json_of(context, entry));
        context.print(list);
        return ExitCode::ok;
    }
    TextTable table({"ID", "RECEIVED", "FROM", "REASON", "SUBJECT"});
    for (auto const& entry : entries) {
        table.add(
            {entry.id.text, human_time(entry.received), or_dash(entry.from), reason(context, entry), entry.subject});
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
