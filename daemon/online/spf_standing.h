// Whether a domain's SPF record is sound and covers what our mail comes from. Pure.
#pragma once

#include <string>

#include "config/options.h"
#include "daemon/online/domain_facts.h"
#include "daemon/online/remark.h"
#include "daemon/online/sending_route.h"

namespace postern {

// Whose domain it is, and so what a fault of its record does.
enum class SpfUse {
    reverse_path,  // receivers check it for what we send
    greeting,      // of the name our MTA greets with: checked for mail with the null reverse-path (RFC 7208 2.4)
    from_only      // of mail in From, not of what is checked for ours
};

struct SpfSubject {
    std::string domain;
    SpfUse use = SpfUse::from_only;
    ConfigKey about;
};

[[nodiscard]] Remarks spf_standing(Options const& options, SpfSubject const& subject, SendingRoute const& route,
                                   SpfFacts const& facts);

// Every address that our mail comes from is known, and the record lets it.
[[nodiscard]] bool spf_covers(SendingRoute const& route, SpfFacts const& facts);

}  // namespace postern
