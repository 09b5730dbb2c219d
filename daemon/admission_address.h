// The address that a question's answer goes to: "support+TOKEN@acme.example", which only we could have made.
//
// TOKEN is 34 characters of base32, without case: the question's id, when it expires (to the hour), and the first 104
// bits of an HMAC-SHA256 of both and the support address under a key of the site's secret. So it is known to be ours
// without a look into the store; whom the question was sent to stands there, under the id, which is random and never
// given twice. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/site_secret.h"
#include "parsers/mailbox.h"
#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

struct AdmissionAddress {
    QuestionId question;
    TimePoint expires;  // it is worth nothing from then on
    friend bool operator==(AdmissionAddress const&, AdmissionAddress const&) = default;
};

// RFC 6533 and its like leave it to each site; this is what Postfix, Exim, Gmail, Microsoft 365 and Fastmail take.
inline constexpr char subaddress_delimiter = '+';

class AdmissionAddresses {
  public:
    explicit AdmissionAddresses(SiteSecret const& secret);

    // `address.expires` has to be one of expiry(), its question below 2^40; the mailbox's local part has to leave room
    // (admission_local_part_octets, config/options.h).
    [[nodiscard]] Mailbox make(Mailbox const& mailbox, AdmissionAddress const& address) const;
    // Of any address whatever. Nullopt: we did not make it for this mailbox. Takes as long for a token that is wrong in
    // its first octet as for one that is wrong in its last.
    [[nodiscard]] std::optional<AdmissionAddress> read(Mailbox const& recipient, Mailbox const& mailbox) const;

    // The mailbox's own address, where the recipient could be one of make(): by its form alone.
    [[nodiscard]] static std::optional<Mailbox> mailbox_of(Mailbox const& recipient);
    // The first full hour not before `time`.
    [[nodiscard]] static TimePoint expiry(TimePoint time);
    // Random, and one that make() takes.
    [[nodiscard]] static QuestionId new_question_id();

  private:
    [[nodiscard]] std::string mac(std::string_view what, Mailbox const& mailbox) const;

    SealingKey key_;
};

}  // namespace postern
