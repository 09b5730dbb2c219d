#include "parsers/parameters.h"

#include <catch2/catch.hpp>

#include "parsers/media_type.h"

using namespace postern;

namespace {

std::string value_of(std::string_view field, std::string_view name) {
    auto const parsed = parse_parameters(field);
    auto const* parameter = parsed.find(name);
    return parameter == nullptr ? "(none)" : parameter->value;
}

}  // namespace

TEST_CASE("RFC 2045 5.1: value and parameters") {
    CHECK(parse_parameters("Text/HTML; charset=utf-8").value == "text/html");
    CHECK(value_of("text/html; charset=utf-8", "charset") == "utf-8");
    CHECK(value_of("text/html; Charset = \"utf-8\" (comment)", "charset") == "utf-8");
    CHECK(value_of("multipart/mixed; boundary=\"a;b = c\"", "boundary") == "a;b = c");
    CHECK(value_of("attachment; filename=\"a\\\"b.txt\"", "filename") == "a\"b.txt");
    CHECK(value_of("attachment; filename=\"C:\\temp\\a.txt\"", "filename") == "C:\\temp\\a.txt");
    CHECK(parse_parameters("text/plain (with a (nested) comment); x=y").value == "text/plain");
}

TEST_CASE("RFC 2231: continuations and charsets") {
    CHECK(value_of("message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub\"", "url") ==
          "ftp://cs.utk.edu/pub");
    CHECK(value_of("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title") ==
          "This is ***fun***");
    CHECK(value_of("application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n "
                   "title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"",
                   "title") == "This is even more ***fun*** isn't it!");
    CHECK(value_of("attachment; filename*1=b.txt; filename*0=a", "filename") == "ab.txt");
    CHECK(value_of("attachment; filename*0*=utf-8''Gr%C3; filename*1*=%BC%C3%9Fe.txt", "filename") == "Grüße.txt");
    CHECK(value_of("attachment; filename=plain.txt; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt", "filename") == "Grüße.txt");
    CHECK(value_of("attachment; filename*=Gr%C3%BC%C3%9Fe.txt", "filename") == "Grüße.txt");
}

TEST_CASE("parameters as clients write them") {
    CHECK(value_of("attachment; filename==?utf-8?Q?Gr=C3=BC=C3=9Fe.txt?=", "filename") == "Grüße.txt");
    CHECK(value_of("attachment; filename=\"=?utf-8?B?R3LDvMOfZS50eHQ=?=\"", "filename") == "Grüße.txt");
    CHECK(value_of("attachment; filename=my report.pdf", "filename") == "my report.pdf");
    CHECK(value_of("attachment; filename=my report.pdf; size=3", "size") == "3");
    CHECK(value_of("attachment; filename=my report (1).pdf; size=3", "filename") == "my report (1).pdf");
    CHECK(value_of("attachment; filename=my report (1).pdf; size=3", "size") == "3");
    CHECK(value_of("attachment; filename=my report (1.pdf", "filename") == "my report (1.pdf");
    CHECK(value_of("text/plain; charset=utf-8 (Unicode)", "charset") == "utf-8");
    CHECK(value_of("text/plain charset=utf-8", "charset") == "utf-8");
    CHECK(value_of("text/plain; charset=utf-8 format=flowed", "format") == "flowed");
    CHECK(value_of("text/plain;; charset=utf-8;", "charset") == "utf-8");
    CHECK(value_of("attachment; filename=\"unclosed.txt", "filename") == "unclosed.txt");
    CHECK(value_of("attachment; filename=\"folded\r\n name.txt\"", "filename") == "folded name.txt");
    CHECK(value_of("filename=only.txt", "filename") == "only.txt");
    CHECK(value_of("attachment; filename=a; filename=b", "filename") == "a");
    CHECK(parse_parameters("").parameters.empty());
    CHECK(parse_parameters("a/b; *=x; *0=y").parameters.empty());
    CHECK(parse_parameters(";;;=;=\"").value.empty());
}

TEST_CASE("RFC 2045 5.2: what is no media type is text/plain") {
    CHECK(parse_media_type("image/PNG; name=x").essence() == "image/png");
    CHECK(parse_media_type("image/png").is("image/png"));
    CHECK(parse_media_type("text").essence() == "text/plain");
    CHECK(parse_media_type("").essence() == "text/plain");
    CHECK_FALSE(parse_media_type("").is_given);
    CHECK(parse_media_type("multipart").essence() == "multipart/mixed");
    CHECK(parse_media_type("image").essence() == "application/octet-stream");
    CHECK(parse_media_type("application/; name=x").essence() == "application/octet-stream");
    CHECK(parse_media_type("text/html; charset=\"UTF-8\"").charset() == "UTF-8");
}
