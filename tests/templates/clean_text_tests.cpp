#include "templates/clean_text.h"

#include <catch2/catch.hpp>
#include <string>

using namespace postern;

TEST_CASE("RFC 3629: code points in their shortest form, no surrogates") {
    CHECK(first_code_point("a").value == U'a');
    CHECK(first_code_point("\xE2\x82\xACx").value == 0x20AC);
    CHECK(first_code_point("\xF4\x8F\xBF\xBF").octets == 4);
    for (auto const* text :
         {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xE2\x82"})
        CHECK_FALSE(first_code_point(text).valid);
}

TEST_CASE("clean_line leaves one harmless line") {
    CHECK(clean_line("  a\r\n\tb \xE2\x80\xA8 c\xC2\xA0 ", 99) == "a b c");
    CHECK(clean_line(std::string("a\0b\x7F\xC2\x9B", 6), 99) == "ab");
    CHECK(clean_line("\xE2\x80\xAEgpj.exe\xE2\x81\xA6\xEF\xBB\xBF", 99) == "gpj.exe");
    CHECK(clean_line("a\xFFz", 99) == "a\xEF\xBF\xBDz");
    CHECK(clean_line("family \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", 99) ==
          "family \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7");
}

TEST_CASE("clean_line counts characters, not octets") {
    CHECK(clean_line("äöü", 3) == "äöü");
    CHECK(clean_line("äöüß", 3) == "äö…");
    CHECK(clean_line("ab cd", 3) == "ab…");
}

TEST_CASE("plain_ascii writes what it can and owns up to what it cannot") {
    CHECK(plain_ascii("Jürgen Weiß") == "Juergen Weiss");
    CHECK(plain_ascii("Łukasz Żółć – “x”…") == "Lukasz Zolc - 'x'...");
    CHECK(plain_ascii("Ren\x65\xCC\x81") == "Rene");
    CHECK(plain_ascii("北京") == std::nullopt);
    CHECK(plain_ascii("\xFF") == std::nullopt);
}
