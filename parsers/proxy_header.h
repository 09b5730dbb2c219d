// The header of the PROXY protocol, with which a load balancer begins a connection to say whose it is (version 2, and
// the one line of version 1; haproxy.org, "The PROXY protocol", 2020). Pure and total; of the octets only those of the
// header are looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

struct ProxyHeader {
    enum class Status : std::uint8_t {
        more,  // may become one
        whole,
        none  // no header, or a broken one
    };
    Status status = Status::more;
    // The client's IP address as text, not canonical and of version 1 perhaps none: "" where the connection is the
    // balancer's own (LOCAL: its health check), or the client has no IP address (UNSPEC, UNKNOWN, AF_UNIX).
    std::string client;
    // Where it is whole: octets of it in all. Its TLVs may still be to come, up to 65535 octets; they are not read.
    std::size_t octets = 0;
};

// How many octets are enough to be told `whole` or `none`: version 1's line, which is longer than version 2 with the
// addresses of AF_INET6. What more is there is never asked for.
inline constexpr std::size_t proxy_header_octets = 107;

[[nodiscard]] ProxyHeader read_proxy_header(std::string_view octets);

}  // namespace postern
