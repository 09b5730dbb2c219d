// CHUNKING (RFC 3030): mail in chunks, by SMTP and by LMTP.
#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

// With MAIL and RCPT said already.
Mails chunks(std::string_view script, SmtpSite const& site = {}) {
    return session(
        "C: MAIL FROM:<ana@northwind.example>\nC: RCPT TO:<support@acme.example>\nS: 250 2.1.0\nS: 250 2.1.5\n" +
            std::string(script),
        site);
}

SmtpSite lmtp_site() {
    SmtpSite site;
    site.policy.dialect = smtp::Dialect::lmtp;
    return site;
}

Mails lmtp_chunks(std::string_view script) {
    return transcript(
        "S: 220\nC: LHLO mx.acme.example\nS: 250\nC: MAIL FROM:<ana@northwind.example>\n"
        "C: RCPT TO:<support@acme.example>\nC: RCPT TO:<help@acme.example>\nS: 250 2.1.0\nS: 250 2.1.5\nS: 250 "
        "2.1.5\n" +
            std::string(script),
        lmtp_site());
}

std::string repeated(std::string const& text, int count) {
    std::string all;
    for (int done = 0; done < count; ++done) all += text;
    return all;
}

}  // namespace

TEST_CASE("RFC 3030 4.1: a mail in one chunk") {
    auto const mails = chunks(R"(
        C: BDAT 19 LAST
        c: Subject: fire\r\n\r\n..
        S: 250 2.0.0 Ok: 
        C: QUIT
        S: 221
        S: closed
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == "Subject: fire\r\n\r\n..");
    CHECK(mails[0].envelope.forward_path.size() == 1);
}

TEST_CASE("RFC 3030 4.2: chunks and commands in one segment") {
    auto const mails = session(R"(
        C: MAIL FROM:<ana@northwind.example> BODY=8BITMIME
        C: RCPT TO:<support@acme.example>
        C: BDAT 14
        c: Subject: fire\r
        C: BDAT 7
        c: \n\r\n.\r\n.
        C: NOOP
        C: BDAT 0
        C: BDAT 12
        c: \r\nQUIT\r\nhalf
        C: BDAT 0 LAST
        C: MAIL FROM:<bo@northwind.example>
        C: RCPT TO:<help@acme.example>
        C: BDAT 5 LAST
        C: two
        C: QUIT
        S: 250 2.1.0
        S: 250 2.1.5
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok: 
        S: 250 2.1.0
        S: 250 2.1.5
        S: 250 2.0.0 Ok: 
        S: 221
        S: closed
    )");
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].octets == "Subject: fire\r\n\r\n.\r\n.\r\nQUIT\r\nhalf");
    CHECK(mails[1].octets == "two\r\n");
}

TEST_CASE("a mail without octets, in a chunk without octets") {
    CHECK(chunks("C: BDAT 0 LAST\nS: 250 2.0.0 Ok: \nC: NOOP\nS: 250 2.0.0 Ok\n").at(0).octets.empty());
}

TEST_CASE("RFC 3030 2: where BDAT has no place its octets pass unread, before the reply") {
    session(R"(
        C: BDAT 6
        C: QUIT
        S: 503 5.5.1 Bad sequence of commands
        C: MAIL FROM:<ana@northwind.example>
        C: BDAT 6 LAST
        C: QUIT
        C: BDAT 0 LAST
        C: RCPT TO:<nobody@acme.example>
        C: BDAT 9 LAST
        c: \n\r.\r\r.\n\n\n
        C: NOOP
        S: 250 2.1.0
        S: 503 5.5.1
        S: 503 5.5.1
        S: 550 5.1.1
        S: 503 5.5.1
        S: 250 2.0.0 Ok
    )");
    transcript("S: 220\nC: BDAT 6 LAST\nC: QUIT\nC: NOOP\nS: 503 5.5.1\nS: 250 2.0.0\n");
}

TEST_CASE("RFC 3030 2: after LAST there is no other chunk") {
    CHECK(chunks("C: BDAT 1 LAST\nc: a\nC: BDAT 6\nC: QUIT\nC: NOOP\nS: 250 2.0.0 Ok: \nS: 503 5.5.1\nS: 250 2.0.0\n")
              .size() == 1);
}

TEST_CASE("RFC 3030 2: DATA does not go with BDAT, nor do MAIL, RCPT and STARTTLS between chunks") {
    auto const mails = chunks(R"(
        C: BDAT 3
        C: a
        S: 250 2.0.0 Ok
        C: DATA
        S: 503 5.5.1
        C: RCPT TO:<help@acme.example>
        S: 503 5.5.1
        C: MAIL FROM:<bo@northwind.example>
        S: 503 5.5.1
        C: STARTTLS
        S: 503 5.5.1
        C: VRFY support
        S: 252
        C: BDAT 3 LAST
        C: b
        S: 250 2.0.0 Ok: 
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == "a\r\nb\r\n");
}

TEST_CASE("RFC 3030 2: RSET, EHLO and QUIT forget the chunks that came") {
    for (std::string const command : {"RSET", "EHLO client.example"}) {
        auto const mails = chunks("C: BDAT 3\nC: a\nS: 250 2.0.0 Ok\nC: " + command + R"(
        S: 250
        C: BDAT 6 LAST
        C: QUIT
        S: 503 5.5.1
        C: MAIL FROM:<bo@northwind.example>
        C: RCPT TO:<help@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: b
        C: .
        S: 250 2.0.0 Ok: 
    )");
        REQUIRE(mails.size() == 1);
        CHECK(mails[0].octets == "b\r\n");
    }
    CHECK(chunks("C: BDAT 3\nC: a\nC: QUIT\nS: 250 2.0.0 Ok\nS: 221\nS: closed\n").empty());
}

TEST_CASE("a chunk whose size can't be told is the end: nobody knows where the next command begins") {
    for (std::string const argument :
         {"", " LAST", " -1", " 1 FIRST", " 18446744073709551616", " 0x6 LAST", " 6 LAST LAST"})
        chunks("C: BDAT" + argument + "\nC: QUIT\nS: 501 5.5.4 Syntax error\nS: closed\n");
}

TEST_CASE("chunks that are too large together are let pass, each answered 552, and the session goes on") {
    auto const mails = chunks(R"(
        C: BDAT 65536 LAST
        c: {65536*x}
        S: 250 2.0.0 Ok: 
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        S: 250 2.1.0
        S: 250 2.1.5
        C: BDAT 40000
        c: {40000*x}
        S: 250 2.0.0 Ok
        C: BDAT 30000
        c: {30000*x}
        C: BDAT 6
        C: QUIT
        C: BDAT 6 LAST
        C: QUIT
        S: 552 5.3.4 Message too large
        S: 552 5.3.4
        S: 552 5.3.4
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: BDAT 65537 LAST
        c: {65537*x}
        C: NOOP
        S: 250 2.1.0
        S: 250 2.1.5
        S: 552 5.3.4
        S: 250 2.0.0
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets.size() == 65536);
}

TEST_CASE("the largest size there is takes nothing in and overflows nothing") {
    chunks("C: BDAT 1\nc: a\nS: 250\nC: BDAT 18446744073709551615\nc: {100000*x}\n");
}

TEST_CASE("no room for a chunk: 452, and the chunks behind it are no mail of their own") {
    SmtpSite site;
    site.in_flight = 40000;
    CHECK(chunks(R"(
        C: BDAT 20000
        c: {20000*x}
        C: BDAT 30000
        c: {30000*x}
        C: BDAT 1 LAST
        c: y
        C: NOOP
        S: 250 2.0.0 Ok
        S: 452 4.3.1
        S: 452 4.3.1
        S: 250 2.0.0
    )",
                 site)
              .empty());
    site.in_flight = 1000;
    CHECK(chunks("C: BDAT 1\nc: x\nC: BDAT 1 LAST\nc: y\nC: NOOP\nS: 452 4.3.1\nS: 452 4.3.1\nS: 250\n", site).empty());
}

TEST_CASE("RFC 5321 6.3: a loop is noticed in chunks") {
    auto const hops = repeated("Received: from a by b\\r\\n", 51);
    CHECK(chunks("C: BDAT 1173\nc: " + hops + "\nC: BDAT 0 LAST\nS: 250 2.0.0 Ok\nS: 554 5.4.6 Mail loop\n").empty());
}

TEST_CASE("chunks of next to nothing are commands, those of a mail are not") {
    CHECK(chunks(repeated("C: BDAT 1\nc: x\n", 97) + repeated("S: 250 2.0.0 Ok\n", 97) +
                 "C: BDAT 1 LAST\nc: x\nS: 250 2.0.0 Ok: \n")
              .at(0)
              .octets.size() == 98);
    CHECK(chunks(repeated("C: BDAT 0\n", 99) + repeated("S: 250 2.0.0 Ok\n", 98) +
                 "S: 421 4.7.0 Too many commands\nS: closed\n")
              .empty());
    SmtpSite site;
    site.policy.max_message_octets = 1024 * 1024;
    CHECK(chunks(repeated("C: BDAT 1024\nc: {1024*x}\n", 300) + repeated("S: 250 2.0.0 Ok\n", 300) +
                     "C: BDAT 0 LAST\nS: 250 2.0.0 Ok: \n",
                 site)
              .at(0)
              .octets.size() == 300 * 1024);
    session(repeated("C: BDAT 4 LAST\nc: QUIT\n", 21) + repeated("S: 503 5.5.1\n", 20) + "S: 421 4.7.0\nS: closed\n");
}

TEST_CASE("no false end of data is one in a chunk, nor comes through it") {
    for (std::string const end : {"\\n.\\n",     // LF.LF
                                  "\\n.\\r\\n",  // LF.CRLF
                                  "\\r.\\r",     // CR.CR
                                  "\\r\\n.\\n",  // CRLF.LF
                                  "\\r\\n.\\r",  // CRLF.CR
                                  "\\r.\\r\\n",  // CR.CRLF
                                  "\\n.\\r",     // LF.CR
                                  "\\r.\\n",     // CR.LF
                                  "\\r\\r\\n.\\r\\n", "\\r\\n.\\r\\r\\n", "\\0\\n.\\r\\n", "\\r\\0\\n.\\r\\n",
                                  "\\r\\n.\\r\\0\\n", "\\n\\0.\\r\\n"}) {
        INFO(end);
        auto const hidden = end + "QUIT\\r\\n";
        CHECK(chunks("C: BDAT 100 LAST\nc: hello" + hidden + "\nS: 550 5.5.2 Bare CR or LF\nS: closed\n").empty());
        // In a chunk that is not the last, with the end in a segment of its own.
        CHECK(chunks("C: BDAT 100\nc: hello\n--\nc: " + hidden + "\nS: 550 5.5.2\nS: closed\n").empty());
        // In a mail that is too large.
        CHECK(chunks("C: BDAT 100000 LAST\nc: hello" + hidden + "\nS: 550 5.5.2\nS: closed\n").empty());
    }
    auto const mails = chunks(
        "C: BDAT 26\nc: a\\r\\n.\\r\\nMAIL FROM:<>\\r\\n..\\r\\n\\0.\nC: BDAT 2 LAST\nC:\nS: 250\nS: 250 2.0.0 Ok: \n");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets == std::string("a\r\n.\r\nMAIL FROM:<>\r\n..\r\n\0.\r\n", 28));
}

TEST_CASE("a CR and a LF that two chunks share are a line end, a CR alone is none") {
    CHECK(chunks("C: BDAT 2\nc: a\\r\nC: BDAT 1 LAST\nc: \\n\nS: 250\nS: 250 2.0.0 Ok: \n").at(0).octets == "a\r\n");
    chunks("C: BDAT 2\nc: a\\r\nC: BDAT 1 LAST\nc: b\nS: 250\nS: 550 5.5.2\nS: closed\n");
    chunks("C: BDAT 2\nc: a\\r\nC: BDAT 0 LAST\nS: 250\nS: 550 5.5.2\nS: closed\n");
    chunks("C: BDAT 2 LAST\nc: a\\r\nS: 550 5.5.2\nS: closed\n");
    chunks("C: BDAT 1\nc: a\nC: BDAT 1 LAST\nc: \\n\nS: 250\nS: 550 5.5.2\nS: closed\n");
}

TEST_CASE("RFC 2033 4.3: by LMTP the last chunk is answered for each recipient, the others once") {
    auto const mails = lmtp_chunks(R"(
        C: BDAT 3
        C: a
        C: BDAT 3 LAST
        C: b
        C: NOOP
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok
    )");
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].source == Source::lmtp);
    lmtp_chunks(R"(
        C: BDAT 70000
        c: {70000*x}
        C: BDAT 1 LAST
        c: b
        C: NOOP
        S: 552 5.3.4
        S: 552 5.3.4
        S: 552 5.3.4
        S: 250 2.0.0 Ok
    )");
    lmtp_chunks("C: BDAT 10\nc: a\\nb\nS: 550 5.5.2\nS: closed\n");
    lmtp_chunks("C: BDAT 10 LAST\nc: a\\nb\nS: 550 5.5.2\nS: 550 5.5.2\nS: closed\n");
}

TEST_CASE("a large mail in chunks comes in byte for byte, in bounded memory") {
    SmtpSite settings;
    settings.policy.max_message_octets = 8 * 1024 * 1024;
    settings.in_flight = 2 * 1024 * 1024;
    RunningSmtpSite site(settings);
    for (std::size_t const chunk : {std::size_t{10000}, std::size_t{1024 * 1024}, std::size_t{8 * 1024 * 1024}}) {
        SocketWire wire(site.port());
        play(wire, "S: 220\nC: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250");
        std::string mail;
        while (mail.size() < 5 * 1024 * 1024) mail += std::to_string(mail.size()) + " printer\r\n.\r\n";
        std::string_view rest = mail;
        while (!rest.empty()) {
            auto const piece = rest.substr(0, chunk);
            rest.remove_prefix(piece.size());
            wire.send("BDAT " + std::to_string(piece.size()) + (rest.empty() ? " LAST\r\n" : "\r\n"));
            wire.send(piece);
            REQUIRE(wire.line().value_or("").substr(0, 9) == "250 2.0.0");
        }
        auto const mails = site.desk().take();
        REQUIRE(mails.size() == 1);
        CHECK((mails[0].octets == mail));
        CHECK(mails[0].spool);
    }
    CHECK(site.in_flight().used() == 0);
}

TEST_CASE("no room on the disk for a large mail in chunks") {
    SmtpSite settings;
    settings.policy.max_message_octets = 8 * 1024 * 1024;
    settings.in_flight = 2 * 1024 * 1024;
    settings.policy.spool_folder = "/nonexistent";
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, R"(
        S: 220
        C: EHLO c
        S: 250
        C: MAIL FROM:<>
        C: RCPT TO:<postmaster>
        C: BDAT 2000000
        c: {2000000*x}
        C: BDAT 1 LAST
        c: x
        C: NOOP
        S: 250 2.1.0
        S: 250 2.1.5
        S: 452 4.3.1
        S: 452 4.3.1
        S: 250 2.0.0
    )");
    CHECK(site.desk().take().empty());
}

TEST_CASE("a client that stops in the middle of a chunk, or between two, is hung up on") {
    SmtpSite settings;
    settings.policy.timeouts.data_block = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    for (std::string const more : {"c: ab", "C: a", "C: a\nS: 250 2.0.0 Ok"}) {
        SocketWire wire(site.port());
        play(wire,
             "S: 220\nC: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250\nC: BDAT 3\n" + more);
        if (more == "C: a") play(wire, "S: 250 2.0.0 Ok");
        play(wire, "S: 421 4.4.2\nS: closed");
    }
    SocketWire refused(site.port());
    play(refused, "S: 220\nC: BDAT 100\nc: half\nS: 421 4.4.2\nS: closed");
    CHECK(site.desk().take().empty());
}

TEST_CASE("shutting down: the mail whose chunks come is finished") {
    RunningSmtpSite site;
    SocketWire wire(site.port());
    play(
        wire,
        "S: 220\nC: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250\nC: BDAT 3\nC: a\nS: 250");
    site.listener().stop(nullptr);
    play(wire, "C: BDAT 3 LAST\nC: b\nS: 250 2.0.0 Ok: \nS: 421 4.3.2\nS: closed");
}
