#include "parsers/part_scanner.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

constexpr ScanBounds bounds{50, 1000};

// "multipart/mixed(text/plain text/html)": the tree of a mail in one line.
std::string shape(ScannedParts const& scanned, std::size_t index = 0) {
    auto text = scanned.parts[index].media_type.essence();
    std::string within;
    for (std::size_t i = index + 1; i < scanned.parts.size(); ++i)
        if (scanned.parts[i].parent == index) within += (within.empty() ? "" : " ") + shape(scanned, i);
    return within.empty() ? text : text + "(" + within + ")";
}

std::string shape(std::string_view octets) {
    return shape(scan_parts(octets, bounds));
}

std::string body(std::string_view octets, std::size_t index) {
    auto const scanned = scan_parts(octets, bounds);
    auto const& part = scanned.parts.at(index);
    return std::string(octets.substr(part.body_begin, part.end - part.body_begin));
}

}  // namespace

TEST_CASE("RFC 2046 5.1.1: the line end before a delimiter belongs to it") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\none\r\n\r\n--b  \r\nContent-Type: "
        "text/html\r\n\r\ntwo\r\n--b--\r\nepilogue";
    CHECK(shape(mail) == "multipart/mixed(text/plain text/html)");
    CHECK(body(mail, 1) == "one\r\n");
    CHECK(body(mail, 2) == "two");
}

TEST_CASE("delimiters count at the start of a line only, and must match wholly") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnot a --b delimiter\n--bb\n --b\n--b- -\nend\n--b--\n";
    CHECK(shape(mail) == "multipart/mixed(text/plain)");
    CHECK(body(mail, 1) == "not a --b delimiter\n--bb\n --b\n--b- -\nend");
}

TEST_CASE("a delimiter of an outer multipart closes those within") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: multipart/alternative; "
        "boundary=inner\n\n--inner\n\nplain\n"
        "--outer\nContent-Type: image/png\n\npng\n--outer--\n";
    CHECK(shape(mail) == "multipart/mixed(multipart/alternative(text/plain) image/png)");
    CHECK(body(mail, 2) == "plain");
}

TEST_CASE("one boundary is the beginning of another") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; "
        "boundary=b2\n\n--b2\n\nx\n--b2--\n--b\n\ny\n--b--\n";
    CHECK(shape(mail) == "multipart/mixed(multipart/alternative(text/plain) text/plain)");
}

TEST_CASE("a part without a header, and one of nothing but a header") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n--b\nContent-Type: "
        "image/png\n\n--b--\n";
    CHECK(shape(mail) == "multipart/mixed(text/plain text/html image/png)");
    CHECK(body(mail, 2).empty());
    CHECK(body(mail, 3).empty());
}

TEST_CASE("each entity lies within the one that holds it, a header without a body too") {
    std::string const mail =
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nContent-Type: "
        "text/html\n\n--a--\n";
    auto const scanned = scan_parts(mail, bounds);
    REQUIRE(scanned.parts.size() == 3);
    CHECK(scanned.parts[2].body_begin == scanned.parts[2].end);
    CHECK(scanned.parts[2].end <= scanned.parts[1].end);
}

TEST_CASE("what is left open ends with the mail") {
    std::string const mail = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nplain\n";
    auto const scanned = scan_parts(mail, bounds);
    CHECK(shape(scanned) == "multipart/mixed(text/plain)");
    CHECK(body(mail, 1) == "plain\n");
    CHECK(scanned.defects.size() == 1);
}

TEST_CASE("RFC 2046 5.1.5 and 5.2.1: digests and nested messages") {
    std::string const mail =
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nfirst\n--b\n\nContent-Type: "
        "multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n--b--\n";
    CHECK(shape(mail) == "multipart/digest(message/rfc822(text/plain) message/rfc822(multipart/mixed(text/plain)))");
    CHECK(body(mail, 1) == "Subject: one\n\nfirst");
}

TEST_CASE("an encoded nested message is not looked into") {
    CHECK(shape("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAo=\n") ==
          "message/rfc822");
}

TEST_CASE("a missing boundary parameter is guessed from the first delimiter before a header") {
    CHECK(shape("Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html\n\nhi\n--x--\n") ==
          "multipart/mixed(text/html)");
    CHECK(shape("Content-Type: multipart/mixed\n\n--\nno part\n") == "multipart/mixed");
}

TEST_CASE("quoted boundaries with semicolons, trailing spaces, and CR line ends") {
    CHECK(shape("Content-Type: multipart/mixed; boundary=\"a;b \"\n\n--a;b\n\nx\n--a;b--\n") ==
          "multipart/mixed(text/plain)");
    CHECK(shape("Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b\r\rtwo\r--b--\r") ==
          "multipart/mixed(text/plain text/plain)");
}

TEST_CASE("bounds: deeper and more entities than are read") {
    std::string nested;
    for (int i = 0; i < 60'000; ++i) {
        auto const boundary = "b" + std::to_string(i);
        nested += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
    }
    auto const deep = scan_parts(nested, bounds);
    CHECK(deep.over_limit);
    CHECK(deep.parts.size() == bounds.depth + 1);
    CHECK(deep.parts.back().end == nested.size());

    std::string many = "Content-Type: multipart/mixed; boundary=b\n\n";
    for (int i = 0; i < 100'000; ++i) many += "--b\n\nx\n";
    auto const wide = scan_parts(many, bounds);
    CHECK(wide.over_limit);
    CHECK(wide.parts.size() == bounds.entities);
}
