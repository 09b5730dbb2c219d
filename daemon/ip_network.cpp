#include "daemon/ip_network.h"

#include <arpa/inet.h>

#include <charconv>

namespace postern {

namespace {

constexpr unsigned octet_bits = 8;

unsigned address_bits(int family) {
    return family == AF_INET ? sizeof(in_addr) * octet_bits : sizeof(in6_addr) * octet_bits;
}

}  // namespace

std::optional<IpNetwork::Address> IpNetwork::parse_address(std::string_view text) {
    std::string const terminated(text);
    if (terminated.find('\0') != std::string::npos) return std::nullopt;
    for (int const family : {AF_INET, AF_INET6}) {
        Address address{family, {}};
        if (::inet_pton(family, terminated.c_str(), address.octets.data()) == 1) return address;
    }
    return std::nullopt;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    auto const slash = text.find('/');
    auto const address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    IpNetwork network;
    network.address_ = *address;
    network.bits_ = address_bits(address->family);
    if (slash == text.npos) return network;
    auto const bits = text.substr(slash + 1);
    unsigned length = 0;
    auto const [stop, error] = std::from_chars(bits.data(), bits.data() + bits.size(), length);
    if (error != std::errc{} || stop != bits.data() + bits.size() || length > network.bits_) return std::nullopt;
    network.bits_ = length;
    return network;
}

bool IpNetwork::contains(std::string_view text) const {
    auto const address = parse_address(text);
    if (!address || address->family != address_.family) return false;
    for (unsigned bit = 0; bit < bits_; bit += octet_bits) {
        auto const left = bits_ - bit;
        auto const mask = left >= octet_bits ? 0xffU : 0xffU & (0xffU << (octet_bits - left));
        auto const at = bit / octet_bits;
        if (((address->octets[at] ^ address_.octets[at]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace postern
