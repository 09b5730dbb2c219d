#include "parsers/message.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

// The octets of each attachment are found again by its locator, and are those it was described by.
void check_locators(std::string const& octets, ParsedMessage const& message) {
    for (auto const& attachment : message.attachments) {
        auto const found = attachment_octets(octets, attachment.locator);
        REQUIRE(found);
        CHECK(found->size() == attachment.size);
        CHECK_FALSE(attachment.name.empty());
    }
}

}  // namespace

TEST_CASE("a mail of text and HTML with a screenshot") {
    std::string const octets =
        "Return-Path: <ana@northwind.example>\r\nReceived: from a\r\nReceived: from b\r\nFrom: "
        "=?utf-8?Q?Ana_Ru=C3=ADz?= <Ana@Northwind.example>\r\n"
        "To: Support <support@acme.example>\r\nSubject: [ACME-1042]\r\n Printer\r\nMessage-ID: "
        "<1@northwind.example>\r\n"
        "Date: Mon, 15 Jan 2024 14:30:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=m\r\n\r\n"
        "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; "
        "charset=utf-8\r\n\r\nIt is broken.\r\n"
        "--a\r\nContent-Type: text/html\r\n\r\n<p>It is <b>broken</b>. <img src=\"cid:shot\"></p>\r\n--a--\r\n"
        "--m\r\nContent-Type: image/png; name=\"shot.png\"\r\nContent-ID: <shot>\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\niVBORw0KGgo=\r\n--m--\r\n";
    auto const message = parse_message(octets);
    REQUIRE(message.from.size() == 1);
    CHECK(message.from[0].display_name == "Ana Ruíz");
    CHECK(message.from[0].mailbox.key() == "ana@northwind.example");
    CHECK(message.subject == "[ACME-1042] Printer");
    REQUIRE(message.ticket_tags.size() == 1);
    CHECK(message.ticket_tags[0].text() == "ACME-1042");
    CHECK(message.raw_subject == "[ACME-1042] Printer");
    CHECK(message.raw_date == "Mon, 15 Jan 2024 14:30:00 +0100");
    CHECK(message.received_count == 2);
    CHECK_FALSE(message.has_null_return_path);
    CHECK(message.return_path->address() == "ana@northwind.example");
    CHECK(octets.substr(message.body_offset, 3) == "--m");
    CHECK(message.body_text == "It is broken.");
    CHECK(message.reply_text == "It is broken.");
    REQUIRE(message.attachments.size() == 1);
    auto const& attachment = message.attachments[0];
    CHECK(attachment.name == "shot.png");
    CHECK(attachment.media_type == "image/png");
    CHECK(attachment.size == 8);
    CHECK(attachment.is_inline);
    CHECK(attachment.content_id == "shot");
    CHECK(attachment.sha256 == "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6");
    CHECK(attachment_octets(octets, attachment.locator) == "\x89PNG\r\n\x1a\n");
    CHECK_FALSE(message.over_limit);
}

TEST_CASE("any octets whatever are a mail") {
    CHECK(parse_message("").body_text.empty());
    CHECK(parse_message("\r\n\r\n").body_text.empty());
    CHECK(parse_message("no header at all").attachments.empty());
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    (void)parse_message(all + all);
    (void)parse_message("Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n----\r\n");
}

TEST_CASE("RFC 2046 5.2.1: a nested message is one attachment, whole, also when it is encoded") {
    std::string const nested = "From: bo@northwind.example\r\nSubject: Old one\r\n\r\nold text\r\n";
    std::string const plain =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\nContent-Type: "
        "message/rfc822\r\n\r\n" +
        nested + "\r\n--b--\r\n";
    auto const message = parse_message(plain);
    CHECK(message.body_text == "see below");
    REQUIRE(message.attachments.size() == 1);
    CHECK(message.attachments[0].name == "Old one.eml");
    CHECK(attachment_octets(plain, message.attachments[0].locator) == nested);

    std::string const encoded =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\nContent-Type: "
        "message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "U3ViamVjdDogaW5uZXINCg0KdGV4dA0K\r\n--b--\r\n";
    auto const other = parse_message(encoded);
    REQUIRE(other.attachments.size() == 1);
    CHECK(other.attachments[0].name == "inner.eml");
    CHECK(attachment_octets(encoded, other.attachments[0].locator) == "Subject: inner\r\n\r\ntext\r\n");
}

TEST_CASE("where there is nothing else to read, the text of a nested message is the mail's") {
    CHECK(parse_message("Content-Type: message/rfc822\n\nSubject: x\n\ninner text\n").body_text == "inner text");
}

TEST_CASE("uuencoded files within a text are attachments") {
    std::string const octets = "Subject: x\n\nSee:\nbegin 644 hello.txt\n%2&5L;&\\\n`\nend\nBye\n";
    auto const message = parse_message(octets);
    CHECK(message.body_text == "See:\nBye");
    REQUIRE(message.attachments.size() == 1);
    CHECK(message.attachments[0].name == "hello.txt");
    CHECK(attachment_octets(octets, message.attachments[0].locator) == "Hello");
}

TEST_CASE("a uuencoded file within a quoted-printable text is found again through both") {
    std::string const octets =
        "Content-Transfer-Encoding: quoted-printable\n\n=53ee:\nbegin 644 hello.txt\n%2&5L;&\\\n`\nend\n";
    auto const message = parse_message(octets);
    CHECK(message.body_text == "See:");
    REQUIRE(message.attachments.size() == 1);
    CHECK(attachment_octets(octets, message.attachments[0].locator) == "Hello");
}

TEST_CASE("the alternative that can be read") {
    auto const alternative = [](std::string const& plain, std::string const& html) {
        return parse_message("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n" +
                             plain + "\n--b\nContent-Type: text/html\n\n" + html + "\n--b--\n")
            .body_text;
    };
    CHECK(alternative("plain", "<p>html</p>") == "plain");
    CHECK(alternative(" \n", "<p>html</p>") == "html");
    CHECK(
        alternative("Your client cannot show HTML.", "<p>The text that the sender wrote, at length and in full.</p>") ==
        "The text that the sender wrote, at length and in full.");
}

TEST_CASE("parts of an alternative that are all plain are no versions of one another") {
    CHECK(
        parse_message("Content-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n").body_text ==
        "one\n\ntwo");
}

TEST_CASE("RFC 2387: the root of a related part, also where a writer puts it last") {
    auto const related = [](std::string const& parameters) {
        return parse_message("Content-Type: multipart/related; boundary=b" + parameters +
                             "\n\n--b\nContent-Type: image/png\nContent-ID: <i>\n\npng\n--b\nContent-Type: "
                             "text/html\nContent-ID: <r>\n\n<p>text</p>\n--b--\n");
    };
    for (auto const* const parameters : {"", "; start=\"<r>\"", "; type=\"text/html\""}) {
        auto const message = related(parameters);
        CHECK(message.body_text == "text");
        REQUIRE(message.attachments.size() == 1);
        CHECK(message.attachments[0].media_type == "image/png");
        CHECK(message.attachments[0].is_inline);
    }
}

TEST_CASE("quotes that only the HTML version marks are found there") {
    auto const message = parse_message(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nNew.\nOld, without any sign of "
        "it.\n--b\nContent-Type: text/html\n\n"
        "<div>New.</div><div class=\"yahoo_quoted\">Old, without any sign of it.</div>\n--b--\n");
    CHECK(message.body_text == "New.\nOld, without any sign of it.");
    CHECK(message.reply_text == "New.");
}

TEST_CASE("signed and encrypted mail stays whole") {
    auto const message = parse_message(
        "Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\n\n--b\n\nsigned "
        "text\n--b\nContent-Type: application/pgp-signature\n\nsig\n--b--\n");
    CHECK(message.body_text == "signed text");
    REQUIRE(message.attachments.size() == 1);
    CHECK(message.attachments[0].name == "part-1.asc");

    auto const encrypted = parse_message(
        "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMAMG\n");
    REQUIRE(encrypted.attachments.size() == 1);
    CHECK(encrypted.attachments[0].name == "smime.p7m");
    CHECK(encrypted.body_text.empty());
}

TEST_CASE("names: RFC 2231, encoded words, paths, none") {
    auto const name = [](std::string const& disposition) {
        return parse_message("Content-Type: application/pdf\nContent-Disposition: " + disposition + "\n\nx\n")
            .attachments.at(0)
            .name;
    };
    CHECK(name("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf") == "Größe.pdf");
    CHECK(name("attachment; filename=\"=?utf-8?B?R3LDtsOfZS5wZGY=?=\"") == "Größe.pdf");
    CHECK(name("attachment; filename=\"..\\\\..\\\\x.pdf\"") == "x.pdf");
    CHECK(name("attachment") == "part-1.pdf");
}

TEST_CASE("the null return path, and more From fields than one") {
    auto const message = parse_message("Return-Path: <>\nFrom: a@x.example\nFrom: b@x.example\n\n");
    CHECK(message.has_null_return_path);
    CHECK_FALSE(message.return_path);
    CHECK(message.from.size() == 2);
}

TEST_CASE("raw 8-bit header fields are read with the charset of the body") {
    auto const message = parse_message(
        "Subject: \xef\xf0\xe8\xe2\xe5\xf2\nContent-Type: text/plain; "
        "charset=windows-1251\n\n\xef\xf0\xe8\xe2\xe5\xf2\n");
    CHECK(message.subject == "привет");
    CHECK(message.body_text == "привет");
}

TEST_CASE("past the bounds a mail is read in part and says so") {
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
    CHECK(parse_message(deep).over_limit);
    CHECK(parse_message("From: a@x.example\nX: " + std::string(400'000, 'x') + "\n\nbody").over_limit);
}

TEST_CASE("hostile mail: size costs time in proportion") {
    auto const parses = [](std::string const& octets) { check_locators(octets, parse_message(octets)); };
    parses("To: " + std::string(1'000'000, '(') + "\n\n");
    std::string words = "Subject: ";
    for (int i = 0; i < 300'000; ++i) words += "=?";
    parses(words + "\n\n");
    std::string divs = "Content-Type: text/html\n\n";
    for (int i = 0; i < 500'000; ++i) divs += "<blockquote><div>";
    parses(divs);
    std::string nested;
    for (int i = 0; i < 100'000; ++i) nested += "Content-Type: message/rfc822\n\n";
    parses(nested);
}

TEST_CASE("a locator of other octets is none") {
    CHECK_FALSE(attachment_octets("short", "0-100:i"));
    CHECK_FALSE(attachment_octets("short", "nonsense"));
}
