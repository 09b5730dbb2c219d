#include "parsers/smtp_chunk.h"

#include <catch2/catch.hpp>

using postern::smtp::ChunkReader;
using Status = ChunkReader::Status;

TEST_CASE("RFC 3030 2: a chunk ends where its octets are counted out, and a dot is a dot") {
    ChunkReader reader;
    std::string mail;
    reader.begin(7);
    auto const step = reader.read("..\r\n.\r\nNOOP\r\n", &mail);
    CHECK(step.status == Status::end);
    CHECK(step.consumed == 7);
    CHECK(mail == "..\r\n.\r\n");
}

TEST_CASE("a chunk comes in pieces, a mail in chunks") {
    ChunkReader reader;
    std::string mail;
    reader.begin(4);
    CHECK(reader.read("ab", &mail).status == Status::more);
    CHECK(reader.left() == 2);
    CHECK(reader.read("", &mail).status == Status::more);
    CHECK(reader.read("c\r", &mail).status == Status::end);
    CHECK(reader.line_is_cut());
    CHECK(reader.read("\nd", &mail).consumed == 0);
    reader.begin(0);
    CHECK(reader.read("\nd", &mail).status == Status::end);
    CHECK(reader.line_is_cut());
    reader.begin(2);
    CHECK(reader.read("\nde", &mail).consumed == 2);
    CHECK_FALSE(reader.line_is_cut());
    CHECK(mail == "abc\r\nd");
    reader.begin(UINT64_MAX);
    CHECK(reader.read("x", nullptr).status == Status::more);
    CHECK(reader.left() == UINT64_MAX - 1);
    CHECK(mail == "abc\r\nd");
}

TEST_CASE("a bare CR or LF in a chunk is none of a mail's lines, however it is cut") {
    for (std::string const octets : {"a\nb", "a\rb", "\n", "\r\r\n", "\r\n\n", "a\r\n\rb", "\n.\n", "\r.\r"}) {
        INFO(octets);
        ChunkReader whole;
        whole.begin(octets.size());
        CHECK(whole.read(octets, nullptr).status == Status::bare_line_ending);
        ChunkReader cut;
        auto status = Status::more;
        for (char const octet : octets) {
            cut.begin(1);
            if (status != Status::bare_line_ending) status = cut.read({&octet, 1}, nullptr).status;
        }
        CHECK(status == Status::bare_line_ending);
    }
}
