#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/petition_words.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "parsers/message.h"

namespace postern {
namespace {

std::string named(NameAddr const& name_addr) {
    auto const address = name_addr.mailbox.address();
    return name_addr.display_name.empty() ? address : name_addr.display_name + " <" + address + ">";
}

ExitCode print_json(Context& context, LedgerEntry const& entry, ParsedMessage const& message) {
    auto json = held_json(entry);
    auto from = Json::array();
    for (auto const& sender : message.from) from.push_back(sender.mailbox.address());
    auto attachments = Json::array();
    for (auto const& attachment : message.attachments) {
        attachments.push_back({{"name", attachment.name},
                               {"type", attachment.media_type},
                               {"size", attachment.size},
                               {"sha256", attachment.sha256},
                               {"inline", attachment.is_inline}});
    }
    json["from_mailboxes"] = std::move(from);
    json["rule"] = entry.rule;
    json["size"] = entry.size;
    json["story"] = story_json(entry.story);
    json["text"] = message.body_text;
    json["attachments"] = std::move(attachments);
    json["defects"] = message.defects;
    json["question"] = petition_json(context.store().petition(entry.id));
    context.print(json);
    return ExitCode::ok;
}

void print_mail(Context& context, LedgerEntry const& entry, ParsedMessage const& message) {
    TextTable table({"", ""});
    table.add({"id", entry.id.text});
    table.add({"received", human_time(entry.received) + " by " + std::string(to_string(entry.source))});
    table.add({"mailbox", or_dash(entry.mailbox)});
    for (auto const& sender : message.from) table.add({"from", named(sender)});
    table.add({"reverse path", "<" + entry.reverse_path + ">"});
    table.add({"subject", entry.subject});
    table.add({"size", human_size(entry.size)});
    table.add({"held because", entry.reason});
    if (auto const petition = context.store().petition(entry.id))
        table.add({"question", petition_in_words(*petition, context.now())});
    for (auto const& defect : message.defects) table.add({"defect", defect});
    for (auto const& attachment : message.attachments) {
        table.add({"attachment", attachment.name + ", " + attachment.media_type + ", " + human_size(attachment.size)});
    }
    table.print(context.out, {.colour = context.style.colour});
    context.out << '\n' << visible_text(message.body_text);
    if (!message.body_text.ends_with('\n')) context.out << '\n';
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const entry = held_argument(context.store(), arguments.at("ID"));
    auto const message = parse_message(octets_of(context.store(), entry));
    if (context.json) return print_json(context, entry, message);
    print_mail(context, entry, message);
    return ExitCode::ok;
}

}  // namespace

Verb held_show_verb() {
    return {.words = "held show",
            .summary = "shows a mail held: why, from whom, its text",
            .positionals = {{"ID", "as 'held list' gives it"}},
            .options = {},
            .examples = {"postern held show ID"},
            .run = run};
}

}  // namespace postern
