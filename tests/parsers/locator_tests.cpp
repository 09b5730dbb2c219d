#include "parsers/locator.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("a locator's text form is kept with tickets for ever") {
    Locator const locator{{120, 3400, TransferEncoding::base64}, {7, 9, TransferEncoding::identity}};
    CHECK(to_string(locator) == "120-3400:b/7-9:i");
    CHECK(parse_locator("120-3400:b/7-9:i") == locator);
    CHECK(parse_locator("0-0:q/0-1:u") ==
          Locator{{0, 0, TransferEncoding::quoted_printable}, {0, 1, TransferEncoding::uuencode}});
}

TEST_CASE("what is no locator") {
    for (auto const* const text : {"", "1", "1-", "1-2", "1-2:", "1-2:x", "2-1:i", "-1-2:i", "1-2:i/", "1-2:ii",
                                   "99999999999999999999-0:i", "0-1:i/0-1:i/0-1:i/0-1:i/0-1:i/0-1:i/0-1:i/0-1:i/0-1:i"})
        CHECK_FALSE(parse_locator(text));
}

TEST_CASE("the octets a locator leads to") {
    CHECK(octets_at("xxSGVsbG8=", {{2, 10, TransferEncoding::base64}}) == "Hello");
    CHECK(octets_at("xxSGVsbG8=", {{2, 10, TransferEncoding::base64}, {1, 3, TransferEncoding::identity}}) == "el");
    CHECK_FALSE(octets_at("short", {{2, 10, TransferEncoding::base64}}));
    CHECK_FALSE(octets_at("xxSGVsbG8=", {{2, 10, TransferEncoding::base64}, {1, 9, TransferEncoding::identity}}));
}
