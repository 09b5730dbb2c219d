// The organizational domain of a domain (RFC 7489 3.2), and whether two domains are aligned (3.1). Pure: Mozilla's list
// of public suffixes is the one that is built into libpsl. Safe to call from any number of threads at once.
//
// Domains are as everywhere in lower case, as A-labels, without a dot at the end (domain_name.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

// "mail.shop.example.co.uk" -> "example.co.uk": the public suffix and one label more. The list's private section
// counts, so "ana.github.io" is its own: who shares a host is nobody else.
// "" where there is none: what is no domain in that form (capitals, empty labels, a dot at the end, over 255 octets),
// an IP address, a single label, a public suffix itself ("co.uk", "github.io").
[[nodiscard]] std::string organizational_domain(std::string_view domain);

enum class Alignment : std::uint8_t { strict, relaxed };  // RFC 7489 6.3 "adkim", "aspf"

// RFC 7489 3.1.1, 3.1.2: `authenticated` is what DKIM's d= or SPF vouches for. Strict: it is the From's domain;
// relaxed: it has the same organizational domain as well. What has none is aligned with itself alone, and what is no
// domain with nothing, itself included.
[[nodiscard]] bool aligned(std::string_view authenticated, std::string_view from, Alignment alignment);

}  // namespace postern
