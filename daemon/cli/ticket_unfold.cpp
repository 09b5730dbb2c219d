#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

// Of one transaction: the daemon's mail waits no longer for it than for a commit of its own.
constexpr std::size_t mails_at_once = 50;

// One transaction after the other; what was interrupted goes on with the next call.
std::vector<Unfolded::Mail> unfold_all(Context& context, TicketNumber const& number) {
    auto& store = context.store();
    std::vector<Unfolded::Mail> mails;
    for (bool more = true; more;) {
        auto unfolded = store.unfold(number, mails_at_once, "operator", context.now());
        if (!unfolded) throw CommandFailure(ExitCode::no_input, "there is no ticket " + number.text());
        mails.insert(mails.end(), unfolded->mails.begin(), unfolded->mails.end());
        more = unfolded->more;
    }
    return mails;
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const number = ticket_argument(arguments.at("REF"));
    auto const mails = unfold_all(context, number);
    if (context.json) {
        auto list = Json::array();
        for (auto const& mail : mails) list.push_back({{"id", mail.id.text}, {"ticket", mail.ticket.text()}});
        context.print({{"ticket", number.text()}, {"unfolded", std::move(list)}});
        return ExitCode::ok;
    }
    if (mails.empty()) {
        context.say("no mail is folded into " + number.text());
        return ExitCode::ok;
    }
    context.out << counted(mails.size(), "mail", "mails") << " of " << number.text()
                << (mails.size() == 1 ? " is a ticket of its own now: " : " are tickets of their own now: ")
                << mails.front().ticket.text();
    if (mails.size() > 1) context.out << " to " << mails.back().ticket.text();
    context.out << '\n';
    return ExitCode::ok;
}

}  // namespace

Verb ticket_unfold_verb() {
    return {.words = "ticket unfold",
            .summary = "takes the mails of a flood out of the ticket they were folded into: each becomes a ticket",
            .positionals = {{"REF", "the ticket's number"}},
            .options = {},
            .examples = {"postern ticket unfold ACME-1042"},
            .run = run};
}

}  // namespace postern
