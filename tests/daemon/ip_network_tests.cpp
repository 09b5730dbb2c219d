#include "daemon/ip_network.h"

#include <catch2/catch.hpp>

using postern::IpNetwork;

namespace {

bool is_in(std::string_view address, std::string_view network) {
    return IpNetwork::parse(network).value().contains(address);
}

}  // namespace

TEST_CASE("which addresses are in a network") {
    CHECK(is_in("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(is_in("192.0.2.2", "192.0.2.1"));
    CHECK(is_in("192.0.2.127", "192.0.2.0/25"));
    CHECK_FALSE(is_in("192.0.2.128", "192.0.2.0/25"));
    CHECK(is_in("198.51.100.7", "0.0.0.0/0"));
    CHECK(is_in("2001:db8::1", "2001:DB8::/32"));
    CHECK_FALSE(is_in("2001:db9::1", "2001:db8::/32"));
    CHECK(is_in("2001:db8:0:0::1", "2001:db8::1/128"));
    CHECK_FALSE(is_in("192.0.2.1", "::/0"));
    CHECK_FALSE(is_in("::1", "0.0.0.0/0"));
    CHECK_FALSE(is_in("", "0.0.0.0/0"));
    CHECK_FALSE(is_in("localhost", "0.0.0.0/0"));
}

TEST_CASE("what is no network") {
    for (auto const* const text : {"", "/8", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/x", "::1/129", "192.0.2"})
        CHECK_FALSE(IpNetwork::parse(text).has_value());
}
