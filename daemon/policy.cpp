#include "daemon/policy.h"

#include <algorithm>
#include <utility>

#include "daemon/postmaster_addresses.h"

namespace postern {

Policy::Policy(Options options, Templates templates, std::optional<SiteSecret> const& secret)
    : options_(std::move(options)), templates_(std::move(templates)) {
    if (secret) canary_.emplace(*secret);
    if (secret && options_.contacts.ask) addresses_.emplace(*secret);
    for (std::size_t i = 0; i < options_.mailboxes.size(); ++i) {
        auto const& mailbox = options_.mailboxes[i];
        mailboxes_.emplace(mailbox.address.key(), i);
        for (auto const& alias : mailbox.aliases) mailboxes_.emplace(alias.key(), i);
        tags_.insert(mailbox.tag);
    }
    for (auto& key : postmaster_keys(options_)) postmasters_.insert(std::move(key));
    for (auto const& organization : options_.contact_list.organizations()) {
        auto const policy = organization.authentication.value_or(options_.authentication.policy);
        auto const is_asked_about = [&](Mailbox const& address) {
            auto const [known, is_new] = contact_domains_.emplace(address.domain, policy);
            if (!is_new) known->second = std::max(known->second, policy);
        };
        for (auto const& contact : organization.contacts) is_asked_about(contact.address.mailbox);
        if (addresses_ && organization.refer_to) is_asked_about(organization.refer_to->mailbox);
    }
}

SupportMailbox const* Policy::mailbox(Mailbox const& address) const {
    auto const found = mailboxes_.find(address.key());
    return found == mailboxes_.end() ? nullptr : &options_.mailboxes[found->second];
}

std::optional<Policy::AnswerTo> Policy::answer_to(Mailbox const& address) const {
    auto const of = addresses_ ? AdmissionAddresses::mailbox_of(address) : std::nullopt;
    auto const* const mailbox = of ? this->mailbox(*of) : nullptr;
    if (mailbox == nullptr) return std::nullopt;
    auto const made = addresses_->read(address, mailbox->address);
    return made ? std::optional(AnswerTo{mailbox, *made}) : std::nullopt;
}

bool Policy::takes_answers_at(Mailbox const& address, TimePoint now) const {
    auto const answer = answer_to(address);
    return answer && now < answer->address.expires;
}

bool Policy::is_postmaster(Mailbox const& address) const {
    return postmasters_.contains(recipient_key(address));
}

std::optional<AuthenticationPolicy> Policy::authentication_of(std::string const& domain) const {
    std::optional<AuthenticationPolicy> policy;
    if (auto const* organization = options_.contact_list.by_domain(domain)) {
        policy = organization->authentication.value_or(options_.authentication.policy);
    }
    if (auto const found = contact_domains_.find(domain); found != contact_domains_.end()) {
        policy = std::max(policy.value_or(found->second), found->second);
    }
    return policy;
}

bool Policy::is_our_tag(std::string_view tag) const {
    return tags_.contains(std::string(tag));
}

std::shared_ptr<Policy const> make_policy(Options options, Templates templates,
                                          std::optional<SiteSecret> const& secret) {
    return std::make_shared<Policy const>(std::move(options), std::move(templates), secret);
}

}  // namespace postern
