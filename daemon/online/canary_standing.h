// What became of the canary's authentication on its way: what the receiving side states, and what its signatures are
// worth. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/online/domain_standing.h"
#include "daemon/online/remark.h"
#include "parsers/authentication.h"
#include "parsers/dmarc.h"
#include "parsers/stated_authentication.h"

namespace postern {

struct CanaryFacts {
    std::string from_domain;
    std::vector<DkimCheck> dkim;  // of the mail as it came back, verified here
    StatedAuthentication stated;  // by an Authentication-Results field that is trusted
    std::string stated_by;        // its authserv-id; "": there is no such field
    PublishedDmarc dmarc;         // of from_domain
};

// A signature that counts for DMARC, on the canary as it came back. nullopt: there is none.
[[nodiscard]] std::optional<ProvedSignature> proved_signature(CanaryFacts const& facts);

[[nodiscard]] Remarks canary_standing(Options const& options, CanaryFacts const& facts);

}  // namespace postern
