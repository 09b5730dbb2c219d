// What the DNS says of our domains, held against what we send: what is good, what receivers would turn our mail away
// for, and what to publish. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/options.h"
#include "daemon/online/domain_facts.h"
#include "daemon/online/remark.h"

namespace postern {

// The public half of [dkim] key_file, as it has to be published.
struct OwnDkimKey {
    std::string record;  // of the TXT record
    unsigned bits = 0;   // of an RSA key
};

// What a canary showed that came back: what is from this domain is signed by who is aligned with it.
struct ProvedSignature {
    std::string from_domain, signer;
};

// `key`: none where there is no [dkim], or its key could not be read, which others tell.
[[nodiscard]] Remarks domain_standing(Options const& options, DnsFacts const& facts,
                                      std::optional<OwnDkimKey> const& key,
                                      std::optional<ProvedSignature> const& proved = {});

}  // namespace postern
