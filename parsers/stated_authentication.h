// Which of a mail's Authentication-Results fields is believed, and what it states of the sender (RFC 8601 4.1, 7.1).
// Anybody can write such a field into his mail, so the operator names the authserv-ids of his own MTAs, and of the
// fields that bear one only the topmost counts: it is above all that the sender wrote. Pure and total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/authentication_results.h"

namespace postern {

// Instead of an authserv-id: the topmost field is believed, whatever it is called or not called.
inline constexpr std::string_view topmost_authserv_id = "!topmost";

struct BelievedResults {
    struct Disbelieved {
        std::size_t position;     // in the fields
        std::string authserv_id;  // who wrote that isn't known
        friend bool operator==(Disbelieved const&, Disbelieved const&) = default;
    };
    std::optional<AuthenticationResults> believed;
    std::size_t position = 0;              // of the believed one, in the fields
    std::vector<Disbelieved> disbelieved;  // all others, in order; those of a trusted authserv-id included
};

// `fields`: the bodies of the mail's fields, topmost first, at most limits::authentication_fields of which are looked
// at. `trusted`: authserv-ids, compared without case. A believed field may still be broken, and then states nothing:
// those below it are not believed in its place.
[[nodiscard]] BelievedResults believed_results(std::vector<std::string> const& fields,
                                               std::vector<std::string> const& trusted);

struct StatedAuthentication {
    enum class Outcome : std::uint8_t { nothing, pass, fail };
    Outcome outcome = Outcome::nothing;
    std::string by;  // of pass and fail, the statement that decided: "dkim=pass header.d=northwind.com"
    friend bool operator==(StatedAuthentication const&, StatedAuthentication const&) = default;
};

// fail: dmarc=fail, of this From or of one that can't be read. pass: dmarc=pass of this very From; or, where no DMARC
// record forbids it, dkim=pass or spf=pass of a domain that is aligned with it, relaxed (RFC 7489 3.1), strict where
// DMARC's result isn't known. SPF's domain is that of smtp.mailfrom; of smtp.helo only where nothing names a
// reverse-path that isn't null (RFC 7489 3.1.2). A value that is no plain domain or address is aligned with nothing;
// where statements contradict each other that a mail can have but once (DMARC's of one From, SPF's of one
// reverse-path), none passes.
[[nodiscard]] StatedAuthentication stated_authentication(AuthenticationResults const& results,
                                                         std::string_view from_domain);

}  // namespace postern
