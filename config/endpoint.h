// Where to listen and whom to talk to: domains, IP addresses, server URLs. Pure: nothing is resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/options.h"
#include "parsers/result.h"

namespace postern {

// RFC 1035 2.3.1 as relaxed by RFC 1123 2.1; U-labels become A-labels. Lower case, without a final dot.
[[nodiscard]] Parsed<std::string> parse_domain(std::string_view text);
// "northwind.example", or "*.northwind.example" for those below it.
[[nodiscard]] Parsed<std::string> parse_domain_pattern(std::string_view text);

// "192.0.2.1" or "2001:db8::1".
[[nodiscard]] bool is_ip_address(std::string_view text);
// "192.0.2.1", "192.0.2.0/24", "2001:db8::/32".
[[nodiscard]] Parsed<std::string> parse_network(std::string_view text);
// localhost, 127.0.0.0/8 and ::1: what is said there passes no wire.
[[nodiscard]] bool is_loopback(std::string_view host);

struct ServerUrl {
    std::string scheme;  // lower case
    std::string host;    // a domain or an address, without brackets
    std::optional<std::uint16_t> port;

    [[nodiscard]] std::string text() const;  // "imaps://[::1]:993"
};

// scheme://host[:port], with nothing behind it but a slash.
[[nodiscard]] Parsed<ServerUrl> parse_server_url(std::string_view text);

// "127.0.0.1:2525", "[::1]:25", "unix:PATH" or "systemd". The path as written.
[[nodiscard]] Parsed<ListenAddress> parse_listen_address(std::string_view text);
// "127.0.0.1:5353", "[::1]:53", or an address alone.
[[nodiscard]] Parsed<std::string> parse_resolver(std::string_view text);

}  // namespace postern
