#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::string repeated(std::string const& text, int count) {
    std::string all;
    for (int done = 0; done < count; ++done) all += text;
    return all;
}

}  // namespace

TEST_CASE("RFC 1870: a mail announced too large is refused at MAIL") {
    session(R"(
        C: MAIL FROM:<ana@northwind.example> SIZE=65537
        S: 552 5.3.4 Message too large
        C: MAIL FROM:<ana@northwind.example> SIZE=18446744073709551616
        S: 552 5.3.4
        C: MAIL FROM:<ana@northwind.example> SIZE=65536
        S: 250 2.1.0
    )");
}

TEST_CASE("a mail that turns out too large is read to its end") {
    auto const mails = mail_data(R"(
        C: {65534*x}
        C: .
        S: 250 2.0.0 Ok
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: {65535*x}
        C: .
        S: 552 5.3.4 Message too large
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: {300000*x}
        C: RSET
        C: ..
        C: .
        S: 552 5.3.4
        C: NOOP
        S: 250 2.0.0
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets.size() == 65536);
}

TEST_CASE("dots that stuff a line don't count") {
    mail_data(R"(
        C: ..{65531*x}y
        C: .
        S: 250 2.0.0 Ok
    )");
}

TEST_CASE("too many recipients") {
    auto const mails = session(R"(
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0
        C: RCPT TO:<support@acme.example>
        S: 250 2.1.5
        C: RCPT TO:<help@acme.example>
        S: 250 2.1.5
        C: RCPT TO:<postmaster@acme.example>
        S: 250 2.1.5
        C: RCPT TO:<postmaster>
        S: 452 4.5.3 Too many recipients
        C: DATA
        S: 354
        C: .
        S: 250 2.0.0
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].envelope.forward_path.size() == 3);
}

TEST_CASE("no more is taken in than fits") {
    auto site = SmtpSite{};
    site.in_flight = 40 * 1024;
    auto const mails = session(R"(
        C: MAIL FROM:<ana@northwind.example> SIZE=41000
        S: 452 4.3.1 No room
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: {50000*x}
        C: .
        S: 452 4.3.1
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: small
        C: .
        S: 250 2.0.0
    )",
                               site);
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == "small\r\n");
    site.in_flight = 1000;
    session(R"(
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 452 4.3.1
    )",
            site);
}

TEST_CASE("RFC 5321 6.3: a mail with too many Received fields goes in circles") {
    auto const hop = std::string("C: Received: from a by b; Mon, 1 Jan 2026 00:00:00 +0000\n");
    CHECK(mail_data(repeated(hop, 50) + "C:\nC: .\nS: 250 2.0.0\n").size() == 1);
    CHECK(mail_data(repeated(hop, 50) + "C: RECEIVED: from b by c\nC:\nC: .\nS: 554 5.4.6 Mail loop\nC: NOOP\nS: 250\n")
              .empty());
    CHECK(mail_data("C: Subject: forwarded\nC:\n" + repeated(hop, 60) + "C: .\nS: 250 2.0.0\n").size() == 1);
    CHECK(mail_data(repeated("C: X-Received: a\n", 60) + "C:\nC: .\nS: 250 2.0.0\n").size() == 1);
}

TEST_CASE("RFC 5321 4.5.3.1.4: a command line has 1024 octets") {
    session(R"(
        C: NOOP {1017*x}
        S: 250 2.0.0
        C: NOOP {1018*x}
        S: 500 5.5.2 Line too long
        C: NOOP {5000*x}
        C: NOOP
        S: 500 5.5.2
        S: 250 2.0.0
    )");
}

TEST_CASE("a session of errors ends") {
    session(repeated("C: NONSENSE\nS: 500 5.5.2\n", 20) + "C: NOOP\nS: 421 4.7.0 Too many errors\nS: closed\n");
    session("C: MAIL FROM:<ana@northwind.example>\nS: 250\n" +
            repeated("C: RCPT TO:<guess@acme.example>\nS: 550 5.1.1\n", 20) +
            "C: RCPT TO:<support@acme.example>\nS: 421 4.7.0\nS: closed\n");
}

TEST_CASE("a session without mail ends") {
    session(repeated("C: NOOP\nS: 250 2.0.0\n", 99) + "C: RSET\nS: 421 4.7.0 Too many commands\nS: closed\n");
}

TEST_CASE("a mail taken clears what was counted") {
    auto const mail = std::string(
        "C: NOOP\nS: 250\nC: WHAT\nS: 500\nC: MAIL FROM:<ana@northwind.example>\nS: 250\nC: RCPT "
        "TO:<help@acme.example>\n"
        "S: 250\nC: DATA\nS: 354\nC: .\nS: 250\n");
    CHECK(session(repeated(mail, 40)).size() == 40);
}
