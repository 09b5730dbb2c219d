// What a client is counted by: its IPv4 address, or the /64 that is one IPv6 host's to choose from (RFC 4291 2.5.1). A
// value; pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

using AddressKey = std::array<unsigned char, 16>;

// None of what is no address ("", of a Unix socket's peer).
[[nodiscard]] std::optional<AddressKey> address_key(std::string_view address);

// The address as it is shown and compared: an IPv4 one that comes as an IPv6 one (RFC 4291 2.5.5.2) is IPv4's. None of
// what is no address.
[[nodiscard]] std::optional<std::string> shown_address(std::string_view address);

}  // namespace postern
