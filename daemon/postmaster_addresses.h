// The postmaster's addresses at our domains, which every SMTP server has (RFC 5321 4.5.1). Pure.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"
#include "parsers/mailbox.h"

namespace postern {

// What recipients are compared by: Mailbox::key(), and of <postmaster> without a domain "postmaster".
[[nodiscard]] std::string recipient_key(Mailbox const& recipient);

// Without a domain, at the domain of each mailbox and alias, and at our hostname, where the automatic mails to [site]
// postmaster are from. Without those that are mailboxes or aliases themselves.
[[nodiscard]] std::vector<std::string> postmaster_keys(Options const& options);

}  // namespace postern
