#include "daemon/smtp_protocol.h"

#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("a mail from greeting to QUIT") {
    auto const mails = transcript(R"(
        S: 220 support.example ESMTP Postern
        C: EHLO client.example
        S: 250-support.example
        S: 250-PIPELINING
        S: 250-SIZE 65536
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-CHUNKING
        S: 250 ENHANCEDSTATUSCODES
        C: MAIL FROM:<ana@northwind.example> SIZE=100 BODY=8BITMIME
        S: 250 2.1.0 Ok
        C: RCPT TO:<Support@ACME.example>
        S: 250 2.1.5 Ok
        C: RCPT TO:<help@acme.example>
        S: 250 2.1.5 Ok
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: Subject: printer
        C:
        C: ..on fire
        C: .
        S: 250 2.0.0 Ok: 
        C: QUIT
        S: 221 2.0.0 Bye
        S: closed
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == "Subject: printer\r\n\r\n.on fire\r\n");
    CHECK(mails[0].source == Source::smtp);
    CHECK(mails[0].envelope.reverse_path.mailbox->key() == "ana@northwind.example");
    CHECK(mails[0].envelope.reverse_path_known);
    CHECK(mails[0].envelope.helo == "client.example");
    CHECK(mails[0].envelope.client == "192.0.2.1");
    REQUIRE(mails[0].envelope.forward_path.size() == 2);
    CHECK(mails[0].envelope.forward_path[0].key() == "support@acme.example");
    CHECK(mails[0].id.text.size() == 16);
    CHECK(mails[0].received == mails[0].arrived);
}

TEST_CASE("RFC 5321 4.5.5: a mail with the null reverse-path is taken") {
    auto const mails = session(R"(
        C: MAIL FROM:<>
        S: 250 2.1.0 Ok
        C: RCPT TO:<support@acme.example>
        S: 250 2.1.5 Ok
        C: DATA
        S: 354
        C: .
        S: 250 2.0.0 Ok
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].envelope.reverse_path.is_null());
    CHECK(mails[0].octets.empty());
}

TEST_CASE("HELO gets one line") {
    transcript(R"(
        S: 220
        C: HELO client.example
        S: 250 support.example
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0 Ok
    )");
}

TEST_CASE("RFC 2920: commands in one segment are answered in order") {
    auto const mails = session(R"(
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<nobody@acme.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0 Ok
        S: 550 5.1.1 No such mailbox here
        S: 250 2.1.5 Ok
        S: 354
        C: one
        C: .
        C: MAIL FROM:<bo@northwind.example>
        C: RCPT TO:<help@acme.example>
        C: DATA
        C: two
        C: .
        C: QUIT
        S: 250 2.0.0 Ok
        S: 250 2.1.0 Ok
        S: 250 2.1.5 Ok
        S: 354
        S: 250 2.0.0 Ok
        S: 221 2.0.0 Bye
        S: closed
    )");
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].octets == "one\r\n");
    CHECK(mails[1].octets == "two\r\n");
    CHECK(mails[1].envelope.reverse_path.mailbox->local_part == "bo");
    CHECK(mails[1].envelope.forward_path.size() == 1);
}

TEST_CASE("RFC 5321 4.1.4: commands out of sequence") {
    transcript(R"(
        S: 220
        C: MAIL FROM:<ana@northwind.example>
        S: 503 5.5.1 Bad sequence of commands
        C: RSET
        S: 250 2.0.0 Ok
        C: EHLO client.example
        S: 250
        C: RCPT TO:<support@acme.example>
        S: 503 5.5.1
        C: DATA
        S: 503 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0
        C: MAIL FROM:<ana@northwind.example>
        S: 503 5.5.1
        C: DATA
        S: 503 5.5.1
        C: RCPT TO:<nobody@acme.example>
        S: 550 5.1.1
        C: DATA
        S: 503 5.5.1
    )");
}

TEST_CASE("RFC 5321 4.1.1.5, 4.1.4: RSET and EHLO end the transaction") {
    session(R"(
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: RSET
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 250 2.0.0 Ok
        S: 503 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        S: 250 2.1.0
        S: 250 2.1.5
        C: EHLO client.example
        S: 250 support.example
        C: DATA
        S: 503 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0
    )");
}

TEST_CASE("what the other verbs say") {
    session(R"(
        C: NOOP
        S: 250 2.0.0 Ok
        C: VRFY support
        S: 252 2.1.5 Cannot verify; send a mail and see
        C: VRFY nobody
        S: 252 2.1.5 Cannot verify; send a mail and see
        C: EXPN staff
        S: 502 5.5.1 Command not implemented
        C: HELP
        S: 214 2.0.0
        C: STARTTLS
        S: 502 5.5.1
        C: AUTH PLAIN AGEAYg==
        S: 500 5.5.2
        C: XCLIENT ADDR=192.0.2.7
        S: 500 5.5.2
    )");
}

TEST_CASE("faults of syntax") {
    session(R"(
        C: MAIL FROM:ana@northwind.example
        S: 501 5.1.7 Bad sender address
        C: MAIL
        S: 501 5.5.4
        C: MAIL FROM:<ana@northwind.example> AUTH=<>
        S: 555 5.5.4 Parameter not recognized
        C: MAIL FROM:<ana@northwind.example> SIZE=much
        S: 501 5.5.4
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0
        C: RCPT TO:<>
        S: 501 5.1.3 Bad recipient address
        C: RCPT TO:<support@acme.example> NOTIFY=NEVER
        S: 555 5.5.4
        C: DATA now
        S: 501 5.5.4
    )");
}

TEST_CASE("nothing of what a client says comes back to it") {
    transcript(R"(
        S: 220 support.example ESMTP Postern
        C: EHLO probe-name.example
        S: 250-support.example
        S: 250-PIPELINING
        S: 250-SIZE
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-CHUNKING
        S: 250 ENHANCEDSTATUSCODES
        C: MAIL FROM:<probe@northwind.example>
        S: 250 2.1.0 Ok
        C: RCPT TO:<probe@elsewhere.example>
        S: 550 5.1.1 No such mailbox here
        C: PROBE
        S: 500 5.5.2 Command not recognized
    )");
}

TEST_CASE("RFC 6531: an internationalized address needs SMTPUTF8") {
    auto site = SmtpSite{};
    site.policy.local_addresses = {"j\xc3\xb6rg@acme.example"};
    auto const mails = session(
        "C: MAIL FROM:<j\\xc3\\xb6@northwind.example>\n"
        "S: 553 5.6.7 Address needs SMTPUTF8\n"
        "C: MAIL FROM:<ana@northwind.example>\n"
        "S: 250 2.1.0\n"
        "C: RCPT TO:<j\\xc3\\xb6rg@acme.example>\n"
        "S: 553 5.6.7\n"
        "C: RSET\n"
        "S: 250 2.0.0\n"
        "C: MAIL FROM:<j\\xc3\\xb6@northwind.example> SMTPUTF8\n"
        "S: 250 2.1.0\n"
        "C: RCPT TO:<j\\xc3\\xb6rg@acme.example>\n"
        "S: 250 2.1.5\n"
        "C: DATA\n"
        "S: 354\n"
        "C: .\n"
        "S: 250 2.0.0\n",
        site);
    REQUIRE(mails.size() == 1);
}

TEST_CASE("what the desk says becomes the reply to DATA") {
    auto site = SmtpSite{};
    auto const reply = [&](Receipt const& receipt, std::string const& expected) {
        site.receipt = receipt;
        mail_data("C: .\nS: " + expected + "\nC: NOOP\nS: 250 2.0.0 Ok\n", site);
    };
    for (auto const taken : {Disposition::opened, Disposition::appended, Disposition::noted, Disposition::held,
                             Disposition::ignored, Disposition::duplicate})
        reply(committed(taken), "250 2.0.0 Ok: ");
    reply(committed(Disposition::refused, "Please write to lnd@northwind.example"),
          "550 5.7.1 Please write to lnd@northwind.example");
    reply(deferred(), "451 4.3.0");
    reply(deferred(true), "452 4.3.1");
}

TEST_CASE("the ID in the reply is that of the mail") {
    SmtpPolicy const policy = smtp_site_policy();
    InFlight const in_flight(1024 * 1024);
    smtp::Protocol protocol(std::make_shared<SmtpPolicy const>(policy), in_flight, "");
    std::string_view octets = "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n.\r\n";
    auto step = protocol.receive(octets);
    REQUIRE(step.next == smtp::Protocol::Next::begin_mail);
    protocol.begin_mail(MailId{"0123456789abcdef"}, TimePoint{});
    CHECK(protocol.receiving_mail());
    octets.remove_prefix(step.consumed);
    step = protocol.receive(octets);
    REQUIRE(step.next == smtp::Protocol::Next::judge);
    CHECK(protocol.take_mail().id.text == "0123456789abcdef");
    protocol.replies().clear();
    protocol.answer(committed(Disposition::held));
    CHECK(protocol.replies() == "250 2.0.0 Ok: 0123456789abcdef\r\n");
}
