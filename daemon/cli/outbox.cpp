// outbox list, outbox retry, outbox drop.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

ExitCode list(Context& context, Arguments const&) {
    auto const mails = context.store().outbox();
    if (context.json) {
        auto array = Json::array();
        for (auto const& mail : mails) array.push_back(outbox_json(mail));
        context.print(array);
        return ExitCode::ok;
    }
    TextTable table({"ID", "KIND", "STATE", "TICKET", "TO", "TRIES", "NEXT TRY", "LAST ERROR"});
    for (auto const& mail : mails) {
        bool const queued = mail.state == OutboxState::queued;
        table.add({std::to_string(mail.id.value), std::string(to_string(mail.kind)), std::string(to_string(mail.state)),
                   mail.ticket ? mail.ticket->text() : "-", mail.recipient, std::to_string(mail.attempts),
                   queued ? human_time(mail.next_attempt) : "-", or_dash(mail.last_error)});
    }
    if (table.empty()) {
        context.say("no mail waits to be sent");
    } else {
        table.print(context.out, context.style);
    }
    return ExitCode::ok;
}

OutboxMail mail_argument(Store& store, std::string const& text) {
    OutboxId const id{number_argument(text, "id of an outgoing mail")};
    auto const mails = store.outbox();
    auto const found = std::ranges::find(mails, id, &OutboxMail::id);
    if (found == mails.end()) throw CommandFailure(ExitCode::no_input, "the outbox holds no mail " + text);
    return *found;
}

ExitCode retry(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const& text = arguments.at("ID");
    if (!store.retry_outgoing(mail_argument(store, text).id, context.now())) {
        throw CommandFailure(ExitCode::no_input, "mail " + text + " has left the outbox");
    }
    if (context.json) {
        context.print(outbox_json(mail_argument(store, text)));
    } else {
        context.out << text << " is due now\n";
    }
    return ExitCode::ok;
}

ExitCode drop(Context& context, Arguments const& arguments) {
    auto& store = context.store();
    auto const& text = arguments.at("ID");
    auto mail = mail_argument(store, text);
    if (!store.drop_outgoing(mail.id, context.now())) {
        throw CommandFailure(ExitCode::no_input, "mail " + text + " has left the outbox");
    }
    mail.state = OutboxState::dropped;
    if (context.json) {
        context.print(outbox_json(mail));
    } else {
        context.out << text << " dropped: it will not be sent\n";
    }
    return ExitCode::ok;
}

}  // namespace

Verb outbox_list_verb() {
    return {.words = "outbox list",
            .summary = "lists outgoing mail not delivered yet, and what was given up",
            .positionals = {},
            .options = {},
            .examples = {"postern outbox list"},
            .run = list};
}

Verb outbox_retry_verb() {
    return {.words = "outbox retry",
            .summary = "makes an outgoing mail due now, also one that was given up",
            .positionals = {{"ID", "as 'outbox list' gives it"}},
            .options = {},
            .examples = {"postern outbox retry 17"},
            .run = retry};
}

Verb outbox_drop_verb() {
    return {.words = "outbox drop",
            .summary = "takes an outgoing mail out: it will never be sent",
            .positionals = {{"ID", "as 'outbox list' gives it"}},
            .options = {},
            .examples = {"postern outbox drop 17"},
            .run = drop};
}

}  // namespace postern
