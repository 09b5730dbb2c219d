#include "parsers/encoded_word.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("RFC 2047 8: its examples") {
    CHECK(decode_header_text("=?ISO-8859-1?Q?a?=") == "a");
    CHECK(decode_header_text("=?ISO-8859-1?Q?a?= b") == "a b");
    CHECK(decode_header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=") == "ab");
    CHECK(decode_header_text("=?ISO-8859-1?Q?a?=  \r\n   =?ISO-8859-1?Q?b?=") == "ab");
    CHECK(decode_header_text("=?ISO-8859-1?Q?a_b?=") == "a b");
    CHECK(decode_header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=") == "a b");
    CHECK(decode_header_text("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
                             "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=") ==
          "If you can read this you understand the example.");
    CHECK(decode_header_text("=?US-ASCII*EN?Q?Keith_Moore?=") == "Keith Moore");  // RFC 2231 5
}

TEST_CASE("adjacent words are joined before their octets are decoded") {
    CHECK(decode_header_text("=?utf-8?Q?Gr=C3?= =?UTF-8?Q?=BC=C3=9Fe?=") == "Grüße");
    CHECK(decode_header_text("=?utf-8?B?R3LD?= =?utf-8?Q?=BC=C3=9Fe?=") == "Grüße");
    CHECK(decode_header_text("=?utf-8?B?R3LDvMOfZQ?= =?utf-8?B?IGF1cyBLw7Zsbg?=") ==
          "Grüße aus Köln");  // padding forgotten
    CHECK(decode_header_text("=?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4gd?= =?utf-8?B?W5kIEJvbm4=?=") ==
          "Grüße aus Köln und Bonn");  // split within four digits
}

TEST_CASE("words as clients write them") {
    CHECK(decode_header_text("=?utf-8?Q?two words?=") == "two words");
    CHECK(decode_header_text("Re:=?utf-8?Q?=C3=A4?=x") == "Re:äx");
    CHECK(decode_header_text("=?utf-8?Q?Really?=3F?=") == "Really??");
    CHECK(decode_header_text("=?utf-8?q?\?=") == "");
    CHECK(decode_header_text("=?utf-8?Q?no end") == "=?utf-8?Q?no end");
    CHECK(decode_header_text("=?utf-8?X?what?=") == "=?utf-8?X?what?=");
    CHECK(decode_header_text("a =?= b ?= c =? d") == "a =?= b ?= c =? d");
    CHECK(decode_header_text("=?none?Q?caf=E9?=") == "café");
    CHECK(decode_header_text("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=") == "テスト");
    CHECK(decode_header_text("=?utf-7?Q?+Jjo-?=") == "☺");
    CHECK(decode_header_text("=?utf-8?Q?line=0D=0ABcc:_x=00?=") == "line Bcc: x");
}

TEST_CASE("raw 8-bit fields") {
    CHECK(decode_header_text("Gr\xC3\xBC\xC3\x9F"
                             "e") == "Grüße");
    CHECK(decode_header_text("\xC4\xE3\xBA\xC3", "gb2312") == "你好");
    CHECK(decode_header_text("\x83\x65\x83\x58\x83\x67", "shift_jis") == "テスト");
    CHECK(decode_header_text("caf\xE9") == "café");
    CHECK(decode_header_text("\x1B$B%F%9%H\x1B(B") == "テスト");
    CHECK(decode_header_text("\xE9t\xE9 =?utf-8?Q?=C3=A9?=", "iso-8859-1") == "été é");
}
