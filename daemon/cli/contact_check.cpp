#include <nlohmann/json.hpp>

#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

struct Answer {
    Organization const* organization = nullptr;
    std::string where;
    bool listed = false;
    std::optional<NameAddr> refer_to;
    std::string_view would;
};

Answer answer_for(Mailbox const& address, Options const& options) {
    if (auto const found = options.contact_list.find(address)) {
        return {found->organization, found->contact->where, true, std::nullopt, "open"};
    }
    auto const* organization = options.contact_list.by_domain(address.domain);
    if (!organization) return {nullptr, {}, false, std::nullopt, "refuse"};
    bool const hold = options.contacts.unlisted == ContactsOptions::Unlisted::hold;
    return {organization, organization->where, false, organization->refer_to, hold ? "hold" : "refuse"};
}

std::string text_of(NameAddr const& name_addr) {
    auto const address = name_addr.mailbox.address();
    return name_addr.display_name.empty() ? address : name_addr.display_name + " <" + address + ">";
}

void print_table(Context& context, Mailbox const& address, Answer const& answer) {
    TextTable table({"", ""});
    table.add({"address", address.address()});
    table.add({"listed", answer.listed ? "yes" : "no"});
    if (answer.organization) table.add({"organization", answer.organization->name});
    if (answer.refer_to) table.add({"refer to", text_of(*answer.refer_to)});
    table.add({"its mail would", std::string(answer.would)});
    if (!answer.where.empty()) table.add({"says", answer.where});
    table.print(context.out, context.style);
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const& text = arguments.at("ADDRESS");
    auto const address = parse_mailbox(text);
    if (!address) throw CommandFailure(ExitCode::usage, "'" + text + "' is no address: " + address.error().what);
    auto const answer = answer_for(*address, context.options());
    if (context.json) {
        context.print({{"address", address->address()},
                       {"listed", answer.listed},
                       {"organization", answer.organization ? Json(answer.organization->name) : Json()},
                       {"refer_to", answer.refer_to ? Json(text_of(*answer.refer_to)) : Json()},
                       {"would", answer.would}});
    } else {
        print_table(context, *address, answer);
    }
    return ExitCode::ok;
}

}  // namespace

Verb contact_check_verb() {
    return {.words = "contact check",
            .summary = "tells whether an address is a listed contact, and what its mail would get",
            .positionals = {{"ADDRESS", "like ana@northwind.example"}},
            .options = {},
            .examples = {"postern contact check ana@northwind.example"},
            .run = run};
}

}  // namespace postern
