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

// `key`: none where there is no [dkim], or its key could not be read, which others tell.
[[nodiscard]] Remarks domain_standing(Options const& options, DnsFacts const& facts,
                                      std::optional<OwnDkimKey> const& key);

}  // namespace postern
