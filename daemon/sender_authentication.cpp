#include "daemon/sender_authentication.h"

#include <algorithm>

#include "parsers/dmarc.h"
#include "parsers/organizational_domain.h"

namespace postern {

namespace {

using Standing = SenderAuthentication::Standing;

bool is_aligned(SenderAuthentication const& it, std::string const& domain) {
    return aligned(domain, it.from_domain, Alignment::relaxed);
}

// What DNS did not say could have made it a pass.
bool has_trouble(SenderAuthentication const& it) {
    if (it.dmarc.result == DmarcResult::temperror) return true;
    if (it.spf.result == SpfResult::temperror && is_aligned(it, it.spf.domain)) return true;
    return std::ranges::any_of(it.dkim, [&](DkimCheck const& each) {
        // Without a domain: no verifier answered, and the signature may be anybody's.
        return each.result == DkimResult::temperror && (each.domain.empty() || is_aligned(it, each.domain));
    });
}

Standing standing_of(SenderAuthentication const& it) {
    if (is_authentic(it.dmarc, it.from_domain, it.spf, it.dkim) || it.stated == Stated::pass) return Standing::pass;
    if (it.stated == Stated::fail) return Standing::fail;
    if (has_trouble(it)) return Standing::trouble;
    bool const has_record = !it.dmarc.domain.empty();
    if (!it.spf_checked && it.stated == Stated::absent) {
        return has_record && it.dmarc.policy != DmarcPolicy::none ? Standing::unknown : Standing::none;
    }
    if (has_record) return Standing::fail;
    return it.spf.result == SpfResult::fail && is_aligned(it, it.spf.domain) ? Standing::fail : Standing::none;
}

}  // namespace

char const* SenderAuthentication::word() const {
    switch (standing) {
        case Standing::pass:
            return "pass";
        case Standing::fail:
            return "fail";
        default:
            return "none";
    }
}

void weigh(SenderAuthentication& authentication) {
    authentication.standing = standing_of(authentication);
}

char const* to_string(Standing standing) {
    switch (standing) {
        case Standing::not_asked:
            return "not asked";
        case Standing::pass:
            return "pass";
        case Standing::fail:
            return "fail";
        case Standing::none:
            return "none";
        case Standing::unknown:
            return "unknown";
        case Standing::trouble:
            return "trouble";
    }
    return "not asked";
}

}  // namespace postern
