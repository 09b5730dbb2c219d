// The DNS record that lets others verify what a key signs (RFC 6376 3.6). Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/dkim_private_key.h"

namespace postern {

// "postern._domainkey.acme.example", without a dot at the end.
[[nodiscard]] std::string dkim_record_name(DkimOptions const& options);

// What the TXT record says, as one text: "v=DKIM1; k=rsa; p=…".
[[nodiscard]] std::string dkim_record(DkimPrivateKey const& key);

// A line of a zone (RFC 1035 5.1): `name. IN TXT ( "…" "…" )`, the text in strings of at most 255 octets, which a
// verifier joins again (RFC 6376 3.6.2.2).
[[nodiscard]] std::string dkim_zone_line(std::string_view name, std::string_view text);

}  // namespace postern
