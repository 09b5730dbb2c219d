// Which mail an MTA of ours hands over (Envelope::from_our_mta), where there is no session that knows. Pure.
#pragma once

#include <string>

#include "config/options.h"
#include "store/ledger.h"

namespace postern {

// By LMTP, or by SMTP from one of [authentication] trusted_relays; `client` is the address of the peer, or "".
[[nodiscard]] bool is_from_our_mta(Source source, std::string const& client, Options const& options);

}  // namespace postern
