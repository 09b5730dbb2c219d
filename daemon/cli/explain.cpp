// explain: what would happen to a mail, by the same plan_intake() as intake's, whose record is not committed.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/exit_code.h"
#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/mail_arguments.h"
#include "daemon/cli/read_octets.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "daemon/hop_limit.h"
#include "daemon/intake.h"
#include "daemon/ip_network.h"
#include "daemon/our_mta.h"
#include "daemon/smtp_outcome.h"
#include "daemon/smtp_replies.h"
#include "parsers/message.h"
#include "store/memory_store.h"

namespace postern {
namespace {

// In the place of the id that the mail would get.
constexpr std::string_view some_id = "ID";

// What the way in says no to before anybody asks the rules.
struct Door {
    smtp::Reply reply;
    StoryStep step;
};

struct Explanation {
    RawMessage raw;
    ParsedMessage message;
    std::optional<Door> door;
    IntakePlan plan;
    bool by_smtp = false;
    std::string reply;                   // of SMTP or LMTP, without its line end
    std::optional<TicketNumber> opened;  // that the mail would open, if no other comes before it
};

std::string without_line_end(std::string reply) {
    while (reply.ends_with('\n') || reply.ends_with('\r')) reply.pop_back();
    return reply;
}

Source source_argument(Arguments const& arguments) {
    auto const text = arguments.get("--source").value_or("smtp");
    auto const source = parse_source(text);
    if (!source) throw CommandFailure(ExitCode::usage, "'" + text + "' is no way in: smtp, lmtp, imap or deliver");
    return *source;
}

// RFC 5321 3.5 to 4.5: what is refused by SMTP at RCPT and at the end of DATA, whatever the configuration says of the
// sender.
std::optional<Door> door(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    auto const& recipient = raw.envelope.forward_path.front();
    auto const limit = policy.options().limits.message;
    if (policy.mailbox(recipient) == nullptr && !policy.is_postmaster(recipient) &&
        !policy.takes_answers_at(recipient, raw.received))
        return Door{smtp::replies::no_such_mailbox, {"recipient", recipient.address(), "no mailbox of ours", ""}};
    if (raw.octets.size() > limit) {
        return Door{smtp::replies::too_large,
                    {"size", human_size(raw.octets.size()), "larger than [limits] message, " + human_size(limit),
                     policy.options().place_of("limits.message")}};
    }
    if (message.received_count > most_received_fields) {
        return Door{smtp::replies::mail_loop,
                    {"hops", std::to_string(message.received_count) + " Received fields", "a mail loop", ""}};
    }
    return std::nullopt;
}

RawMessage raw_message(Context& context, Arguments const& arguments) {
    RawMessage raw;
    raw.source = source_argument(arguments);
    auto& envelope = raw.envelope;
    envelope.forward_path = {mailbox_argument(arguments.at("--mailbox"))};
    if (auto const from = arguments.get("--from")) take_reverse_path(context, *from, envelope);
    envelope.client = arguments.get("--ip").value_or("");
    if (!envelope.client.empty() && !IpNetwork::parse(envelope.client))
        throw CommandFailure(ExitCode::usage, "'" + envelope.client + "' is no IP address");
    envelope.helo = arguments.get("--helo").value_or("");
    envelope.from_our_mta = is_from_our_mta(raw.source, envelope.client, context.options());
    auto const& file = arguments.at("FILE");
    raw.octets = file == "-" ? read_all(context.in) : read_file(file);
    if (raw.octets.empty()) throw CommandFailure(ExitCode::data_error, "nothing to read: " + file + " is empty");
    raw.received = raw.arrived = context.now();
    raw.id = new_mail_id(raw.received);
    return raw;
}

// Before the daemon's first start there is none: the mail would be the first.
std::shared_ptr<Store> store_or_empty(Context& context) try {
    return {std::shared_ptr<Store>{}, &context.store()};
} catch (CommandFailure const& failure) {
    if (failure.code() != ExitCode::unavailable) throw;
    context.say(std::string(failure.what()) + "; explained as the first mail of all");
    return make_memory_store();
}

Explanation explanation(Context& context, Arguments const& arguments, Policy const& policy,
                        std::shared_ptr<Store> const& store) {
    Explanation told;
    told.raw = raw_message(context, arguments);
    told.message = parse_message(told.raw.octets);
    told.by_smtp = told.raw.source == Source::smtp || told.raw.source == Source::lmtp;
    told.door = door(told.raw, told.message, policy);
    if (told.door && !told.by_smtp && told.door->step.rule == "recipient")
        throw CommandFailure(ExitCode::no_user,
                             told.door->step.saw + " is no [[mailbox]] of " + context.options().file.string());
    if (!told.by_smtp) told.door.reset();  // there the rules say what becomes of such a mail
    if (told.door) {
        smtp::append_reply(told.reply, told.door->reply);
        told.reply = without_line_end(std::move(told.reply));
        return told;
    }
    auto const authentication = context.surroundings.authenticate(told.raw, told.message, policy);
    told.plan = plan_intake(told.raw, told.message, authentication, policy, *store, context.now());
    if (told.plan.record.opens) told.opened = told.plan.record.opens->number;
    if (told.by_smtp) {
        smtp::append_outcome(told.reply, told.plan.receipt, told.raw.envelope.from_our_mta, some_id);
        told.reply = without_line_end(std::move(told.reply));
    }
    return told;
}

bool is_taken(Explanation const& told) {
    return !told.door && told.plan.receipt.outcome == Receipt::Outcome::committed;
}

std::vector<StoryStep> story(Explanation const& told) {
    return told.door ? std::vector{told.door->step} : told.plan.verdict.story;
}

// ---- for tools ------------------------------------------------------------------------------------------------------

Json outgoing_json(Explanation const& told) {
    auto list = Json::array();
    for (auto const& mail : told.plan.record.outgoing) {
        list.push_back(
            {{"kind", to_string(mail.kind)}, {"to", mail.recipient}, {"subject", mail.subject}, {"text", mail.text}});
    }
    return list;
}

Json disposition_json(Explanation const& told) {
    if (told.door) return to_string(Disposition::refused);
    return is_taken(told) ? Json(to_string(told.plan.verdict.disposition)) : Json();
}

void print_json(Context& context, Explanation const& told) {
    auto const& ticket = told.opened ? std::optional<TicketNumber>{} : told.plan.receipt.ticket;
    context.print({{"disposition", disposition_json(told)},
                   {"rule", told.door ? told.door->step.rule : told.plan.verdict.rule},
                   {"ticket", ticket ? Json(ticket->text()) : Json()},
                   {"smtp_reply", text_or_null(told.reply)},
                   {"outgoing", outgoing_json(told)},
                   {"story", story_json(story(told))},
                   {"receipt_why", text_or_null(told.plan.verdict.receipt_why)},
                   {"config_revision", context.options().revision}});
}

// ---- for people -----------------------------------------------------------------------------------------------------

std::string head(Explanation const& told) {
    auto const from = told.message.from.empty() ? "nobody it names" : told.message.from.front().mailbox.address();
    auto words = "Mail from " + from + " to " + told.raw.envelope.forward_path.front().address() + ", \"" +
                 told.message.subject + "\", as if it came by " + std::string(to_string(told.raw.source));
    if (!told.raw.envelope.client.empty()) words += " from " + told.raw.envelope.client;
    return words + " now.";
}

std::string_view joined(Disposition disposition) {
    switch (disposition) {
        case Disposition::appended:
            return " to ";
        case Disposition::noted:
            return " in ";
        default:
            return ", of ";
    }
}

std::string end(Explanation const& told) {
    if (told.door) return "So it would be refused, before the rules are asked.";
    auto const& verdict = told.plan.verdict;
    auto const rule = ", by the rule " + verdict.rule + ".";
    if (!is_taken(told)) {
        return told.plan.receipt.awaits_dns ? "So it would not be taken now" + rule + " It is tried again."
                                            : "So it would not be taken now: [limits] held is reached.";
    }
    auto words = "So it would be " + std::string(to_string(verdict.disposition));
    if (told.opened) return words + ", as the next ticket, " + told.opened->text() + rule;
    if (auto const& ticket = told.plan.receipt.ticket)
        words += std::string(joined(verdict.disposition)) + ticket->text();
    return words + rule;
}

std::string peer(Explanation const& told) {
    switch (told.raw.source) {
        case Source::imap:
            return is_taken(told) ? "It would be marked on its server." : "It would be left on its server.";
        case Source::deliver:
            if (!is_taken(told)) return "postern deliver would end with 75.";
            return told.plan.receipt.may_bounce ? "postern deliver would end with 77."
                                                : "postern deliver would end with 0.";
        case Source::smtp:
        case Source::lmtp:
            break;
    }
    return "The client would hear: " + told.reply;
}

void print_outgoing(Context& context, Explanation const& told) {
    if (!is_taken(told)) return;
    if (told.plan.record.outgoing.empty()) {
        auto const& why = told.plan.verdict.receipt_why;
        context.out << visible_line("No mail would go out" + (why.empty() ? "." : ": " + why + ".")) << '\n';
    }
    for (auto const& mail : told.plan.record.outgoing) {
        context.out << visible_line("A " + std::string(to_string(mail.kind)) + " would go to " + mail.recipient + ": " +
                                    mail.subject)
                    << "\n\n"
                    << visible_text(mail.text) << '\n';
    }
}

void print_words(Context& context, Explanation const& told) {
    context.out << visible_line(head(told)) << "\n\n";
    TextTable table({"", "", ""});
    for (auto const& step : story(told)) {
        auto const place = step.config.empty() ? "" : " (" + step.config + ")";
        table.add({"  " + step.rule, step.saw, step.result + place});
    }
    table.print(context.out, {.colour = context.style.colour});
    context.out << '\n' << context.style.bold(visible_line(end(told))) << '\n' << visible_line(peer(told)) << '\n';
    print_outgoing(context, told);
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const policy = policy_in_force(context);
    auto const store = store_or_empty(context);
    auto const told = explanation(context, arguments, *policy, store);
    if (context.json) {
        print_json(context, told);
    } else {
        print_words(context, told);
    }
    return ExitCode::ok;
}

}  // namespace

Verb explain_verb() {
    return {.words = "explain",
            .summary = "tells what would happen to a mail, rule by rule, and changes nothing",
            .positionals = {{"FILE", "the mail as it came, or - for stdin"}},
            .options = {{"--mailbox", "ADDR", "the address it would come to", true},
                        {"--from", "ADDR", "the reverse-path (MAIL FROM); empty or <> for the null one"},
                        {"--ip", "ADDR", "of the client that hands it over: SPF is asked of it"},
                        {"--helo", "NAME", "what that client calls itself"},
                        {"--source", "WAY", "smtp (by default), lmtp, imap or deliver"}},
            .examples = {"postern explain mail.eml --mailbox support@acme.example",
                         "postern explain - --mailbox support@acme.example --from eve@northwind.example --ip 192.0.2.7 "
                         "--json < mail.eml"},
            .run = run};
}

}  // namespace postern
