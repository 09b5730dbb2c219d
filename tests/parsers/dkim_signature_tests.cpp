#include "parsers/dkim_signature.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

// "d= s= a= l"
std::string read(std::string_view body) {
    auto const tags = parse_dkim_signature(body);
    return tags.domain + "|" + tags.selector + "|" + tags.algorithm + (tags.has_length ? "|l" : "|");
}

// "i d= cv="
std::string seal(std::string_view body) {
    auto const note = parse_arc_seal(body);
    return note ? std::to_string(note->instance) + "|" + note->domain + "|" + note->chain_validation : "no seal";
}

}  // namespace

TEST_CASE("RFC 6376 3.5: what a DKIM-Signature says of itself") {
    CHECK(read(" v=1; a=rsa-sha256; c=relaxed/relaxed; d=Northwind.com;\r\n\ts=s1._x; t=1700000000;\r\n"
               " h=from:to:subject; bh=Zm9v=;\r\n b=Zm9v\r\n YmFy=") == "northwind.com|s1._x|rsa-sha256|");
    CHECK(read("d = northwind.com ; s\r\n =\r\n s1;a=ed25519-sha256;l=0") == "northwind.com|s1|ed25519-sha256|l");
    CHECK(read("a=rsa-sha1; d=northwind.com; s=s1; l=") == "northwind.com|s1|rsa-sha1|l");
    CHECK(read("a=rsa-md5; d=northwind.com; s=s1") == "northwind.com|s1||");
    CHECK(read("d=b\xC3\xBC"
               "cher.example; s=s1") == "xn--bcher-kva.example|s1||");
}

TEST_CASE("RFC 6376 3.5: signatures that nobody can verify") {
    CHECK(read("") == "|||");
    CHECK(read("a=rsa-sha256") == "||rsa-sha256|");
    CHECK(read("d=; s=") == "|||");
    CHECK(read("d; s") == "|||");
    CHECK(read("d=northwind.com; d=eve.com; s=s1; s=s1; a=rsa-sha256; a=rsa-sha256; l=1; l=2") == "|||l");
    CHECK(read("D=northwind.com; S=s1") == "|||");
    CHECK(read("d=north wind.com; s=s\r\n 1") == "|||");
    CHECK(read("d=[192.0.2.1]; s=..") == "|||");
    CHECK(read("d=ana@northwind.com; s=a/b") == "|||");
    CHECK(read("b=x=;d=northwind.com") == "northwind.com|||");
    CHECK(read("b=\"d=eve.com\"; (d=eve.com; s=s1") == "|s1||");
    CHECK(read(std::string("d=north\0wind.com; s=s1", 22)) == "|s1||");
    CHECK(read("d=" + std::string(100000, 'a') + "; s=s1") == "|s1||");
    CHECK(read(std::string(100000, ';') + "d=northwind.com") == "northwind.com|||");
}

TEST_CASE("RFC 7489 3.1.1: a signature is worth verifying where it could be aligned with From") {
    DkimSignatureTags const itself{"northwind.com", "s1", "", false}, below{"mail.northwind.com", "s1", "", true},
        other{"eve.com", "s1", "", false}, none{"", "", "", false}, without_key{"northwind.com", "", "", false};
    CHECK(is_worth_verifying({itself}, "northwind.com"));
    CHECK(is_worth_verifying({other, none, below}, "northwind.com"));
    CHECK(is_worth_verifying({itself}, "shop.northwind.com"));
    CHECK_FALSE(is_worth_verifying({other, none, without_key}, "northwind.com"));
    CHECK_FALSE(is_worth_verifying({}, "northwind.com"));
    CHECK_FALSE(is_worth_verifying({none, itself}, ""));
}

TEST_CASE("RFC 8617 4.1.3: what an ARC-Seal says of itself") {
    CHECK(seal(" i=1; a=rsa-sha256; t=1700000000; cv=none;\r\n d=Northwind.com; s=arc; b=Zm9v") ==
          "1|northwind.com|none");
    CHECK(seal("i=50;cv=pass;d=northwind.com") == "50|northwind.com|pass");
    CHECK(seal("i=2; cv=fail") == "2||fail");
    CHECK(seal("i=2; cv=maybe; d=-") == "2||");
    for (std::string const body :
         {"", "i=", "i=0", "i=51", "i=001", "i=-1", "i=1x", "i=1; i=2", "cv=pass; d=northwind.com"}) {
        CAPTURE(body);
        CHECK(seal(body) == "no seal");
    }
}
