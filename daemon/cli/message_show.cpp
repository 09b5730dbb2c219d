// message show, message why.
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/petition_words.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

struct ReceiptStory {
    ReceiptState state = ReceiptState::none;
    std::string why;  // of none: which rule; of queued and failed: what the relay said
    std::optional<OutboxMail> mail;
};

ReceiptStory receipt_of(Store& store, LedgerEntry const& entry) {
    ReceiptStory story{store.receipt_state(entry.id), entry.receipt_why, {}};
    for (auto const& mail : store.answers_to(entry.id)) {
        if (mail.kind == OutgoingKind::receipt) story.mail = mail;
    }
    bool const told = story.state == ReceiptState::queued || story.state == ReceiptState::failed;
    if (told && story.mail) story.why = story.mail->last_error;
    return story;
}

Json receipt_json(ReceiptStory const& receipt) {
    Json json{{"state", to_string(receipt.state)}, {"why", text_or_null(receipt.why)}};
    if (!receipt.mail) return json;
    json["to"] = receipt.mail->recipient;
    json["attempts"] = receipt.mail->attempts;
    json["queued"] = to_iso8601(receipt.mail->created);
    if (receipt.state == ReceiptState::queued) json["next_attempt"] = to_iso8601(receipt.mail->next_attempt);
    return json;
}

ExitCode print_json(Context& context, LedgerEntry const& entry) {
    auto const receipt = receipt_of(context.store(), entry);
    auto json = ledger_json(entry);
    json["reason"] = text_or_null(entry.reason);
    json["reverse_path"] = entry.reverse_path;
    json["client"] = text_or_null(entry.client);
    json["sha256"] = text_or_null(entry.sha256);
    json["arrived"] = to_iso8601(entry.arrived);
    json["committed"] = to_iso8601(entry.committed);
    json["config_revision"] = text_or_null(entry.revision);
    json["authentication"] = entry.authentication;
    json["authentication_results"] = text_or_null(entry.authentication_results);
    json["story"] = story_json(entry.story);
    json["receipt"] = receipt_json(receipt);
    json["question"] = petition_json(context.store().petition(entry.id));
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
    if (entry.arrived != entry.received) table.add({"arrived", human_time(entry.arrived) + " at its first server"});
    table.add({"mailbox", or_dash(entry.mailbox)});
    table.add({"from", or_dash(entry.from)});
    table.add({"reverse path", "<" + entry.reverse_path + ">"});
    table.add({"message id", or_dash(entry.message_id)});
    table.add({"subject", entry.subject});
    table.add({"size", human_size(entry.size)});
    table.add({"authentication", entry.authentication});
    if (!entry.authentication_results.empty()) table.add({"results", entry.authentication_results});
    table.add({"disposition", outcome(entry)});
    table.add({"rule", or_dash(entry.rule)});
    if (!entry.revision.empty()) table.add({"configuration", entry.revision});
    if (!entry.reason.empty()) table.add({"reason", entry.reason});
    if (auto const petition = context.store().petition(entry.id))
        table.add({"question", petition_in_words(*petition, context.now())});
    table.add({"receipt", std::string(to_string(receipt.state)) + (receipt.why.empty() ? "" : ": " + receipt.why)});
    table.print(context.out, context.style);
    return ExitCode::ok;
}

// "Mail … came by smtp from 192.0.2.1 on …"
std::string arrival_in_words(LedgerEntry const& entry) {
    auto const from = entry.from.empty() ? "nobody it names" : entry.from;
    auto words = "Mail " + entry.id.text + " from " + from + " to " + or_dash(entry.mailbox) + ", \"" + entry.subject +
                 "\", came by " + std::string(to_string(entry.source));
    if (!entry.client.empty()) words += " from " + entry.client;
    if (entry.imap) words += " from " + entry.imap->folder + ", UID " + std::to_string(entry.imap->uid);
    return words + " on " + human_time(entry.received) + ".";
}

std::string end_in_words(LedgerEntry const& entry) {
    auto const of = entry.revision.empty() ? "" : " of configuration " + entry.revision;
    auto const rule = entry.rule.empty() ? "" : ", by the rule " + entry.rule + of;
    auto const when = " on " + human_time(entry.committed) + ".";
    switch (entry.disposition) {
        case Disposition::dropped:
            return "So it was held" + rule + "; an operator dropped it" + when;
        case Disposition::held:
            return "So it was held" + rule + when + " It waits for 'postern held release' or 'postern held drop'.";
        default:
            return "So it was " + outcome(entry) + rule + when;
    }
}

std::string tries(OutboxMail const& mail) {
    return counted(mail.attempts, "try", "tries");
}

std::string waiting_in_words(OutboxMail const& mail) {
    auto const next = "the next try is due on " + human_time(mail.next_attempt) + ".";
    if (mail.attempts == 0) return "waits to be sent: " + next;
    return "waits after " + tries(mail) + ", of which the last said: " + or_dash(mail.last_error) + "; " + next;
}

// The ticket tells when it was sent, and what the relay said.
std::string sending_in_words(Store& store, LedgerEntry const& entry, OutboxMail const& mail) {
    auto words = "was sent at try " + std::to_string(mail.attempts);
    auto const history = entry.ticket ? store.ticket(*entry.ticket) : std::nullopt;
    if (!history) return words + ".";
    for (auto const& event : history->events) {
        if (event.what != "receipt-sent" || !event.detail.starts_with(mail.recipient)) continue;
        auto const said = event.detail.substr(mail.recipient.size());
        return words + ", on " + human_time(event.at) + (said.empty() ? "." : said);
    }
    return words + ".";
}

std::string receipt_in_words(Store& store, LedgerEntry const& entry) {
    auto const receipt = receipt_of(store, entry);
    if (!receipt.mail) return receipt.why.empty() ? "No receipt." : "No receipt: " + receipt.why + ".";
    auto const& mail = *receipt.mail;
    auto const its = "Its receipt to " + mail.recipient + " ";
    switch (mail.state) {
        case OutboxState::queued:
            return its + waiting_in_words(mail);
        case OutboxState::sent:
            return its + sending_in_words(store, entry, mail);
        case OutboxState::dropped:
            return its + "was dropped by an operator after " + tries(mail) + ".";
        case OutboxState::failed:
            return its + "could not be delivered, after " + tries(mail) + ": " + or_dash(mail.last_error);
    }
    return {};
}

ExitCode why(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const entry = ledger_argument(store, arguments.at("ID"));
    if (context.json) return print_json(context, entry);
    context.out << visible_line(arrival_in_words(entry)) << "\n\n";
    TextTable table({"", "", ""});
    for (auto const& step : entry.story) {
        auto const place = step.config.empty() ? "" : " (" + step.config + ")";
        table.add({"  " + step.rule, step.saw, step.result + place});
    }
    table.print(context.out, {.colour = context.style.colour});
    if (!table.empty()) context.out << '\n';
    context.out << context.style.bold(visible_line(end_in_words(entry))) << '\n';
    if (auto const petition = store.petition(entry.id))
        context.out << visible_line("Of the question about it: " + petition_in_words(*petition, context.now()) + ".")
                    << '\n';
    context.out << visible_line(receipt_in_words(store, entry)) << '\n';
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
