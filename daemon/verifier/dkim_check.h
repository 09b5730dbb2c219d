// DKIM (RFC 6376, 8301, 8463): the signatures of a mail, verified by libopendkim; the only file that includes it. Which
// signatures it gets to see, and whether one that it verified counts, is decided here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/verifier/dns_lookup.h"
#include "parsers/authentication.h"

namespace postern::verifier {

struct DkimQuestion {
    std::string_view octets;      // of the mail; lines end with CRLF, or LF
    std::string from_domain;      // of the From field
    std::size_t most_signatures;  // that are verified
    std::int64_t now;             // seconds of Unix time
};

// Signatures that are told of at all. Mailing lists leave some; who sends more, sends them for our pain.
inline constexpr std::size_t most_reported_signatures = 20;

// In the order of the fields. Asks for one record a verified signature.
[[nodiscard]] std::vector<DkimCheck> check_dkim(DkimQuestion const& question, DnsLookup const& lookup);

}  // namespace postern::verifier
