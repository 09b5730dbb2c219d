#include "parsers/charset.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("labels mean what mail means by them") {
    CHECK(to_utf8("caf\xE9", "iso-8859-1") == "café");
    CHECK(to_utf8("\x93quoted\x94 \x80", "ISO-8859-1") == "“quoted” €");  // windows-1252 under its old name
    CHECK(to_utf8("\xC4\xE3\xBA\xC3", "gb2312") == "你好");
    CHECK(to_utf8("\xC7\xD1\xB1\xDB", "ks_c_5601-1987") == "한글");
    CHECK(to_utf8("\x8C\x63", "euc-kr") == "똠");  // cp949's, not in EUC-KR
    CHECK(to_utf8("\x83\x65\x83\x58\x83\x67", "x-sjis") == "テスト");
    CHECK(to_utf8("\xCF\xF0\xE8\xE2\xE5\xF2", "cp1251") == "Привет");
    CHECK(to_utf8("\xF0\xD2\xC9\xD7\xC5\xD4", "koi8-r") == "Привет");
    CHECK(to_utf8("\xF9\xEC\xE5\xED", "iso-8859-8-i") == "שלום");
    CHECK(to_utf8("Ti\xAAng", "viscii").find("Ti") == 0);  // only iconv knows it
    CHECK(to_utf8("plain", "no-such-charset") == "plain");
    CHECK(to_utf8("plain", "") == "plain");
    CHECK(to_utf8("caf\xC3\xA9", "us-ascii") == "café");
    CHECK(to_utf8("caf\xE9", "unknown-8bit") == "café");
    CHECK(to_utf8("caf\xE9", "\"iso-8859-1\"") == "café");
    CHECK(to_utf8("caf\xE9", "ibm037") == "café");  // no mail is EBCDIC, whatever it says
    CHECK(is_known_charset("UTF-8"));
    CHECK_FALSE(is_known_charset("us-ascii,swaplfnl/../x"));
}

TEST_CASE("ISO-2022-JP with the vendors' rows, half-width katakana and lost escapes") {
    CHECK(to_utf8("\x1B$B%F%9%H\x1B(B!", "iso-2022-jp") == "テスト!");
    CHECK(to_utf8("\x1B$B-!\x1B(B", "iso-2022-jp") == "①");  // NEC's row 13
    CHECK(to_utf8("\x1B(I1\x1B(B", "cp50221") == "ｱ");
    CHECK(to_utf8("\x1B$B%F%9%H\nplain", "iso-2022-jp") == "テスト\nplain");
    CHECK(to_utf8("\x1B$(D0!\x1B(B", "iso-2022-jp-1") == "丂");
    CHECK(to_utf8("\x1B$B%", "iso-2022-jp") == "\xEF\xBF\xBD");
}

TEST_CASE("RFC 2152: UTF-7") {
    CHECK(to_utf8("Hi Mom +Jjo-!", "utf-7") == "Hi Mom ☺!");
    CHECK(to_utf8("1 +- 1", "unicode-1-1-utf-7") == "1 + 1");
    CHECK(to_utf8("+2D3eAA-", "utf-7") == "😀");
    CHECK(to_utf8("C++ and a+b", "utf-7") == "C++ and a+b");
}

TEST_CASE("what can't be decoded stays visible") {
    CHECK(to_utf8("na\xC3\xAFve \xFF", "utf-8") == "naïve \xEF\xBF\xBD");
    CHECK(scrub_utf8("a\xC0\x80z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
    CHECK(scrub_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(scrub_utf8("a\xE2\x82") == "a\xEF\xBF\xBD");
    CHECK(to_utf8("a\xFFz", "shift_jis").starts_with("a"));
    CHECK(to_utf8("a\xFFz", "shift_jis").ends_with("z"));
}

TEST_CASE("labels that lie are seen through") {
    // Big5 under gb2312
    CHECK(to_utf8("\xB1\x7A\xA6\x6E\xA1\x41\xA7\xDA\xAD\xCC\xAA\xBA\xB9\x71\xB8\xA3\xC3\x61\xA4\x46", "gb2312") ==
          "您好，我們的電腦壞了");
    CHECK(to_utf8("\xC4\xFA\xBA\xC3\xA3\xAC\xCE\xD2\xC3\xC7\xB5\xC4\xB5\xE7\xC4\xD4\xBB\xB5\xC1\xCB", "gb2312") ==
          "您好，我们的电脑坏了");
    CHECK(to_utf8("Gr\xC3\xBC\xC3\x9F"
                  "e",
                  "iso-8859-1") == "Grüße");  // UTF-8 under a Western name
    CHECK(to_utf8("plain", "utf-16") == "plain");
    using namespace std::string_view_literals;
    CHECK(to_utf8("\xFF\xFEH\0i\0"sv, "utf-8") == "Hi");  // a byte order mark tells, and is no text
    CHECK(to_utf8("\xEF\xBB\xBFHi", "utf-8") == "Hi");
    CHECK(to_utf8("H\0i\0!\0"sv, "") == "Hi!");
    CHECK(to_utf8("\0H\0i\0!"sv, "ucs-2") == "Hi!");
    CHECK(to_utf8("one\0 two"sv, "us-ascii") == "one\0 two"sv);  // a NUL alone makes no UTF-16
    CHECK(to_utf8("\x1B$B%F%9%H\x1B(B", "us-ascii") == "テスト");
    CHECK(to_utf8("\x1B$)C\x0E>H3g\x0F", "") == "안녕");
    CHECK(to_utf8("\x1B[31mred", "us-ascii") == "\x1B[31mred");  // a terminal's escape is of no charset
}

TEST_CASE("octets without a label are taken for what they look like") {
    CHECK(detect_charset("Gr\xFC\xDF"
                         "e aus K\xF6ln") == "windows-1252");
    CHECK(detect_charset("\xC4\xFA\xBA\xC3\xA3\xAC\xCE\xD2\xC3\xC7") == "gb18030");
    CHECK(detect_charset("\xB1\x7A\xA6\x6E\xA1\x41\xA7\xDA\xAD\xCC") == "windows-950");
    CHECK(detect_charset("\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD") == "shift_jis");
    CHECK(detect_charset("\xA4\xB3\xA4\xF3\xA4\xCB\xA4\xC1\xA4\xCF") == "euc-jp");
    CHECK(detect_charset("\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4") == "windows-949");
    CHECK(detect_charset("\xC7\xE4\xF0\xE0\xE2\xF1\xF2\xE2\xF3\xE9\xF2\xE5") == "windows-1251");
    CHECK(detect_charset("\xFA\xC4\xD2\xC1\xD7\xD3\xD4\xD7\xD5\xCA\xD4\xC5") == "koi8-r");
    CHECK(detect_charset("\xEA\xE1\xEB\xE7\xEC\xDD\xF1\xE1") == "windows-1253");
    CHECK(raw_to_utf8("caf\xC3\xA9", "shift_jis") == "café");
    CHECK(raw_to_utf8("\x83\x65\x83\x58\x83\x67", "shift_jis") == "テスト");
    CHECK(raw_to_utf8("\x1B$B%F%9%H\x1B(B") == "テスト");
    CHECK(raw_to_utf8("1+1", "utf-8") == "1+1");
}
