#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

TicketFilter filter_of(Arguments const& arguments) {
    TicketFilter filter;
    if (auto const status = arguments.get("--status")) {
        filter.status = parse_ticket_status(*status);
        if (!filter.status) {
            throw CommandFailure(ExitCode::usage, "no such status '" + *status + "': open, in-progress or resolved");
        }
    }
    filter.organization = arguments.get("--organization");
    filter.severity = arguments.get("--severity");
    filter.assignee = arguments.get("--assignee");
    filter.search = arguments.get("--search");
    return filter;
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const filter = filter_of(arguments);
    auto const tickets = context.store().tickets(filter);
    if (context.json) {
        auto list = Json::array();
        for (auto const& ticket : tickets) list.push_back(ticket_json(ticket));
        context.print(list);
        return ExitCode::ok;
    }
    TextTable table({"TICKET", "STATUS", "SEVERITY", "ORGANIZATION", "CONTACT", "ASSIGNEE", "UPDATED", "SUBJECT"});
    for (auto const& ticket : tickets) {
        table.add({ticket.number.text(), std::string(to_string(ticket.status)), ticket.severity,
                   or_dash(ticket.organization), or_dash(ticket.contact), ticket.assignee.value_or("-"),
                   human_time(ticket.updated), ticket.subject});
    }
    if (table.empty()) {
        context.say("no such tickets");
    } else {
        table.print(context.out, context.style);
    }
    return ExitCode::ok;
}

}  // namespace

Verb ticket_list_verb() {
    return {.words = "ticket list",
            .summary = "lists tickets, oldest first",
            .positionals = {},
            .options = {{"--status", "S", "open, in-progress or resolved"},
                        {"--organization", "O", "by name or id"},
                        {"--severity", "S", "one of [site] severities"},
                        {"--assignee", "A", "an engineer's address"},
                        {"--search", "TEXT", "found in subject, text or sender"}},
            .examples = {"postern ticket list --status open", "postern ticket list --organization Northwind --json"},
            .run = run};
}

}  // namespace postern
