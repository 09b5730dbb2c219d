// Who may write: organisations, their contacts and their own points of contact. A value; immutable once loaded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/mailbox.h"

namespace postern {

struct Contact {
    NameAddr address;
    std::string where;  // "contacts.toml:12"
};

enum class AuthenticationPolicy { off, mark, require };  // the stricter the greater

struct Organization {
    std::string id;  // the name where the file gives none
    std::string name;
    std::vector<std::string> domains;  // A-labels, lower case; "*.northwind.example" matches those below
    std::optional<NameAddr> refer_to;
    std::vector<Contact> contacts;
    std::optional<AuthenticationPolicy> authentication;
    std::optional<std::string> language;
    std::string where;
};

class ContactList {
  public:
    ContactList() = default;
    explicit ContactList(std::vector<Organization> organizations);  // addresses are unique: the loader saw to it

    struct Listed {
        Organization const* organization;  // lives as long as the list
        Contact const* contact;
    };
    // By Mailbox::key(). nullopt: not a contact.
    [[nodiscard]] std::optional<Listed> find(Mailbox const& mailbox) const;
    // The organisation whose domains hold this one; null: none.
    [[nodiscard]] Organization const* by_domain(std::string_view domain) const;
    // Looks at one after the other; null: none has it.
    [[nodiscard]] Organization const* by_id(std::string_view id) const;
    [[nodiscard]] std::vector<Organization> const& organizations() const noexcept { return organizations_; }

  private:
    std::vector<Organization> organizations_;
    std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> by_address_;  // organisation, contact
    std::unordered_map<std::string, std::size_t> by_domain_;
    std::unordered_map<std::string, std::size_t> by_parent_domain_;  // of "*.domain"
};

}  // namespace postern
