// AuthenticationRuling: what follows from how a mail's sender is authenticated, by the policy in force. Pure: the
// second table of docs/authentication.md.
#pragma once

#include <string>
#include <vector>

#include "config/contact_list.h"
#include "daemon/sender_authentication.h"
#include "store/ledger.h"

namespace postern {

enum class Ruling : std::uint8_t {
    taken,       // the rules that follow decide
    refused,     // SMTP's 550 5.7.26, listed or not
    held,        // where the sender's mail would be taken; else the rules that follow refuse it
    awaits_dns,  // SMTP's 451 4.7.0
};

struct AuthenticationRuling {
    Ruling ruling = Ruling::taken;
    std::string result;  // in words, for the operator
};

// `waited_too_long`: DNS had trouble for so long that waiting for it has to end.
[[nodiscard]] AuthenticationRuling rule_on(SenderAuthentication const& authentication, AuthenticationPolicy policy,
                                           bool by_imap, bool waited_too_long);

// What SPF, DKIM, DMARC and the fields of others found, one step each, for `message why`.
[[nodiscard]] std::vector<StoryStep> authentication_story(SenderAuthentication const& authentication);

}  // namespace postern
