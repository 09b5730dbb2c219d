// ticket status, ticket severity.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

constexpr std::string_view by_operator = "operator";

ExitCode show_change(Context& context, TicketNumber const& number, bool changed) {
    auto const history = changed ? context.store().ticket(number) : std::nullopt;
    if (!history) throw CommandFailure(ExitCode::no_input, "there is no ticket " + number.text());
    if (context.json) {
        context.print(ticket_json(history->ticket));
    } else {
        context.out << number.text() << " is " << to_string(history->ticket.status) << ", severity "
                    << visible_line(history->ticket.severity) << '\n';
    }
    return ExitCode::ok;
}

ExitCode set_status(Context& context, Arguments const& arguments) {
    auto const number = ticket_argument(arguments.at("REF"));
    auto const& wanted = arguments.at("STATUS");
    auto const status = parse_ticket_status(wanted);
    if (!status) {
        throw CommandFailure(ExitCode::usage, "no such status '" + wanted + "': open, in-progress or resolved");
    }
    bool const changed = context.store().set_status(number, *status, by_operator, context.now());
    return show_change(context, number, changed);
}

bool same_without_case(std::string_view one, std::string_view other) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, other, {}, lower, lower);
}

ExitCode set_severity(Context& context, Arguments const& arguments) {
    auto const number = ticket_argument(arguments.at("REF"));
    auto const& wanted = arguments.at("LEVEL");
    auto const& levels = context.options().site.severities;
    auto const level = std::ranges::find_if(levels, [&](auto const& name) { return same_without_case(name, wanted); });
    if (level == levels.end()) {
        std::string known;
        for (auto const& name : levels) known += (known.empty() ? "" : ", ") + name;
        throw CommandFailure(ExitCode::usage, "no such severity '" + wanted + "': " + known);
    }
    bool const changed = context.store().set_severity(number, *level, by_operator, context.now());
    return show_change(context, number, changed);
}

}  // namespace

Verb ticket_status_verb() {
    return {.words = "ticket status",
            .summary = "sets a ticket's status",
            .positionals = {{"REF", "the ticket's number"}, {"STATUS", "open, in-progress or resolved"}},
            .options = {},
            .examples = {"postern ticket status ACME-1042 resolved"},
            .run = set_status};
}

Verb ticket_severity_verb() {
    return {.words = "ticket severity",
            .summary = "sets a ticket's severity",
            .positionals = {{"REF", "the ticket's number"}, {"LEVEL", "one of [site] severities"}},
            .options = {},
            .examples = {"postern ticket severity ACME-1042 High"},
            .run = set_severity};
}

}  // namespace postern
