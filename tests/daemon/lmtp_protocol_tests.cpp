// LMTP (RFC 2033): where it is not SMTP.
#include <catch2/catch.hpp>

#include "daemon/smtp_protocol.h"
#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

SmtpSite lmtp_site(Receipt receipt = committed(Disposition::opened)) {
    SmtpSite site;
    site.policy.dialect = smtp::Dialect::lmtp;
    site.receipt = std::move(receipt);
    return site;
}

// With LHLO said already, and DATA for three recipients.
Mails mail_for_three(std::string_view script, SmtpSite const& site) {
    return transcript(
        "S: 220\nC: LHLO mx.acme.example\nS: 250\nC: MAIL FROM:<ana@northwind.example>\n"
        "C: RCPT TO:<support@acme.example>\nC: RCPT TO:<nobody@acme.example>\n"
        "C: RCPT TO:<help@acme.example>\nC: RCPT TO:<support@acme.example>\nC: DATA\n"
        "S: 250 2.1.0\nS: 250 2.1.5\nS: 550 5.1.1\nS: 250 2.1.5\nS: 250 2.1.5\nS: 354\n" +
            std::string(script),
        site);
}

}  // namespace

TEST_CASE("RFC 2033 4.1, 5: LHLO is answered as EHLO, with the extensions that LMTP must have") {
    auto const mails = transcript(R"(
        S: 220 support.example LMTP Postern
        C: LHLO mx.acme.example
        S: 250-support.example
        S: 250-PIPELINING
        S: 250-SIZE 65536
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-CHUNKING
        S: 250 ENHANCEDSTATUSCODES
        C: MAIL FROM:<ana@northwind.example> SIZE=100 BODY=8BITMIME
        S: 250 2.1.0 Ok
        C: RCPT TO:<support@acme.example>
        S: 250 2.1.5 Ok
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: ..on fire
        C: .
        S: 250 2.0.0 Ok: 
        C: QUIT
        S: 221 2.0.0 Bye
        S: closed
    )",
                                  lmtp_site());
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == ".on fire\r\n");
    CHECK(mails[0].source == Source::lmtp);
    CHECK(mails[0].envelope.helo == "mx.acme.example");
    CHECK(mails[0].envelope.from_our_mta);
}

TEST_CASE("RFC 2033 4.1: EHLO and HELO are unknown to LMTP, LHLO to SMTP") {
    transcript(R"(
        S: 220
        C: EHLO mx.acme.example
        S: 500 5.5.1 Command not known here
        C: HELO mx.acme.example
        S: 500 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        S: 503 5.5.1
        C: LHLO
        S: 501 5.5.4
        C: HELP
        S: 214 2.0.0 LHLO MAIL
        C: LHLO mx.acme.example
        S: 250
        C: EHLO mx.acme.example
        S: 500 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        S: 250 2.1.0
    )",
               lmtp_site());
    transcript(R"(
        S: 220
        C: LHLO mx.acme.example
        S: 500 5.5.1 Command not known here
        C: EHLO client.example
        S: 250
    )");
}

TEST_CASE("RFC 2033 4.2: one reply for each recipient that was accepted, in order, twice for one named twice") {
    auto const mails = mail_for_three(R"(
        C: one
        C: .
        C: NOOP
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok
        C: MAIL FROM:<>
        C: RCPT TO:<help@acme.example>
        C: DATA
        C: two
        C: .
        C: NOOP
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok
    )",
                                      lmtp_site());
    REQUIRE(mails.size() == 2);  // one mail for all three
    CHECK(mails[0].envelope.forward_path.size() == 3);
    CHECK(mails[1].envelope.forward_path.size() == 1);
}

TEST_CASE("RFC 2033 4.2: DATA without a recipient that was accepted is refused with one reply") {
    transcript(R"(
        S: 220
        C: LHLO mx.acme.example
        S: 250
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<nobody@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 550 5.1.1 No such mailbox here
        S: 503 5.5.1 Bad sequence of commands
        C: RSET
        S: 250
        C: DATA
        S: 503 5.5.1
    )",
               lmtp_site());
}

TEST_CASE("by LMTP a refused mail is taken: our own MTA would bounce it to a forged address") {
    mail_for_three("C: .\nC: NOOP\nS: 250 2.0.0 Ok: \nS: 250 2.0.0 Ok: \nS: 250 2.0.0 Ok: \nS: 250 2.0.0 Ok\n",
                   lmtp_site(committed(Disposition::refused, "Please write to lnd@northwind.example")));
}

TEST_CASE("by LMTP what can't be taken now is said for each recipient") {
    mail_for_three("C: .\nC: NOOP\nS: 451 4.3.0\nS: 451 4.3.0\nS: 451 4.3.0\nS: 250 2.0.0 Ok\n", lmtp_site(deferred()));
    mail_for_three("C: .\nC: NOOP\nS: 452 4.3.1\nS: 452 4.3.1\nS: 452 4.3.1\nS: 250 2.0.0 Ok\n",
                   lmtp_site(deferred(true)));
    mail_for_three("C: {70000*x}\nC: .\nC: NOOP\nS: 552 5.3.4\nS: 552 5.3.4\nS: 552 5.3.4\nS: 250 2.0.0 Ok\n",
                   lmtp_site());
    std::string hops;
    for (int i = 0; i < 51; ++i) hops += "C: Received: from a by b\n";
    mail_for_three(hops + "C:\nC: .\nC: NOOP\nS: 554 5.4.6\nS: 554 5.4.6\nS: 554 5.4.6\nS: 250 2.0.0 Ok\n",
                   lmtp_site());
    CHECK(mail_for_three("c: a\\nb\nS: 550 5.5.2\nS: 550 5.5.2\nS: 550 5.5.2\nS: closed\n", lmtp_site()).empty());
}

TEST_CASE("LMTP has the recipients' limit and STARTTLS' rules of SMTP") {
    auto site = lmtp_site();
    site.policy.max_recipients = 1;
    transcript(R"(
        S: 220
        C: LHLO mx.acme.example
        S: 250
        C: STARTTLS
        S: 502 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: RCPT TO:<help@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 452 4.5.3
        S: 354
        C: .
        C: NOOP
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok
    )",
               site);
}

TEST_CASE("from one of trusted_relays a refused mail is taken by SMTP, too") {
    SmtpSite site;
    site.receipt = committed(Disposition::refused, "Please write to lnd@northwind.example");
    // Those of the pure protocol's client and of the connection's.
    site.policy.trusted_relays = {*IpNetwork::parse("192.0.2.0/24"), *IpNetwork::parse("127.0.0.1")};
    auto const mails = mail_data("C: .\nS: 250 2.0.0 Ok: \n", site);
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].source == Source::smtp);
    CHECK(mails[0].envelope.from_our_mta);
    site.policy.trusted_relays = {*IpNetwork::parse("198.51.100.0/24"), *IpNetwork::parse("::/0")};
    CHECK_FALSE(mail_data("C: .\nS: 550 5.7.1 Please write to lnd@northwind.example\n", site)[0].envelope.from_our_mta);
}
