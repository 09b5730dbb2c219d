// An SPF record (RFC 7208 12): its text -> terms, strictly; and the macros in its names (7). Pure and total.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/authentication.h"
#include "parsers/result.h"

namespace postern {

struct SpfDirective {
    enum class Mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };
    SpfResult qualifier = SpfResult::pass;  // pass, fail, softfail or neutral
    Mechanism mechanism = Mechanism::all;
    std::string domain_spec;  // with its macros; "": the domain that is checked
    std::string network;      // of ip4 and ip6: the address as written
    unsigned ip4_bits = 32, ip6_bits = 128;
    friend bool operator==(SpfDirective const&, SpfDirective const&) = default;
};

struct SpfRecord {
    std::vector<SpfDirective> directives;
    std::string redirect;  // domain-spec; "": there is none
    friend bool operator==(SpfRecord const&, SpfRecord const&) = default;
};

// RFC 7208 4.5: "v=spf1", then a space or the end. What is none is another use of TXT.
[[nodiscard]] bool is_spf_record(std::string_view text);

// Of one that is an SPF record. An error is RFC 7208 4.6's syntax error, wherever it stands: permerror.
[[nodiscard]] Parsed<SpfRecord> parse_spf_record(std::string_view text);

// What the macros of a domain-spec stand for (RFC 7208 7.2).
struct SpfMacros {
    std::string local_part, sender_domain;  // l, o; both make s
    std::string domain;                     // d: the one being checked now
    std::string address;                    // i: "192.0.2.1", or of IPv6 its 32 nibbles with dots between
    bool is_ipv6 = false;                   // v
    std::string helo;                       // h
    std::string validated_name;             // p
};

[[nodiscard]] bool has_macro(std::string_view domain_spec, char letter);

// The name, of at most 253 octets (RFC 7208 7.3: labels are dropped from the left). It may hold any octets.
[[nodiscard]] std::string expand_domain_spec(std::string_view domain_spec, SpfMacros const& macros);

}  // namespace postern
