#include "parsers/message_id.h"

#include <catch2/catch.hpp>

#include "parsers/limits.h"

using namespace postern;
using Ids = std::vector<std::string>;

TEST_CASE("RFC 5322 3.6.4: the identifier of a mail") {
    CHECK(parse_message_id(" <a@b>\r\n") == "<a@b>");
    CHECK(parse_message_id("<a@b> (added by postmaster@c)") == "<a@b>");
    CHECK(parse_message_id("<a\r\n @b>") == "<a@b>");
    CHECK(parse_message_id("a@b") == "<a@b>");
    CHECK(parse_message_id("<a@b") == "<a@b>");
    CHECK(parse_message_id("<no-host>") == "<no-host>");
    CHECK(parse_message_id("  ") == std::nullopt);
    CHECK(parse_message_id("<>") == std::nullopt);
}

TEST_CASE("In-Reply-To with prose, References folded, doubled, cut off") {
    CHECK(parse_message_ids("<a@b> (Lars's message of Fri, 1 Mar 2024)") == Ids{"<a@b>"});
    CHECK(parse_message_ids("Your message of \"Fri, 1 Mar\" <a@b>") == Ids{"<a@b>"});
    CHECK(parse_message_ids("<a@b>\r\n\t<c@d>\r\n <a@b>") == Ids{"<a@b>", "<c@d>"});
    CHECK(parse_message_ids("<a@b><c@d>,<e@f>") == Ids{"<a@b>", "<c@d>", "<e@f>"});
    CHECK(parse_message_ids("<a@b> <cut-off <c@d>") == Ids{"<a@b>", "<c@d>"});
    CHECK(parse_message_ids("a@b c@d") == Ids{"<a@b>", "<c@d>"});
    CHECK(parse_message_ids("nothing here").empty());
    std::string many;
    for (int number = 0; number < 300; ++number) many += "<" + std::to_string(number) + "@x> ";
    CHECK(parse_message_ids(many).size() == limits::references);
    CHECK(parse_message_ids(many).back() == "<299@x>");
}
