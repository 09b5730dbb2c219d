#include "daemon/refusals.h"

#include <catch2/catch.hpp>

using namespace postern;
using namespace std::chrono_literals;

namespace {

AddressKey key(std::string_view address) {
    auto const found = address_key(address);
    REQUIRE(found);
    return *found;
}

Refusals::Clock::time_point const start{100h};

}  // namespace

TEST_CASE("an IPv4 address counts for itself however it is written, an IPv6 one for its /64") {
    CHECK(key("192.0.2.1") == key("::ffff:192.0.2.1"));
    CHECK(key("192.0.2.1") != key("192.0.2.2"));
    CHECK(key("2001:db8::1") == key("2001:db8::ffff:2:3:4"));
    CHECK(key("2001:db8::1") != key("2001:db8:0:1::1"));
    CHECK_FALSE(address_key(""));
    CHECK_FALSE(address_key("client.example"));
    CHECK(shown_address("2001:0db8:0000::000a") == "2001:db8::a");
    CHECK(shown_address("::ffff:192.0.2.1") == "192.0.2.1");
}

TEST_CASE("so many refusals in an hour, told once when they are reached") {
    Refusals refusals(Rate{3, 1h});
    auto const bad = key("192.0.2.1"), other = key("192.0.2.2");
    CHECK_FALSE(refusals.count(bad, 2, start));
    CHECK(refusals.left(bad, start) == 1);
    CHECK(refusals.count(bad, 1, start + 1min));
    CHECK_FALSE(refusals.count(bad, 1, start + 2min));
    CHECK(refusals.left(bad, start + 59min) == 0);
    CHECK(refusals.left(other, start + 59min) == 3);
    CHECK(refusals.left(bad, start + 70min) > 0);  // of the first hour a part is in the window
    CHECK(refusals.left(bad, start + 70min) < 3);
    CHECK(refusals.left(bad, start + 2h) == 3);
    CHECK(refusals.left(bad, start + 100h) == 3);
}

TEST_CASE("a rate that goes on at the limit's pace stays at the limit") {
    Refusals refusals(Rate{60, 1h});
    auto const steady = key("192.0.2.1");
    for (auto at = start; at < start + 5h; at += 2min) CHECK_FALSE(refusals.count(steady, 1, at));
    for (auto at = start + 5h; at < start + 7h; at += 10s) static_cast<void>(refusals.count(steady, 1, at));
    CHECK(refusals.left(steady, start + 7h) == 0);
}

TEST_CASE("no limit counts nothing, another limit counts from what there is") {
    Refusals refusals(Rate{0, 1h});
    auto const client = key("192.0.2.1");
    CHECK_FALSE(refusals.count(client, 1000, start));
    CHECK(refusals.left(client, start) > 1000);
    CHECK(refusals.addresses() == 0);
    refusals.set_limit(Rate{10, 1h});
    static_cast<void>(refusals.count(client, 5, start));
    refusals.set_limit(Rate{5, 1h});
    CHECK(refusals.left(client, start) == 0);
}

TEST_CASE("more addresses than are remembered: the one refused the longest ago is forgotten") {
    Refusals refusals(Rate{1, 1h});
    auto const number = [](std::size_t n) {
        AddressKey made{};
        for (std::size_t at = 0; at < 4; ++at) made[at] = static_cast<unsigned char>(n >> (8 * at));
        return made;
    };
    for (std::size_t n = 0; n < Refusals::most_addresses; ++n) static_cast<void>(refusals.count(number(n), 1, start));
    static_cast<void>(refusals.count(number(0), 1, start + 1s));
    static_cast<void>(refusals.count(number(Refusals::most_addresses), 1, start + 2s));
    CHECK(refusals.addresses() == Refusals::most_addresses);
    CHECK(refusals.left(number(0), start + 3s) == 0);
    CHECK(refusals.left(number(1), start + 3s) == 1);
    CHECK(refusals.left(number(2), start + 3s) == 0);
}
