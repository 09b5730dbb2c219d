#include "parsers/imap_folder_name.h"

#include <catch2/catch.hpp>
#include <string>

using namespace postern;

TEST_CASE("RFC 3501 5.1.3: folder names in modified UTF-7, quoted") {
    CHECK(parse_imap_folder_name("INBOX")->quoted == "\"INBOX\"");
    CHECK(parse_imap_folder_name("a \"b\" \\c")->quoted == "\"a \\\"b\\\" \\\\c\"");
    CHECK(parse_imap_folder_name("Q&A")->quoted == "\"Q&-A\"");
    CHECK(parse_imap_folder_name("Entwürfe")->quoted == "\"Entw&APw-rfe\"");
    CHECK(parse_imap_folder_name("~peter/mail/台北/日本語")->quoted == "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
    CHECK(parse_imap_folder_name("😀")->quoted == "\"&2D3eAA-\"");
}

TEST_CASE("no folder name carries a command in it") {
    for (std::string const& name :
         {std::string(), std::string("a\r\nx LOGOUT"), std::string("a\0b", 3), std::string("\xFF"),
          std::string("\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xE2\x82")}) {
        CHECK(parse_imap_folder_name(name).has_error());
    }
}
