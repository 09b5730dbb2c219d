#include "daemon/smtp_replies.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace postern::smtp;

namespace {

std::string wire(std::string_view text) {
    std::string octets;
    append_reply(octets, 550, {5, 7, 1}, text);
    return octets;
}

}  // namespace

TEST_CASE("a constant reply on the wire") {
    std::string octets;
    append_reply(octets, replies::bad_sequence);
    append_reply(octets, replies::start_mail);
    CHECK(octets == "503 5.5.1 Bad sequence of commands\r\n354 End data with <CR><LF>.<CR><LF>\r\n");
}

TEST_CASE("a reply's text can't make a second line") {
    CHECK(wire("one\r\n250 2.0.0 two\tcaf\xc3\xa9") == "550 5.7.1 one??250 2.0.0 two?caf??\r\n");
    CHECK(wire("") == "550 5.7.1 \r\n");
}

TEST_CASE("RFC 5321 4.2.1, 4.5.3.1.5: a long text is split at spaces into lines of at most 512 octets") {
    std::string text;
    for (int word = 0; word < 120; ++word) text += "word" + std::to_string(word) + " ";
    text += "end";
    auto octets = wire(text);
    std::string joined;
    bool last = false;
    while (!octets.empty()) {
        CHECK_FALSE(last);
        auto const end = octets.find("\r\n");
        REQUIRE(end != octets.npos);
        CHECK(end + 2 <= reply_line_octets);
        CHECK((octets.starts_with("550-5.7.1 ") || octets.starts_with("550 5.7.1 ")));
        last = octets[3] == ' ';
        joined += (joined.empty() ? "" : " ") + octets.substr(10, end - 10);
        octets.erase(0, end + 2);
    }
    CHECK(last);
    CHECK(joined == text);
}

TEST_CASE("a long text without spaces is split all the same") {
    auto const octets = wire(std::string(1200, 'x'));
    CHECK(std::count(octets.begin(), octets.end(), '\n') == 3);
    CHECK(std::count(octets.begin(), octets.end(), 'x') == 1200);
}
