// IpNetwork: an IP address or network of the configuration, and which addresses are in it. A value; pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class IpNetwork {
  public:
    // "192.0.2.1", "192.0.2.0/24", "2001:db8::/32".
    [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

    // What is no address ("", of a Unix socket's peer) is in none; an IPv4 address is in no IPv6 network.
    [[nodiscard]] bool contains(std::string_view address) const;

  private:
    struct Address {
        int family = 0;
        std::array<unsigned char, 16> octets{};  // of IPv4 the first four
    };
    [[nodiscard]] static std::optional<Address> parse_address(std::string_view text);

    Address address_;
    unsigned bits_ = 0;  // of the prefix
};

}  // namespace postern
