// Words that the judges of our domains' DNS share. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "daemon/online/remark.h"

namespace postern {

// "192.0.2.1, 2001:db8::1"
[[nodiscard]] std::string in_one_line(std::vector<std::string> const& parts);

// A record as it is published, in one line and cut: it may be anybody's, and 64 KiB.
[[nodiscard]] std::string shown(std::string_view record);

// `acme.example. IN TXT "v=spf1 -all"`, in strings of at most 255 octets (RFC 1035 3.3).
[[nodiscard]] std::string txt_line(std::string const& name, std::string_view text);

// "the resolver 127.0.0.1:5353", "the system's resolver"
[[nodiscard]] std::string resolver_name(Options const& options);

// The DNS said neither yes nor no: nothing is concluded from that.
void tell_trouble(Remarks& remarks, Options const& options, std::string const& what, std::string const& domain);

// The first mailbox of a domain.
[[nodiscard]] ConfigKey mailbox_key(Options const& options, std::string_view domain);

// What mends an access token that is not granted.
[[nodiscard]] std::string token_cure(OAuth2Options const& options);

}  // namespace postern
