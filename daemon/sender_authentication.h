// SenderAuthentication: what is known of whether a mail comes from whom its From names. A value: SenderAuthenticator
// makes it, `decide` looks at it. docs/authentication.md has the tables; the tests read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parsers/authentication.h"

namespace postern {

// What an Authentication-Results field that is trusted says of From's domain (RFC 8601).
enum class Stated : std::uint8_t {
    absent,   // there is no such field
    nothing,  // neither of the two
    pass,     // an aligned pass of SPF, DKIM or DMARC
    fail,     // DMARC fails
};

struct SenderAuthentication {
    enum class Standing : std::uint8_t {
        not_asked,  // policy "off", a domain that no organisation has, or nobody to ask for
        pass,       // authentic: an aligned SPF or DKIM pass, computed here or stated by a trusted field
        fail,       // what the domain publishes says: not from here
        none,       // neither: the domain publishes too little
        unknown,    // DKIM does not pass, SPF could not be checked here and nobody trusted says more
        trouble,    // DNS did not answer, and its answer could have made it a pass
    };
    Standing standing = Standing::not_asked;
    std::string from_domain;
    bool spf_checked = false;  // the mail came straight from who sent it
    SpfCheck spf;
    std::vector<DkimCheck> dkim;
    DmarcCheck dmarc;
    Stated stated = Stated::absent;
    std::string believed;                  // the trusted field in our words: "mx.acme.example: dmarc=pass"
    std::vector<std::string> disbelieved;  // whose other fields there are: their authserv-ids, made printable
    std::string arc;                       // of the newest ARC set (RFC 8617): noted, and changes nothing
    std::string results;                   // our own Authentication-Results, the field's body

    // What stands on the article and in the ledger: "pass", "fail" or "none".
    [[nodiscard]] char const* word() const;
};

// The first table of docs/authentication.md: sets `standing` by all that is there. Pure.
void weigh(SenderAuthentication& authentication);

[[nodiscard]] char const* to_string(SenderAuthentication::Standing standing);

}  // namespace postern
