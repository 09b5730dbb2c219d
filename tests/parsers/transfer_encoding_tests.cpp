#include "parsers/transfer_encoding.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("RFC 2045 6.1: the transfer encoding's token, however it is dressed up") {
    CHECK(parse_transfer_encoding("base64") == TransferEncoding::base64);
    CHECK(parse_transfer_encoding(" BASE64 (RFC 2045)") == TransferEncoding::base64);
    CHECK(parse_transfer_encoding("\"quoted-printable\";") == TransferEncoding::quoted_printable);
    CHECK(parse_transfer_encoding("x-uuencode") == TransferEncoding::uuencode);
    CHECK(parse_transfer_encoding("8bit") == TransferEncoding::identity);
    CHECK(parse_transfer_encoding("") == TransferEncoding::identity);
    CHECK(parse_transfer_encoding("no-such-thing") == TransferEncoding::identity);
}

TEST_CASE("RFC 2045 6.8: base64") {
    CHECK(decode_base64("SGVsbG8=") == "Hello");
    CHECK(decode_base64("SGVs\r\nbG8=\r\n") == "Hello");
    CHECK(decode_base64("") == "");
    CHECK(decode_base64("AP8Q") == std::string("\0\xff\x10", 3));

    SECTION("foreign characters are skipped") {
        CHECK(decode_base64("S!G|V\x80s*bG8=") == "Hello");
    }
    SECTION("a truncated group gives what it still holds") {
        CHECK(decode_base64("SGVsbG8") == "Hello");
        CHECK(decode_base64("SGVsbA") == "Hell");
        CHECK(decode_base64("SGVsb") == "Hel");
    }
    SECTION("padded runs behind one another are joined") {
        CHECK(decode_base64("SGVsbG8=\r\nIHlvdQ==\r\n") == "Hello you");
    }
    SECTION("behind the padding a footer is no data") {
        CHECK(decode_base64("SGVsbG8=\r\n\r\n_______________________\r\nlist mailing list\r\n") == "Hello");
    }
    SECTION("padding on padding stays linear") {
        std::string many;
        for (int i = 0; i < 1'000'000; ++i) many += "A=";
        CHECK(decode_base64(many).size() <= many.size());
    }
}

TEST_CASE("RFC 2045 6.7: quoted-printable") {
    CHECK(decode_quoted_printable("Gr=C3=BC=c3=9fe") == "Grüße");
    CHECK(decode_quoted_printable("one =\r\nline") == "one line");
    CHECK(decode_quoted_printable("one = \t\r\nline") == "one line");
    CHECK(decode_quoted_printable("a\r\nb\nc") == "a\r\nb\nc");
    CHECK(decode_quoted_printable("ends=") == "ends");

    SECTION("rule 3: trailing white space was added on the way") {
        CHECK(decode_quoted_printable("a \t\r\nb=20\r\n") == "a\r\nb \r\n");
    }
    SECTION("what is no escape stays visible") {
        CHECK(decode_quoted_printable("1=1 =XY =4") == "1=1 =XY =4");
    }
}

TEST_CASE("uuencode: a file within a text") {
    std::string const text = "See below.\n\nbegin 644 hello.txt\n%2&5L;&\\\n`\nend\nBye\n";
    auto const file = find_uuencoded(text);
    REQUIRE(file);
    CHECK(file->name == "hello.txt");
    CHECK(text.substr(file->end) == "Bye\n");
    CHECK(decode_uuencode(text.substr(file->begin, file->end - file->begin)) == "Hello");
    CHECK_FALSE(find_uuencoded(text, file->end));

    SECTION("CRLF, and spaces that were lost at the end of lines") {
        auto const other = find_uuencoded("begin 0755 a b\r\n#0V%T\r\n\r\nend\r\n");
        REQUIRE(other);
        CHECK(other->name == "a b");
        CHECK(decode_uuencode("begin 0755 a b\r\n#0V%T\r\n\r\nend\r\n") == "Cat");
    }
    SECTION("a sentence is no file") {
        CHECK_FALSE(find_uuencoded("begin 644 reasons to stay\nThe first one is the weather, and more.\n"));
        CHECK_FALSE(find_uuencoded("we begin 644 x\n%2&5L;&\\\n"));
    }
}
