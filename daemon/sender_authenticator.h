// SenderAuthenticator: finds out whether a mail comes from whom its From names: SPF and DKIM by the verifiers, DMARC by
// records asked for here, and what trusted fields state. Stands between parsing and intake; any thread may ask.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/log.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "daemon/verifier_pool.h"
#include "parsers/authentication_fields.h"
#include "parsers/message.h"

namespace postern {

class SenderAuthenticator {
  public:
    using Done = std::function<void(SenderAuthentication)>;

    // All that DNS is waited for, for one mail, a verifier that is busy included: who sends it waits for its 250.
    static constexpr std::chrono::milliseconds longest_inquiry{4500};

    // `resolver` is [authentication] resolver; none: those of the system. Starts two threads; verifiers are started
    // when a mail needs them. Throws std::exception where that can't be.
    SenderAuthenticator(std::optional<std::string> resolver, Log& log,
                        std::filesystem::path verifier = verifier_program());
    // Ends what is under way as trouble.
    ~SenderAuthenticator();
    SenderAuthenticator(SenderAuthenticator const&) = delete;
    SenderAuthenticator& operator=(SenderAuthenticator const&) = delete;

    // `done` is called once, after longest_inquiry at the latest, by this thread or one of its own; it must not block,
    // throw or destroy this. The mail is looked at until then.
    void authenticate(RawMessage const& raw, ParsedMessage const& message, Policy const& policy, Done done);

    // The same, waited for.
    [[nodiscard]] SenderAuthentication authenticated(RawMessage const& raw, ParsedMessage const& message,
                                                     Policy const& policy);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Who sent it talked to us: the address that the mail came from is theirs, and trusted fields are not believed.
[[nodiscard]] bool comes_straight(RawMessage const& raw);
// Whether SPF could make a mail of this From authentic. By the null reverse-path HELO tells.
[[nodiscard]] bool spf_is_worth_asking(RawMessage const& raw, std::string_view from_domain);
// Sets what the mail's own fields say: stated, believed, disbelieved, arc. Pure.
void look_at_fields(AuthenticationFields const& fields, bool straight, Policy const& policy,
                    SenderAuthentication& found);

// From's domain where its mail is to be authenticated: see docs/authentication.md. nullopt: nothing is asked.
[[nodiscard]] std::optional<std::string> domain_to_authenticate(RawMessage const& raw, ParsedMessage const& message,
                                                                Policy const& policy);

}  // namespace postern
