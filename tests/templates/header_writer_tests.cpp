#include "templates/header_writer.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using namespace postern;
using namespace std::string_literals;

namespace {

// RFC 5322 2.1.1 and RFC 2047 2: no line is longer than 76, none is blank, and all octets are printable US-ASCII.
void check_field(std::string const& field) {
    REQUIRE(field.size() > 2);
    CHECK(field.substr(field.size() - 2) == "\r\n");
    std::size_t begin = 0;
    while (begin < field.size()) {
        auto const end = field.find("\r\n", begin);
        REQUIRE(end != std::string::npos);
        auto const line = field.substr(begin, end - begin);
        CHECK(line.size() <= 76);
        CHECK(line.find_first_not_of(' ') != std::string::npos);
        if (begin > 0) CHECK(line.front() == ' ');
        for (char const c : line) CHECK((c >= 0x20 && c < 0x7F));
        begin = end + 2;
    }
}

NameAddr named(std::string name) {
    return {std::move(name), {"ana", "northwind.example"}};
}

}  // namespace

TEST_CASE("RFC 5322 2.2.3: a plain subject stays readable and is folded between words") {
    CHECK(text_field("Subject", "[ACME-1042] Re: The export stops") == "Subject: [ACME-1042] Re: The export stops\r\n");
    auto const field = text_field("Subject", std::string("word ") + std::string(60, 'a') + " " + std::string(60, 'b'));
    check_field(field);
    CHECK(field == "Subject: word " + std::string(60, 'a') + "\r\n " + std::string(60, 'b') + "\r\n");
}

TEST_CASE("RFC 2047: what is not US-ASCII becomes encoded words, what is stays") {
    CHECK(text_field("Subject", "[ACME-1042] Re: Prüfung der Übung ist weg") ==
          "Subject: [ACME-1042] Re: =?UTF-8?Q?Pr=C3=BCfung_der_=C3=9Cbung?= ist weg\r\n");
    CHECK(text_field("Subject", "導出失敗") == "Subject: =?UTF-8?B?5bCO5Ye65aSx5pWX?=\r\n");
    CHECK(text_field("Subject", "a =?utf-8?q?x?= b") == "Subject: a =?UTF-8?B?PT91dGYtOD9xP3g/PQ==?= b\r\n");
}

TEST_CASE("RFC 2047 5: a character is never split between encoded words") {
    std::string subject = "[ACME-1042] ";
    for (int i = 0; i < 60; ++i) subject += "\xF0\x9F\x98\x80\xC3\xA4";
    auto const field = text_field("Subject", subject);
    check_field(field);
    for (auto at = field.find("?B?"); at != std::string::npos; at = field.find("?B?", at + 1)) {
        // A base64 payload that ends within a character would not end on a group of whole characters: decoded length
        // counts.
        auto const payload = field.substr(at + 3, field.find("?=", at) - at - 3);
        auto const padding = static_cast<std::size_t>(std::count(payload.begin(), payload.end(), '='));
        CHECK((payload.size() / 4 * 3 - padding) % 6 % 4 == 0);
    }
}

TEST_CASE("a subject is one field whatever it holds") {
    auto const field = text_field("Subject", "a\r\nBcc: x@y.example\r\n\r\nb\0c\x1b[2J \xE2\x80\xAEtxt.exe"s);
    check_field(field);
    CHECK(field == "Subject: a Bcc: x@y.example bc[2J txt.exe\r\n");
    check_field(text_field("Subject", "\xFF\xC3"));
    check_field(text_field("Subject", std::string(10000, 'x')));
    CHECK(text_field("Subject", "") == "Subject:\r\n");
}

TEST_CASE("RFC 5322 3.4: display names as atoms, quoted strings or encoded words") {
    CHECK(mailbox_field("To", named("")) == "To: ana@northwind.example\r\n");
    CHECK(mailbox_field("To", named("Ana Ruiz")) == "To: Ana Ruiz <ana@northwind.example>\r\n");
    CHECK(mailbox_field("To", named("Ruiz, Ana \"A\" \\")) ==
          "To: \"Ruiz, Ana \\\"A\\\" \\\\\" <ana@northwind.example>\r\n");
    CHECK(mailbox_field("To", named("Jürgen (IT)")) == "To: =?UTF-8?B?SsO8cmdlbiAoSVQp?= <ana@northwind.example>\r\n");
    CHECK(mailbox_field("To", named("x\r\nBcc: y@z.example, <a@b.example>")) ==
          "To: \"x Bcc: y@z.example, <a@b.example>\" <ana@northwind.example>\r\n");
    check_field(mailbox_field("To", named(std::string(300, '"'))));
    check_field(mailbox_field("To", named("=?utf-8?q?=0D=0ABcc:?=")));
}

TEST_CASE("RFC 5322 3.6.4: identifiers, folded and bounded") {
    CHECK(identifiers_field("References", {"<a@x.example>", "<b@x.example>"}) ==
          "References: <a@x.example> <b@x.example>\r\n");
    CHECK(identifiers_field("In-Reply-To", {""}).empty());
    CHECK(identifiers_field("In-Reply-To", {"prose", "<a b@x>", "<a@x>\r\nBcc: y@z", "<>", "<\xC3\xA4@x>"}).empty());

    std::vector<std::string> many;
    for (int i = 0; i < 500; ++i) many.push_back("<" + std::to_string(i) + std::string(40, 'i') + "@x.example>");
    many.push_back(many[499]);
    auto const field = identifiers_field("References", many);
    check_field(field);
    CHECK(field.size() < 2300);
    CHECK(field.find(many[0]) < field.find(many[498]));  // the first and the newest, in order, each once
    CHECK(field.find(many[498]) < field.find(many[499]));
    CHECK(field.find(many[499]) == field.rfind(many[499]));
    CHECK(field.find(many[250]) == std::string::npos);
}

TEST_CASE("RFC 5322 3.3: the date") {
    using namespace std::chrono;
    CHECK(date_field(sys_days{2026y / November / 21} + 9h + 5min + 7s + 999ms) ==
          "Date: Sat, 21 Nov 2026 09:05:07 +0000\r\n");
}
