// contacts.toml: every key, once, and what must hold across all such files. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/contact_list.h"
#include "config/kinds.h"
#include "config/options.h"
#include "config/reading.h"
#include "config/schema.h"

namespace postern {

// [[organization]] as it stands in the file.
struct OrganizationEntry {
    std::string id, name;
    std::vector<Placed<std::string>> domains;
    std::optional<Placed<NameAddr>> refer_to;
    std::vector<Placed<NameAddr>> contacts;
    std::optional<AuthenticationPolicy> authentication;
    std::optional<std::string> language;
    Position at;
};

struct ContactsFile {
    std::vector<OrganizationEntry> organizations;
};

// The whole of a contacts.toml. Made once, at the first call.
Table<ContactsFile> const& contacts_toml();

// Gathers the organisations of all files. What stands twice, or is an address of ours, is an error; what is taken is
// consistent.
class ContactsGatherer {
  public:
    explicit ContactsGatherer(Options const& options);

    void add(ContactsFile file, Reading& reading);
    // Names and ids of organisations, as [[agent]] may write them.
    [[nodiscard]] bool knows(std::string const& organization) const;
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] ContactList list() &&;

  private:
    void add_organization(OrganizationEntry entry, Reading& reading);
    void check_ask(OrganizationEntry const& entry, Reading& reading) const;
    void take_name(OrganizationEntry const& entry, Reading& reading);
    void take_domains(OrganizationEntry const& entry, Organization& organization, Reading& reading);
    void take_contacts(OrganizationEntry entry, Organization& organization, Reading& reading);

    struct Taken {
        std::string what;   // "Northwind"
        std::string where;  // "contacts.toml:12"
    };

    unsigned max_per_organization_;
    bool ask_;  // [contacts] ask
    AuthenticationPolicy authentication_;
    std::unordered_map<std::string, Taken> ours_;     // by address: mailboxes, aliases, agents
    std::unordered_map<std::string, Taken> names_;    // by name and id in lower case
    std::unordered_map<std::string, Taken> domains_;  // by domain or pattern
    struct Listing {
        std::size_t organization;
        unsigned line;
        std::size_t file;
    };
    std::unordered_map<std::string, Listing> contacts_;  // by address; small, as there may be 100,000
    std::vector<std::string> files_;
    std::vector<Organization> organizations_;
};

}  // namespace postern
