// Policy: the configuration in force, as an immutable snapshot with the look-ups that intake needs. A reload makes a
// new one; a mail keeps the one it started with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "config/options.h"
#include "daemon/admission_address.h"
#include "daemon/canary_mark.h"
#include "daemon/site_secret.h"
#include "parsers/mailbox.h"
#include "templates/templates.h"

namespace postern {

class Policy {
  public:
    // secret: of state_dir; without it no canary is known again, and no point of contact is asked.
    Policy(Options options, Templates templates, std::optional<SiteSecret> const& secret);
    Policy(Policy const&) = delete;
    Policy& operator=(Policy const&) = delete;

    [[nodiscard]] Options const& options() const noexcept { return options_; }
    [[nodiscard]] Templates const& templates() const noexcept { return templates_; }

    // The support mailbox with this address or alias; null: none of ours.
    [[nodiscard]] SupportMailbox const* mailbox(Mailbox const& address) const;
    // A question's answer goes to this address; nullopt: it is none that we made. It may have expired.
    struct AnswerTo {
        SupportMailbox const* mailbox;
        AdmissionAddress address;
    };
    [[nodiscard]] std::optional<AnswerTo> answer_to(Mailbox const& address) const;
    // It is such an address, and has not expired.
    [[nodiscard]] bool takes_answers_at(Mailbox const& address, TimePoint now) const;
    // Null: nobody is asked.
    [[nodiscard]] AdmissionAddresses const* admission_addresses() const noexcept {
        return addresses_ ? &*addresses_ : nullptr;
    }
    // The postmaster of one of our domains (postmaster_addresses.h).
    [[nodiscard]] bool is_postmaster(Mailbox const& address) const;
    // Whether senders of this domain are authenticated, by the strictest policy of the organisations that have it, as
    // one of their domains, in a contact's address, or in that of whom we ask; nullopt: none has it.
    [[nodiscard]] std::optional<AuthenticationPolicy> authentication_of(std::string const& domain) const;
    // A canary of this site's (canary_mark.h).
    [[nodiscard]] bool is_canary(std::string_view message_id) const { return canary_ && canary_->made(message_id); }
    [[nodiscard]] bool is_our_tag(std::string_view tag) const;
    [[nodiscard]] std::string const& lowest_severity() const { return options_.site.severities.back(); }

  private:
    Options options_;
    Templates templates_;
    std::optional<CanaryMark> canary_;
    std::optional<AdmissionAddresses> addresses_;
    std::unordered_map<std::string, std::size_t> mailboxes_;  // by Mailbox::key()
    std::unordered_set<std::string> tags_, postmasters_;
    std::unordered_map<std::string, AuthenticationPolicy> contact_domains_;
};

[[nodiscard]] std::shared_ptr<Policy const> make_policy(Options options, Templates templates,
                                                        std::optional<SiteSecret> const& secret = {});

}  // namespace postern
