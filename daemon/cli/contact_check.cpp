#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

struct Answer {
    Organization const* organization = nullptr;
    std::string where;
    bool listed = false;
    std::optional<NameAddr> refer_to;
    std::string_view would;
    std::string_view authentication;  // the policy for its domain, "": none
};

std::string_view authentication_of(Policy const& policy, Mailbox const& address) {
    auto const asked = policy.authentication_of(address.domain);
    if (!asked) return {};
    switch (*asked) {
        case AuthenticationPolicy::off:
            return "off";
        case AuthenticationPolicy::mark:
            return "mark";
        case AuthenticationPolicy::require:
            return "require";
    }
    return {};
}

Answer answer_for(Mailbox const& address, Policy const& policy) {
    auto const& options = policy.options();
    auto const authentication = authentication_of(policy, address);
    if (auto const found = options.contact_list.find(address)) {
        return {found->organization, found->contact->where, true, std::nullopt, "open", authentication};
    }
    auto const* organization = options.contact_list.by_domain(address.domain);
    if (!organization) return {nullptr, {}, false, std::nullopt, "refuse", authentication};
    bool const hold = options.contacts.unlisted == ContactsOptions::Unlisted::hold;
    return {organization, organization->where, false, organization->refer_to, hold ? "hold" : "refuse", authentication};
}

std::string text_of(NameAddr const& name_addr) {
    auto const address = name_addr.mailbox.address();
    return name_addr.display_name.empty() ? address : name_addr.display_name + " <" + address + ">";
}

// Who may write in is told without the store too: before the daemon's first start there is none, and nothing was sent.
std::optional<Undelivered> undelivered_to(Context& context, Mailbox const& address) try {
    return context.store().undelivered_to(address.address());
} catch (CommandFailure const& failure) {
    if (failure.code() != ExitCode::unavailable) throw;
    return std::nullopt;
} catch (StoreError const& error) {
    context.say(std::string("whether our mail reached it is not known: ") + error.what());
    return std::nullopt;
}

Json undelivered_json(std::optional<Undelivered> const& undelivered) {
    if (!undelivered) return {};
    auto const& mail = undelivered->mail;
    return {{"kind", to_string(mail.kind)},
            {"message_id", text_or_null(mail.message_id)},
            {"ticket", mail.ticket ? Json(mail.ticket->text()) : Json()},
            {"queued", to_iso8601(mail.created)},
            {"attempts", mail.attempts},
            {"why", text_or_null(mail.last_error)},
            {"sent_since", undelivered->sent_since}};
}

std::string undelivered_in_words(Undelivered const& undelivered) {
    auto const& mail = undelivered.mail;
    auto words = std::string(to_string(mail.kind)) + " of " + human_time(mail.created);
    if (mail.ticket) words += " for " + mail.ticket->text();
    words += ": " + or_dash(mail.last_error);
    if (undelivered.sent_since == 0) return words;
    return words + "; since then " + counted(undelivered.sent_since, "receipt", "receipts") + " went out";
}

void print_table(Context& context, Mailbox const& address, Answer const& answer,
                 std::optional<Undelivered> const& undelivered) {
    TextTable table({"", ""});
    table.add({"address", address.address()});
    table.add({"listed", answer.listed ? "yes" : "no"});
    if (answer.organization) table.add({"organization", answer.organization->name});
    if (answer.refer_to) table.add({"refer to", text_of(*answer.refer_to)});
    table.add({"its mail would", std::string(answer.would)});
    if (!answer.authentication.empty()) table.add({"authentication", std::string(answer.authentication)});
    if (!answer.where.empty()) table.add({"says", answer.where});
    if (undelivered) table.add({"undelivered", undelivered_in_words(*undelivered)});
    table.print(context.out, context.style);
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const& text = arguments.at("ADDRESS");
    auto const address = parse_mailbox(text);
    if (!address) throw CommandFailure(ExitCode::usage, "'" + text + "' is no address: " + address.error().what);
    auto const policy = policy_in_force(context);
    auto const answer = answer_for(*address, *policy);
    auto const undelivered = undelivered_to(context, *address);
    if (context.json) {
        context.print({{"address", address->address()},
                       {"listed", answer.listed},
                       {"organization", answer.organization ? Json(answer.organization->name) : Json()},
                       {"refer_to", answer.refer_to ? Json(text_of(*answer.refer_to)) : Json()},
                       {"would", answer.would},
                       {"authentication", text_or_null(std::string(answer.authentication))},
                       {"undelivered", undelivered_json(undelivered)}});
    } else {
        print_table(context, *address, answer, undelivered);
    }
    return ExitCode::ok;
}

}  // namespace

Verb contact_check_verb() {
    return {
        .words = "contact check",
        .summary = "tells whether an address is a listed contact, what its mail would get, and whether ours reached it",
        .positionals = {{"ADDRESS", "like ana@northwind.example"}},
        .options = {},
        .examples = {"postern contact check ana@northwind.example"},
        .run = run};
}

}  // namespace postern
