// DNS messages (RFC 1035 4): the query for one question, and what a response says to it. Pure and total: any octets
// have an answer, in time and memory that the bounds of dns_message.cpp end, whatever they claim of their counts,
// lengths and compression pointers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace postern {

enum class DnsType : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

struct DnsRecord {
    // a, aaaa: the 4 or 16 octets. ptr, mx: the name, lower case, without a dot at the end, octets other than
    // letters, digits, '-', '_' and '.' escaped as \DDD (RFC 1035 5.1); the root, as of a null MX (RFC 7505), is "".
    // txt: its strings joined (RFC 7208 3.3).
    std::string data;
    std::uint16_t preference = 0;  // of mx
    friend bool operator==(DnsRecord const&, DnsRecord const&) = default;
};

// What is asked. The name as it is on the wire (labels with their lengths, the root's zero at the end), lower case.
struct DnsQuestion {
    std::string wire_name;
    DnsType type = DnsType::a;
    friend bool operator==(DnsQuestion const&, DnsQuestion const&) = default;
    friend bool operator<(DnsQuestion const& one, DnsQuestion const& other) {
        return std::tie(one.type, one.wire_name) < std::tie(other.type, other.wire_name);
    }
};

// A name as people write it, with or without its last dot, with \DDD and \X for what they can't write. None: empty,
// the root, an empty label, a label over 63 octets, over 255 in all.
[[nodiscard]] std::optional<std::string> dns_wire_name(std::string_view name);

// A query for recursion, with EDNS (RFC 6891) for answers of up to `udp_octets` by UDP; 0: without.
[[nodiscard]] std::string dns_query(DnsQuestion const& question, std::uint16_t id, std::uint16_t udp_octets);

struct DnsReply {
    enum class Kind : std::uint8_t {
        found,
        no_data,    // the name exists, without records of this type
        no_name,    // NXDOMAIN
        failed,     // another response code: SERVFAIL, REFUSED
        truncated,  // it says that there is more than it holds: by TCP there is all of it
        other,      // no response, or one to another question
        broken,     // no DNS message, a CNAME chain without an end, or more than the bounds
    };
    Kind kind = Kind::broken;
    unsigned response_code = 0;
    std::vector<DnsRecord> records;  // of found
    // Seconds for which it may be kept. found: the least of the records and of the CNAMEs that led there. no_data,
    // no_name: as the SOA says (RFC 2308 5); none: without one.
    std::optional<std::uint32_t> ttl;
};

// CNAMEs within the response are followed. It is read whatever its id.
[[nodiscard]] DnsReply read_dns_response(std::string_view octets, DnsQuestion const& question);

// The name whose PTR records name the host of an address: 4 octets in in-addr.arpa (RFC 1035 3.5), 16 in ip6.arpa (RFC
// 3596 2.5). Other lengths are none: "".
[[nodiscard]] std::string reverse_dns_name(std::string_view address_octets);

}  // namespace postern
