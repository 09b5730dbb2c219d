#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

constexpr std::string_view indent = "    ";

std::string joined(std::vector<std::string> const& texts) {
    std::string all;
    for (auto const& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

void print_head(Context& context, Ticket const& ticket) {
    auto const& style = context.style;
    context.out << style.bold(ticket.number.text() + "  " + visible_line(ticket.subject)) << '\n';
    TextTable facts({"", ""});
    facts.add({"status", std::string(to_string(ticket.status))});
    facts.add({"severity", ticket.severity});
    facts.add({"contact", or_dash(ticket.contact) + (ticket.organization.empty() ? "" : " of " + ticket.organization)});
    facts.add({"assignee", ticket.assignee.value_or("-")});
    facts.add({"mailbox", ticket.mailbox});
    if (ticket.folded > 0)
        facts.add({"folded", counted(static_cast<std::uint64_t>(ticket.folded), "mail", "mails") + " of a flood"});
    facts.add({"opened", human_time(ticket.created)});
    facts.add({"updated", human_time(ticket.updated)});
    facts.print(context.out, style);
}

// Every line is indented: no line of a sender's can pass for one of ours.
void print_indented(std::ostream& out, std::string_view text) {
    auto const shown = visible_text(text);
    std::string_view rest = shown;
    while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        auto const line = rest.substr(0, end);
        if (!line.empty()) out << indent << line;
        out << '\n';
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
}

void print_attachments(Context& context, Article const& article) {
    if (article.attachments.empty()) return;
    context.out << '\n';
    TextTable table({"", "", "", "", ""});
    for (auto const& attachment : article.attachments) {
        table.add({"  attachment", std::to_string(attachment.number), human_size(attachment.size),
                   attachment.media_type, attachment.name + (attachment.is_inline ? " (inline)" : "")});
    }
    table.print(context.out, context.style);
}

void print_article(Context& context, Article const& article) {
    auto const who = article.direction == Direction::in ? or_dash(article.from) : "to " + joined(article.to);
    auto heading = std::to_string(article.number) + "  " + std::string(to_string(article.kind)) + "  " + who + "  " +
                   human_time(article.date);
    if (article.direction == Direction::in && !article.cc.empty()) heading += "  cc " + joined(article.cc);
    if (article.authentication != "none") heading += "  authentication " + article.authentication;
    context.out << '\n' << context.style.bold(visible_line(heading)) << '\n';
    print_indented(context.out, article.text);
    print_attachments(context, article);
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const number = ticket_argument(arguments.at("REF"));
    auto const history = context.store().ticket(number);
    if (!history) throw CommandFailure(ExitCode::no_input, "there is no ticket " + number.text());
    if (context.json) {
        context.print(history_json(*history));
        return ExitCode::ok;
    }
    print_head(context, history->ticket);
    for (auto const& article : history->articles) print_article(context, article);
    if (!history->events.empty()) context.out << '\n' << context.style.bold("Events") << '\n';
    TextTable events({"", "", "", ""});
    for (auto const& event : history->events) {
        events.add({human_time(event.at), event.what, event.by, event.detail});
    }
    events.print(context.out, context.style);
    return ExitCode::ok;
}

}  // namespace

Verb ticket_show_verb() {
    return {.words = "ticket show",
            .summary = "shows one ticket as a conversation: what was newly written, attachments, events",
            .positionals = {{"REF", "the ticket's number, like ACME-1042"}},
            .options = {},
            .examples = {"postern ticket show ACME-1042", "postern ticket show ACME-1042 --json | jq .articles"},
            .run = run};
}

}  // namespace postern
