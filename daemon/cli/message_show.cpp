// message show, message why.
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

struct ReceiptStory {
    ReceiptState state = ReceiptState::none;
    std::string why;  // of none: which rule; of queued and failed: what the relay said
};

ReceiptStory receipt_of(Store& store, LedgerEntry const& entry) {
    ReceiptStory story{store.receipt_state(entry.id), entry.receipt_why};
    if (story.state != ReceiptState::queued && story.state != ReceiptState::failed) return story;
    for (auto const& mail : store.outbox()) {
        if (mail.caused_by == entry.id && mail.kind == OutgoingKind::receipt) story.why = mail.last_error;
    }
    return story;
}

ExitCode print_json(Context& context, LedgerEntry const& entry) {
    auto const receipt = receipt_of(context.store(), entry);
    auto json = ledger_json(entry);
    json["reason"] = text_or_null(entry.reason);
    json["reverse_path"] = entry.reverse_path;
    json["client"] = text_or_null(entry.client);
    json["sha256"] = text_or_null(entry.sha256);
    json["story"] = story_json(entry);
    json["receipt"] = {{"state", to_string(receipt.state)}, {"why", text_or_null(receipt.why)}};
    context.print(json);
    return ExitCode::ok;
}

std::string outcome(LedgerEntry const& entry) {
    auto text = std::string(to_string(entry.disposition));
    if (entry.ticket) text += " " + entry.ticket->text();
    return text;
}

ExitCode show(Context& context, Arguments const& arguments) {
    auto const entry = ledger_argument(context.store(), arguments.at("ID"));
    if (context.json) return print_json(context, entry);
    auto const receipt = receipt_of(context.store(), entry);
    TextTable table({"", ""});
    table.add({"id", entry.id.text});
    table.add({"received", human_time(entry.received) + " by " + std::string(to_string(entry.source)) +
                               (entry.client.empty() ? "" : " from " + entry.client)});
    table.add({"mailbox", or_dash(entry.mailbox)});
    table.add({"from", or_dash(entry.from)});
    table.add({"reverse path", "<" + entry.reverse_path + ">"});
    table.add({"message id", or_dash(entry.message_id)});
    table.add({"subject", entry.subject});
    table.add({"size", human_size(entry.size)});
    table.add({"disposition", outcome(entry)});
    table.add({"rule", or_dash(entry.rule)});
    if (!entry.reason.empty()) table.add({"reason", entry.reason});
    table.add({"receipt", std::string(to_string(receipt.state)) + (receipt.why.empty() ? "" : ": " + receipt.why)});
    table.print(context.out, context.style);
    return ExitCode::ok;
}

std::string receipt_in_words(ReceiptStory const& receipt) {
    switch (receipt.state) {
        case ReceiptState::none:
            return receipt.why.empty() ? "No receipt." : "No receipt: " + receipt.why + ".";
        case ReceiptState::queued:
            return receipt.why.empty() ? "Its receipt waits to be sent."
                                       : "Its receipt waits for another try; the last one said: " + receipt.why;
        case ReceiptState::sent:
            return "Its receipt was sent.";
        case ReceiptState::failed:
            return "Its receipt could not be delivered: " + receipt.why;
    }
    return {};
}

ExitCode why(Context& context, Arguments const& arguments) {
    auto const entry = ledger_argument(context.store(), arguments.at("ID"));
    if (context.json) return print_json(context, entry);
    auto const from = entry.from.empty() ? "nobody it names" : entry.from;
    context.out << visible_line("Mail " + entry.id.text + " from " + from + " to " + or_dash(entry.mailbox) + ", \"" +
                                entry.subject + "\", came by " + std::string(to_string(entry.source)) + " on " +
                                human_time(entry.received) + ".")
                << "\n\n";
    TextTable table({"", "", ""});
    for (auto const& step : entry.story) {
        auto const place = step.config.empty() ? "" : " (" + step.config + ")";
        table.add({"  " + step.rule, step.saw, step.result + place});
    }
    table.print(context.out, {.colour = context.style.colour});
    if (!table.empty()) context.out << '\n';
    auto const rule = entry.rule.empty() ? "" : ", by the rule " + entry.rule;
    context.out << context.style.bold(visible_line("So it was " + outcome(entry) + rule + ".")) << '\n'
                << visible_line(receipt_in_words(receipt_of(context.store(), entry))) << '\n';
    return ExitCode::ok;
}

std::vector<Positional> const which{{"ID", "ours, as in SMTP's 250 and the log, or a Message-ID"}};

}  // namespace

Verb message_show_verb() {
    return {
        .words = "message show",
        .summary = "shows what is recorded of one mail",
        .positionals = which,
        .options = {},
        .examples = {"postern message show 069A7K2M3N4P5Q6R", "postern message show '<a1@northwind.example>' --json"},
        .run = show};
}

Verb message_why_verb() {
    return {.words = "message why",
            .summary = "tells in words why a mail got its disposition, rule by rule",
            .positionals = which,
            .options = {},
            .examples = {"postern message why '<a1@northwind.example>'"},
            .run = why};
}

}  // namespace postern
