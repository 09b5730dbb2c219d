#include "parsers/base64.h"

#include <catch2/catch.hpp>

#include "parsers/transfer_encoding.h"

using namespace postern;

TEST_CASE("RFC 4648 10: octets as base64, and back") {
    CHECK(encode_base64("").empty());
    CHECK(encode_base64("f") == "Zg==");
    CHECK(encode_base64("fo") == "Zm8=");
    CHECK(encode_base64("foo") == "Zm9v");
    CHECK(encode_base64("foobar") == "Zm9vYmFy");
    std::string every;
    for (int octet = 0; octet < 256; ++octet) every += static_cast<char>(octet);
    CHECK(decode_base64(encode_base64(every)) == every);
}
