#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/mail_arguments.h"
#include "daemon/cli/read_octets.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

RawMessage read_mail(Context& context, Arguments const& arguments, Policy const& policy) {
    RawMessage raw;
    raw.source = Source::deliver;
    if (auto const from = arguments.get("--from")) take_reverse_path(context, *from, raw.envelope);
    auto const& options = context.options();
    auto const recipient = mailbox_argument(arguments.at("--mailbox"));
    if (policy.mailbox(recipient) == nullptr && !policy.is_postmaster(recipient) &&
        !policy.takes_answers_at(recipient, context.now())) {
        throw CommandFailure(ExitCode::no_user, recipient.address() + " is no [[mailbox]] of " + options.file.string());
    }
    raw.envelope.forward_path = {recipient};
    raw.octets = read_all(context.in, options.limits.message);
    if (raw.octets.empty()) throw CommandFailure(ExitCode::data_error, "nothing to take in: stdin is empty");
    if (raw.octets.size() > options.limits.message) {
        auto const limit = human_size(options.limits.message);
        throw CommandFailure(ExitCode::data_error, "the mail is larger than [limits] message, " + limit);
    }
    raw.received = context.now();
    raw.arrived = raw.received;
    raw.id = new_mail_id(raw.received);
    return raw;
}

void print_outcome(Context& context, Store& store, MailId const& id) {
    auto const entry = store.ledger_entry(id.text);
    if (!entry) return;
    if (context.json) {
        context.print(ledger_json(*entry));
    } else {
        context.out << id.text << ' ' << to_string(entry->disposition)
                    << (entry->ticket ? " " + entry->ticket->text() : "") << '\n';
    }
}

ExitCode take(Context& context, Arguments const& arguments) {
    auto const policy = policy_in_force(context);
    auto const raw = read_mail(context, arguments, *policy);
    auto& store = context.store(Opening::may_create);
    auto const message = parse_message(raw.octets);
    auto const authentication = context.surroundings.authenticate(raw, message, *policy);
    auto const receipt = take_in(context, *policy, raw, message, authentication);
    if (receipt.outcome == Receipt::Outcome::deferred) {
        throw CommandFailure(ExitCode::try_again, receipt.awaits_dns
                                                      ? "the sender cannot be authenticated now: DNS has trouble"
                                                      : "too many mails are held: release or drop some");
    }
    if (receipt.may_bounce) {
        context.say(receipt.refusal);  // the MTA's bounce quotes it
        return ExitCode::refused;
    }
    // Other refused mail ends with 0, too: this is a pipe of our own MTA's, and any other code would make it bounce to
    // an address that nobody has proved to be the sender's.
    print_outcome(context, store, raw.id);
    return ExitCode::ok;
}

// An MTA bounces what ends with anything but 0 and 75. Whatever is ours to mend must leave the mail in its queue.
ExitCode run(Context& context, Arguments const& arguments) {
    try {
        return take(context, arguments);
    } catch (CommandFailure const& failure) {
        switch (failure.code()) {
            case ExitCode::data_error:
            case ExitCode::no_user:
                throw;
            default:
                throw CommandFailure(ExitCode::try_again, failure.what());
        }
    } catch (std::exception const& error) {
        throw CommandFailure(ExitCode::try_again, error.what());
    }
}

}  // namespace

Verb deliver_verb() {
    return {.words = "deliver",
            .summary = "takes one mail on stdin, as a pipe of any MTA; 75 where it must be tried again",
            .positionals = {},
            .options = {{"--mailbox", "ADDR", "the [[mailbox]] it came to, an alias, or the postmaster", true},
                        {"--from", "ADDR", "the reverse-path (MAIL FROM); empty or <> for the null one"}},
            .examples = {"postern deliver --mailbox support@acme.example < mail.eml",
                         "postern deliver --mailbox ${recipient} --from ${sender}    # in Postfix's master.cf"},
            .run = run,
            .misunderstood = ExitCode::try_again};  // the MTA would bounce for what an operator mistyped
}

}  // namespace postern
