#include "config/contact_list.h"

#include <algorithm>
#include <utility>

namespace postern {

ContactList::ContactList(std::vector<Organization> organizations) : organizations_(std::move(organizations)) {
    std::size_t contacts = 0;
    for (auto const& organization : organizations_) contacts += organization.contacts.size();
    by_address_.reserve(contacts);
    for (std::size_t i = 0; i < organizations_.size(); ++i) {
        auto const& organization = organizations_[i];
        for (std::size_t j = 0; j < organization.contacts.size(); ++j)
            by_address_.emplace(organization.contacts[j].address.mailbox.key(), std::pair{i, j});
        for (auto const& domain : organization.domains) {
            if (domain.starts_with("*."))
                by_parent_domain_.emplace(domain.substr(2), i);
            else
                by_domain_.emplace(domain, i);
        }
    }
}

std::optional<ContactList::Listed> ContactList::find(Mailbox const& mailbox) const {
    auto const found = by_address_.find(mailbox.key());
    if (found == by_address_.end()) return std::nullopt;
    auto const& organization = organizations_[found->second.first];
    return Listed{&organization, &organization.contacts[found->second.second]};
}

Organization const* ContactList::by_domain(std::string_view domain) const {
    if (auto const exact = by_domain_.find(std::string(domain)); exact != by_domain_.end())
        return &organizations_[exact->second];
    // The nearest parent wins: "*.eu.northwind.example" before "*.northwind.example".
    for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1)) {
        auto const parent = by_parent_domain_.find(std::string(domain.substr(dot + 1)));
        if (parent != by_parent_domain_.end()) return &organizations_[parent->second];
    }
    return nullptr;
}

Organization const* ContactList::by_id(std::string_view id) const {
    auto const found = std::ranges::find(organizations_, id, &Organization::id);
    return found == organizations_.end() ? nullptr : &*found;
}

}  // namespace postern
