#include "parsers/header_fields.h"

#include <catch2/catch.hpp>

#include "parsers/limits.h"

using namespace postern;

namespace {

// "Name=value|Name=value|body", values unfolded.
std::string split(std::string_view octets, EntityKind kind = EntityKind::message) {
    auto const block = split_header(octets, kind);
    std::string text;
    for (auto const& field : block.fields) text += std::string(field.name) + "=" + unfold(field.value) + "|";
    return text + std::string(octets.substr(block.body_offset));
}

}  // namespace

TEST_CASE("RFC 5322 2.2: fields, folds, and the empty line before the body") {
    CHECK(split("From: a@b\r\nSubject: one\r\n two\r\n\tthree\r\n\r\nbody\r\n") ==
          "From=a@b|Subject=one two three|body\r\n");
    CHECK(split("From: a@b\nTo: c@d\n\nbody") == "From=a@b|To=c@d|body");
    CHECK(split("From: a@b\rTo: c@d\r\rbody") == "From=a@b|To=c@d|body");
    CHECK(split("From: a@b\r\r\nTo: c@d\r\r\n\r\r\nbody") == "From=a@b|To=c@d|body");
    CHECK(split("Subject : obsolete space\r\n\r\n") == "Subject=obsolete space|");
    CHECK(split("From: a@b") == "From=a@b|");
    CHECK(split("") == "");
    CHECK(split("\r\nonly a body") == "only a body");
    CHECK(split("just prose, no header at all\nand more") == "just prose, no header at all\nand more");
}

TEST_CASE("a broken header is read on behind what is broken") {
    CHECK(split("Received: x\r\nthis is no field\r\nFrom: a@b\r\n\r\nbody") ==
          "Received=x this is no field|From=a@b|body");
    CHECK(split("rubbish first\r\nFrom: a@b\r\n\r\nbody") == "From=a@b|body");
    CHECK(split("From ana@b Mon Jan  1 00:00:00 2024\nFrom: a@b\n\nbody") == "From=a@b|body");
    CHECK(split(">From ana@b Mon Jan  1 00:00:00 2024\nFrom: a@b\n\nbody") == "From=a@b|body");
    CHECK(split("Subject: wrapped\r\nwithout indent\r\nFrom: a@b\r\n\r\nbody") ==
          "Subject=wrapped without indent|From=a@b|body");
    CHECK(split("Subject: one\r\n\\ttwo\r\nFrom: a@b\r\n\r\n") == "Subject=one two|From=a@b|");
    CHECK(split("Content-Type: multipart/mixed;\r\nboundary=x\r\nFrom: a@b\r\n\r\n") ==
          "Content-Type=multipart/mixed; boundary=x|From=a@b|");
    CHECK(split("From: a@b\r\nrubbish\r\nTo: c@d\r\n\r\n") == "From=a@b|To=c@d|");
    CHECK(split("\r\n\r\nFrom: a@b\r\n\r\nbody") == "From=a@b|body");
    CHECK(split("\xEF\xBB\xBF"
                "From: a@b\r\n\r\nbody") == "From=a@b|body");
    CHECK(split("List-Help:\r\nhttps://example.net/a\r\nFrom: a@b\r\n\r\n") ==
          "List-Help=https://example.net/a|From=a@b|");
}

TEST_CASE("a missing empty line ends the header where no field follows") {
    CHECK(split("From: a@b\r\nSubject: hi\r\nDear all,\r\nthe printer: it burns\r\n") ==
          "From=a@b|Subject=hi|Dear all,\r\nthe printer: it burns\r\n");
    CHECK(split("Content-Type: text/plain\r\nDear all\r\nFrom: me\r\n", EntityKind::part) ==
          "Content-Type=text/plain|Dear all\r\nFrom: me\r\n");
    CHECK(split("From: a@b\r\n   \r\nbody\r\n") == "From=a@b|body\r\n");
}

TEST_CASE("NUL, 8-bit octets and controls cost no more than the field they are in") {
    using namespace std::string_view_literals;
    CHECK(split("Fr\xF6m: x\r\nX-\0Y: z\r\nFrom: a@b\r\nSubject: a\0b\x01\x7F\r\n\r\nbody"sv)
              .ends_with("From=a@b|Subject=ab|body"));
}

TEST_CASE("a CR alone is no field's name") {
    auto const block = split_header("From: a@b\r\n\r: x@y\r\nSubject: z\r\n\r\nbody");
    for (auto const& field : block.fields) CHECK_FALSE(field.name.empty());
    CHECK(block.value("Subject") == " z");
}

TEST_CASE("a header line or a header over its limit is cut, said so, and the body is found") {
    auto const line = "Subject: " + std::string(200'000, 'x') + "\r\nFrom: a@b\r\n\r\nbody";
    auto const block = split_header(line);
    CHECK(block.over_limit == "header_line_octets");
    CHECK(block.value("from") == " a@b");
    CHECK(block.value("SUBJECT").size() <= limits::header_line_octets);
    CHECK(line.substr(block.body_offset) == "body");

    std::string many;
    while (many.size() < 2 * limits::header_octets) many += "X-Filler: " + std::string(60, 'y') + "\r\n";
    auto const full = split_header(many + "From: a@b\r\n\r\nbody");
    CHECK(full.over_limit == "header_octets");
    CHECK(full.find("from") == nullptr);
    CHECK(full.body_offset == many.size() + 13);
}
