#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

constexpr std::array dispositions{Disposition::opened,    Disposition::appended, Disposition::noted,
                                  Disposition::refused,   Disposition::held,     Disposition::ignored,
                                  Disposition::duplicate, Disposition::dropped,  Disposition::erased};

Disposition disposition_argument(std::string const& text) {
    auto const* const found = std::ranges::find(dispositions, text, [](Disposition one) { return to_string(one); });
    if (found != dispositions.end()) return *found;
    std::string known;
    for (auto const one : dispositions) known += (known.empty() ? "" : ", ") + std::string(to_string(one));
    throw CommandFailure(ExitCode::usage, "no such disposition '" + text + "': " + known);
}

LedgerFilter filter_of(Arguments const& arguments) {
    LedgerFilter filter;
    if (auto const disposition = arguments.get("--disposition"))
        filter.disposition = disposition_argument(*disposition);
    if (auto const newest = arguments.get("--newest")) {
        auto const number = number_argument(*newest, "number of mails");
        if (number < 1) throw CommandFailure(ExitCode::usage, "--newest takes a number from 1");
        filter.max = static_cast<std::size_t>(number);
    }
    return filter;
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const filter = filter_of(arguments);
    auto const entries = context.store().ledger(filter);
    if (context.json) {
        auto list = Json::array();
        for (auto const& entry : entries) list.push_back(ledger_json(entry));
        context.print(list);
        return ExitCode::ok;
    }
    TextTable table({"ID", "RECEIVED", "SOURCE", "DISPOSITION", "TICKET", "FROM", "SUBJECT"});
    for (auto const& entry : entries) {
        table.add({entry.id.text, human_time(entry.received), std::string(to_string(entry.source)),
                   std::string(to_string(entry.disposition)), entry.ticket ? entry.ticket->text() : "-",
                   or_dash(entry.from), entry.subject});
    }
    if (table.empty()) {
        context.say("no such mails");
    } else {
        table.print(context.out, context.style);
    }
    return ExitCode::ok;
}

}  // namespace

Verb message_list_verb() {
    return {.words = "message list",
            .summary = "lists every mail received and what became of it, oldest first",
            .positionals = {},
            .options = {{"--disposition", "D",
                         "opened, appended, noted, refused, held, ignored, duplicate, dropped, erased"},
                        {"--newest", "N", "the newest N only"}},
            .examples = {"postern message list --newest 20", "postern message list --disposition refused --json"},
            .run = run};
}

}  // namespace postern
