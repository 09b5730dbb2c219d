// SPF (RFC 7208): may this client send mail for this domain? The only file that includes libspf2, which evaluates one
// mechanism at a time: a record's syntax, its macros, the order of evaluation and the limits of RFC 7208 4.6.4 are ours
// (parsers/spf_record.h, spf_check.cpp), since libspf2 1.2.10 knows no void lookups, counts terms anew in each include,
// expands %{l1} wrongly, obeys `redirect` where it stands, and takes no record of more than 511 octets.
#pragma once

#include <string>

#include "daemon/verifier/dns_lookup.h"
#include "parsers/authentication.h"

namespace postern::verifier {

struct SpfQuestion {
    std::string client_ip;  // "192.0.2.1", "2001:db8::1"; an IPv4-mapped IPv6 address is the IPv4 one
    std::string helo;
    std::string mail_from;  // "" is the null reverse-path: postmaster@HELO is checked (RFC 7208 2.4)
};

// Asks for at most 128 records: 1 of the domain and 10 of terms, each of which may name 10 hosts, and those of %{p}.
[[nodiscard]] SpfCheck check_spf(SpfQuestion const& question, DnsLookup const& lookup);

}  // namespace postern::verifier
