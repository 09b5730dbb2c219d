#include "config/contacts_toml.h"

#include <fmt/format.h>

#include <utility>

#include "parsers/header_fields.h"

namespace postern {
namespace {

Table<OrganizationEntry> organization_table() {
    using Entry = OrganizationEntry;
    using Policy = AuthenticationPolicy;
    return {"[[organization]]",
            {
                key("id", &Entry::id, text("\"northwind\"", 64), by_rule("the name"),
                    "Keeps the organisation's tickets together when its name changes."),
                key("name", &Entry::name, text("\"Northwind\""), required, "What the organisation is called."),
                key("domains", &Entry::domains, list_of(placed(domain_pattern()), 0), by_default("[]"),
                    "Unlisted senders from these domains are referred to refer_to. A domain is exact; "
                    "\"*.northwind.example\" stands for all below it."),
                key("refer_to", &Entry::refer_to, placed(name_and_address()), optional,
                    "The organisation's own point of contact, whom a refusal names. It is no contact by that alone."),
                key("contacts", &Entry::contacts, list_of(placed(name_and_address()), 0, Doubles::allowed),
                    by_default("[]"),
                    "Who may write, each as an address or as \"Name <address>\". An address compares without case."),
                key("authentication", &Entry::authentication,
                    one_of<Policy>({{"off", Policy::off}, {"mark", Policy::mark}, {"require", Policy::require}}),
                    by_rule("policy of [authentication]"), "Another policy for senders of this organisation."),
                key("language", &Entry::language, language(), by_rule("language of the mailbox"),
                    "The language of automatic mails to its people."),
            }};
}

}  // namespace

Table<ContactsFile> const& contacts_toml() {
    static Table<ContactsFile> const table{
        "",
        {
            key("organization", &ContactsFile::organizations, many_tables(organization_table()), optional,
                "A customer; one table for each."),
        }};
    return table;
}

ContactsGatherer::ContactsGatherer(Options const& options)
    : max_per_organization_(options.contacts.max_per_organization),
      ask_(options.contacts.ask),
      authentication_(options.authentication.policy) {
    auto const take = [this](Mailbox const& mailbox, std::string what, std::string const& where) {
        if (!mailbox.domain.empty()) ours_.emplace(mailbox.key(), Taken{std::move(what), where});
    };
    for (auto const& mailbox : options.mailboxes) {
        take(mailbox.address, "a [[mailbox]] of ours", mailbox.where);
        for (auto const& alias : mailbox.aliases) take(alias, "an alias of ours", mailbox.where);
    }
    for (auto const& agent : options.agents) take(agent.address, "an [[agent]] of ours", agent.where);
}

void ContactsGatherer::add(ContactsFile file, Reading& reading) {
    files_.push_back(reading.short_name);
    organizations_.reserve(organizations_.size() + file.organizations.size());
    for (auto& entry : file.organizations) add_organization(std::move(entry), reading);
}

bool ContactsGatherer::knows(std::string const& organization) const {
    return names_.contains(lower_ascii(organization));
}

std::vector<std::string> ContactsGatherer::names() const {
    std::vector<std::string> names;
    for (auto const& organization : organizations_) names.push_back(organization.name);
    return names;
}

ContactList ContactsGatherer::list() && {
    return ContactList(std::move(organizations_));
}

// Whose senders are not authenticated, of theirs nobody is asked about, and nobody's answer counts.
void ContactsGatherer::check_ask(OrganizationEntry const& entry, Reading& reading) const {
    if (!ask_ || entry.domains.empty()) return;
    if (entry.authentication.value_or(authentication_) == AuthenticationPolicy::off) {
        reading.error(
            entry.at,
            fmt::format("[contacts] ask needs senders that are authenticated, and {}'s are not", printable(entry.name)),
            "write authentication = \"mark\" or \"require\" for it, or policy in [authentication]");
    }
    if (!entry.refer_to) {
        reading.notice(entry.at, fmt::format("nobody is asked about mail from {}", printable(entry.name)),
                       "add refer_to, its point of contact");
    }
}

void ContactsGatherer::add_organization(OrganizationEntry entry, Reading& reading) {
    take_name(entry, reading);
    check_ask(entry, reading);
    Organization organization;
    organization.id = entry.id.empty() ? entry.name : entry.id;
    organization.name = entry.name;
    organization.authentication = entry.authentication;
    organization.language = entry.language;
    organization.where = reading.where(entry.at);
    if (entry.refer_to) {
        auto const& refer_to = entry.refer_to->value;
        if (auto const ours = ours_.find(refer_to.mailbox.key()); ours != ours_.end()) {
            reading.notice(entry.refer_to->at,
                           fmt::format("refer_to is {}: it would refer people to us", ours->second.what),
                           "write a person of the organisation");
        }
        organization.refer_to = refer_to;
    }
    take_domains(entry, organization, reading);
    take_contacts(std::move(entry), organization, reading);
    organizations_.push_back(std::move(organization));
}

// A name may be the id of its own organisation, but of no other.
void ContactsGatherer::take_name(OrganizationEntry const& entry, Reading& reading) {
    auto const where = reading.where(entry.at);
    auto const take = [&](std::string const& name, std::string_view what) {
        if (name.empty()) return;
        auto const [first, is_new] = names_.emplace(lower_ascii(name), Taken{name, where});
        if (!is_new && first->second.where != where)
            reading.error(entry.at, fmt::format("{} {} stands twice", what, in_quotes(name)),
                          "the first is at " + first->second.where);
    };
    take(entry.name, "organization");
    take(entry.id, "id");
}

void ContactsGatherer::take_domains(OrganizationEntry const& entry, Organization& organization, Reading& reading) {
    for (auto const& domain : entry.domains) {
        auto const [first, is_new] = domains_.emplace(domain.value, Taken{entry.name, reading.where(domain.at)});
        if (is_new) {
            organization.domains.push_back(domain.value);
        } else if (first->second.what != entry.name) {
            reading.error(
                domain.at,
                fmt::format("domain {} is {}'s already", in_quotes(domain.value), printable(first->second.what)),
                "take one out; the first is at " + first->second.where);
        }
    }
}

void ContactsGatherer::take_contacts(OrganizationEntry entry, Organization& organization, Reading& reading) {
    organization.contacts.reserve(entry.contacts.size());
    for (auto& [contact, at] : entry.contacts) {
        auto key = contact.mailbox.key();
        if (auto const ours = ours_.find(key); ours != ours_.end()) {
            reading.error(at, fmt::format("contact {} is {}", in_quotes(contact.mailbox.address()), ours->second.what),
                          "take it out here or at " + ours->second.where);
            continue;
        }
        auto const [first, is_new] =
            contacts_.emplace(std::move(key), Listing{organizations_.size(), at.line, files_.size() - 1});
        if (is_new) {
            organization.contacts.push_back({std::move(contact), reading.where(at)});
            continue;
        }
        auto const& listing = first->second;
        auto const is_same = listing.organization == organizations_.size();
        reading.error(
            at,
            fmt::format("contact {} is listed {}", in_quotes(contact.mailbox.address()),
                        is_same ? "twice" : "by " + printable(organizations_[listing.organization].name) + " already"),
            fmt::format("take one out; the first is at {}:{}", files_[listing.file], listing.line));
    }
    if (max_per_organization_ != 0 && entry.contacts.size() > max_per_organization_) {
        reading.error(entry.contacts[max_per_organization_].at,
                      fmt::format("{} has {} contacts, more than {}", printable(entry.name), entry.contacts.size(),
                                  max_per_organization_),
                      "take some out, or raise max_per_organization of [contacts]; 0 lifts it");
    }
}

}  // namespace postern
