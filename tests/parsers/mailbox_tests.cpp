#include "parsers/mailbox.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

// "name <address>; name <address>"
std::string read(std::string_view field, std::string_view raw_charset = {}) {
    std::string text;
    for (auto const& [name, mailbox] : parse_address_list(field, raw_charset).addresses) {
        if (!text.empty()) text += "; ";
        text += name.empty() ? mailbox.address() : name + " <" + mailbox.address() + ">";
    }
    return text;
}

std::string strict(std::string_view text) {
    auto const mailbox = parse_mailbox(text);
    return mailbox ? mailbox->address() : "error at " + std::to_string(mailbox.error().offset);
}

}  // namespace

TEST_CASE("RFC 5321 4.1.2: one mailbox") {
    CHECK(strict("Ana.Ruiz@Northwind.Example") == "Ana.Ruiz@northwind.example");
    CHECK(parse_mailbox("Ana@Northwind.Example")->key() == "ana@northwind.example");
    CHECK(strict("\"a b\"@x.example") == "\"a b\"@x.example");
    CHECK(strict("\"plain\"@x.example") == "plain@x.example");
    CHECK(strict("a@[192.0.2.1]") == "a@[192.0.2.1]");
    CHECK(strict("a@[IPv6:2001:db8::1]") == "a@[ipv6:2001:db8::1]");
    CHECK(strict("üñ@bücher.example") == "üñ@xn--bcher-kva.example");
    CHECK(strict("a@Straße.example") == "a@xn--strae-oqa.example");
    CHECK(strict("docomo..style.@x.example") == "docomo..style.@x.example");
}

TEST_CASE("what is no mailbox") {
    CHECK(strict("") == "error at 0");
    CHECK(strict("ana") == "error at 3");
    CHECK(strict("@x.example") == "error at 0");
    CHECK(strict("a b@x.example") == "error at 1");
    CHECK(strict("a@b@c") == "error at 2");
    CHECK(strict("a@x..example") == "error at 2");
    CHECK(strict("a@-x.example") == "error at 2");
    CHECK(strict("<a@x.example>") == "error at 0");
    CHECK(strict("@a,@b:c@x.example") == "error at 0");
    CHECK(strict("a\r\n@x.example") == "error at 1");
    CHECK(strict("\"a\r\nb\"@x.example") == "error at 2");
    CHECK(strict("a@x.example\r\nRCPT TO:<b@x>") == "error at 2");
    CHECK(strict(std::string(65, 'a') + "@x.example") == "error at 64");
    CHECK(strict("a@" + std::string(300, 'x')) == "error at 2");
    CHECK(strict("a\xFF@x.example") == "error at 0");
}

TEST_CASE("a mailbox with its name, as configuration has it") {
    CHECK(parse_name_addr("Ana Ruiz <ana@northwind.example>")->display_name == "Ana Ruiz");
    CHECK(parse_name_addr("\"Ruiz, Ana\" <ana@northwind.example>")->display_name == "Ruiz, Ana");
    CHECK(parse_name_addr("ana@northwind.example")->display_name.empty());
    CHECK(parse_name_addr("Ana <ana>").has_error());
    CHECK(parse_name_addr("Ana <ana@x.example> x").has_error());
}

TEST_CASE("RFC 5322 3.4: lists, groups, comments") {
    CHECK(read("Ana Ruiz <ana@x.example>, bo@x.example") == "Ana Ruiz <ana@x.example>; bo@x.example");
    CHECK(read("\"Ruiz, Ana\" <ana@x.example>") == "Ruiz, Ana <ana@x.example>");
    CHECK(read("bo@x.example (Bo \\(the\\) (nested) Smith)") == "Bo (the) (nested) Smith <bo@x.example>");
    CHECK(read("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>") == "Pete <pete@silly.test>");
    CHECK(read("A Group(Some people):Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n John "
               "<jdoe@one.test> (my dear friend); (the end of the group)") ==
          "Chris Jones <c@public.example>; joe@example.org; John <jdoe@one.test>");
    CHECK(read("undisclosed-recipients:;") == "");
    CHECK(read("undisclosed-recipients:") == "");
    CHECK(read("To::") == "");
    CHECK(read("\"Joe \\\"Quoted\\\" Blow\" <joe@x.example>") == "Joe \"Quoted\" Blow <joe@x.example>");
    CHECK(read("\"quoted local\"@x.example") == "\"quoted local\"@x.example");
    CHECK(read("John Q. Public <jqp@x.example>") == "John Q. Public <jqp@x.example>");
}

TEST_CASE("RFC 5322 4.4: obsolete forms") {
    CHECK(read("Mary <@node.test,@b.test:mary@example.net>") == "Mary <mary@example.net>");
    CHECK(read("john . doe @ x . example") == "john.doe@x.example");
    CHECK(read("Ana < ana @ x.example >") == "Ana <ana@x.example>");
    CHECK(read(",, a@x.example,,b@x.example,") == "a@x.example; b@x.example");
}

TEST_CASE("addresses as people and machines write them") {
    CHECK(read("MAILER-DAEMON (Mail Delivery System)") == "Mail Delivery System <MAILER-DAEMON>");
    CHECK(read("<>") == "");
    CHECK(read("Mail Delivery Subsystem <>") == "");
    CHECK(read("Smith, John <john@x.example>") == "Smith, John <john@x.example>");
    CHECK(read("John Smith john@x.example") == "John Smith <john@x.example>");
    CHECK(read("<john@x.example> John Smith") == "John Smith <john@x.example>");
    CHECK(read("a@x.example b@x.example") == "a@x.example; b@x.example");
    CHECK(read("a@x.example; b@x.example") == "a@x.example; b@x.example");
    CHECK(read("Ana <a@x.example> Bo <b@x.example>") == "Ana <a@x.example>; Bo <b@x.example>");
    CHECK(read("<<a@x.example>>") == "a@x.example");
    CHECK(read("Ana <a@x.example") == "Ana <a@x.example>");
    CHECK(read("<mailto:a@x.example>") == "a@x.example");
    CHECK(read("ana@x.example <ana@x.example>") == "ana@x.example <ana@x.example>");
    CHECK(read("\"ana@x.example\" <evil@y.example>") == "ana@x.example <evil@y.example>");
    CHECK(read("\"unclosed <a@x.example>") == "unclosed <a@x.example>");
    CHECK(read("(unclosed <a@x.example>") == "unclosed <a@x.example>");
    CHECK(read("a@x.example.") == "a@x.example");
    CHECK(read("a@[192.0.2.1]") == "a@[192.0.2.1]");
    CHECK(read("\"a@x.example\"") == "a@x.example");
    CHECK(read("root, bo") == "root; bo");
}

TEST_CASE("two @ make no address that could be taken for another") {
    auto const list = parse_address_list("ana@northwind.example@evil.example");
    REQUIRE(list.addresses.size() == 1);
    CHECK(list.addresses[0].mailbox.domain == "evil.example");
    CHECK(list.addresses[0].mailbox.key() == "\"ana@northwind.example\"@evil.example");
    CHECK_FALSE(list.defects.empty());
}

TEST_CASE("names are decoded, addresses are not") {
    CHECK(read("=?utf-8?Q?J=C3=B6rg?= <j@x.example>") == "Jörg <j@x.example>");
    CHECK(read("\"=?utf-8?Q?J=C3=B6rg?=\" <j@x.example>") == "Jörg <j@x.example>");
    CHECK(read("=?utf-8?Q?Ruiz, Ana?= <ana@x.example>") == "Ruiz, Ana <ana@x.example>");
    CHECK(read("=?utf-8?B?SsO2?= =?utf-8?B?cmc=?= <j@x.example>") == "Jörg <j@x.example>");
    CHECK(read("j@x.example (=?iso-8859-1?Q?J=F6rg?=)") == "Jörg <j@x.example>");
    CHECK(read("=?utf-8?Q?ana=40northwind.example?= <evil@y.example>") == "ana@northwind.example <evil@y.example>");
    CHECK(read("J\xF6rg <j@x.example>") == "Jörg <j@x.example>");
    CHECK(read("\x83\x5C\x83\x5C <j@x.example>", "shift_jis") ==
          "ソソ <j@x.example>");  // a backslash within a character
    CHECK(read("ana@b\xC3\xBC"
               "cher.example") == "ana@xn--bcher-kva.example");
}
