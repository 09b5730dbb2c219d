// The main job, from the wire to the receipt: a real posternd, a real `postern`, SMTP as clients speak it.
#include <catch2/catch.hpp>

#include "parsers/digest.h"
#include "parsers/message.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(std::string_view from, std::string_view subject, std::string_view id,
                 std::string_view body = "Please help.") {
    return "From: " + std::string(from) + "\r\nTo: support@acme.example\r\nSubject: " + std::string(subject) +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + std::string(id) + ">\r\n\r\n" +
           std::string(body) + "\r\n";
}

std::string id_of(std::string const& reply) {
    return reply.substr(reply.rfind(' ') + 1);
}

}  // namespace

TEST_CASE("a contact's mail: 250 with an id, one ticket at the last severity, one receipt") {
    DaemonProcess daemon;
    daemon.start();
    SmtpClient client(daemon.smtp_port());
    CHECK_THAT(client.reply(), StartsWith("220 support.acme.example "));
    CHECK_THAT(client.say("EHLO mail.northwind.example"), Contains("PIPELINING") && Contains("SIZE 26214400"));
    auto const reply =
        client.mail("ana@northwind.example", "support@acme.example",
                    mail("Ana Ruiz <ana@northwind.example>", "The printer smokes", "1@northwind.example"));
    REQUIRE_THAT(reply, Matches("250 2\\.0\\.0 Ok: [0-9a-z]{16}"));

    auto const tickets = daemon.json({"ticket", "list"});
    REQUIRE(tickets.size() == 1);
    auto const& ticket = tickets[0];
    CHECK(ticket["ticket"] == "ACME-1000");
    CHECK(ticket["mailbox"] == "support@acme.example");
    CHECK(ticket["subject"] == "The printer smokes");
    CHECK(ticket["status"] == "open");
    CHECK(ticket["severity"] == "Low");
    CHECK(ticket["organization"] == "Northwind");
    CHECK(ticket["contact"] == "ana@northwind.example");
    CHECK(ticket["assignee"].is_null());

    auto const sent = daemon.sent(1);
    REQUIRE(sent.size() == 1);
    CHECK_THAT(sent[0], StartsWith("Return-Path: <>\r\nDelivered-To: ana@northwind.example\r\n"));
    auto const receipt = parse_message(sent[0]);
    CHECK(receipt.from.at(0).mailbox.address() == "support@acme.example");
    CHECK(receipt.from.at(0).display_name == "Acme Support");
    CHECK(receipt.to.at(0).mailbox.address() == "ana@northwind.example");
    CHECK_THAT(receipt.subject, StartsWith("[ACME-1000] ") && Contains("The printer smokes"));
    CHECK(receipt.in_reply_to == "<1@northwind.example>");
    CHECK(receipt.auto_submitted == AutoSubmitted::auto_replied);
    CHECK_THAT(receipt.body_text, Contains("ACME-1000") && Contains("Low"));

    auto const message = daemon.json({"message", "show", id_of(reply)});
    CHECK(message["disposition"] == "opened");
    CHECK(message["ticket"] == "ACME-1000");
    CHECK(message["source"] == "smtp");
    CHECK(daemon.stop() == 0);
}

TEST_CASE("a reply finds its ticket by the subject alone, whatever the mail client did to it") {
    DaemonProcess daemon;
    daemon.start();
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    auto const send = [&](std::string_view subject, int n) {
        return client.mail("ana@northwind.example", "support@acme.example",
                           mail("ana@northwind.example", subject, std::to_string(n) + "@northwind.example"));
    };
    REQUIRE_THAT(send("The printer smokes", 0), StartsWith("250"));
    int n = 0;
    for (auto const* subject :
         {"Re: [ACME-1000] The printer smokes", "AW: [ACME-1000] The printer smokes",
          "RV: The printer smokes [ACME-1000]", "Re: Re: FW: [acme-1000] The printer smokes",
          "=?UTF-8?B?UmU6IFtBQ01FLTEwMDBdIERydWNrZXI=?=", "Re:\r\n [ACME-1000]\r\n The printer smokes",
          "=?utf-8?Q?R=C3=A9p_:_[ACME-10?=\r\n =?utf-8?Q?00]_The?=", "Re: [ ACME-1000 ] [ACME-1000] again"}) {
        INFO(subject);
        CHECK_THAT(send(subject, ++n), StartsWith("250"));
    }
    auto const tickets = daemon.json({"ticket", "list"});
    REQUIRE(tickets.size() == 1);
    auto const ticket = daemon.json({"ticket", "show", "ACME-1000"});
    int customer = 0;
    for (auto const& article : ticket["articles"]) customer += article["kind"] == "customer";
    CHECK(customer == 9);
    CHECK(daemon.sent(1).size() == 1);
}

TEST_CASE(
    "who is not listed is refused after DATA, with whom to ask, nothing is kept but the ledger row, nothing is sent") {
    DaemonProcess daemon;
    daemon.start();
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    auto const colleague = client.mail("eve@northwind.example", "support@acme.example",
                                       mail("eve@northwind.example", "Hi", "1@northwind.example"));
    CHECK_THAT(colleague, StartsWith("550 5.7.1 ") && Contains("lnd@northwind.example") && Contains("Northwind L&D"));
    auto const stranger = client.mail("ana@northwind.example", "support@acme.example",
                                      mail("eve@evil.example", "Hi [ACME-1000]", "2@evil.example"));
    CHECK_THAT(stranger, StartsWith("550 5.7.1 ") && !Contains("northwind"));
    CHECK(daemon.json({"ticket", "list"}).empty());
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 2);
    CHECK(messages[0]["disposition"] == "refused");
    CHECK(daemon.postern({"message", "raw", messages[0]["id"]}).exit_code == 66);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.sent(0).empty());
}

TEST_CASE("RCPT: no such mailbox here, two of ours make one ticket, in the first one's") {
    DaemonProcess daemon;
    daemon.start();
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    static_cast<void>(client.say("MAIL FROM:<ana@northwind.example>"));
    CHECK_THAT(client.say("RCPT TO:<nobody@acme.example>"), StartsWith("550 5.1.1 "));
    CHECK_THAT(client.say("RCPT TO:<ana@northwind.example>"), StartsWith("550 5.1.1 "));
    CHECK_THAT(client.say("RCPT TO:<SALES@Acme.Example>"), StartsWith("250 "));
    CHECK_THAT(client.say("RCPT TO:<support@acme.example>"), StartsWith("250 "));
    CHECK_THAT(client.say("DATA"), StartsWith("354 "));
    client.send(mail("ana@northwind.example", "Both", "1@northwind.example") + ".\r\n");
    CHECK_THAT(client.reply(), StartsWith("250 "));
    auto const tickets = daemon.json({"ticket", "list"});
    REQUIRE(tickets.size() == 1);
    CHECK(tickets[0]["ticket"] == "SALES-1");
}

TEST_CASE("the same mail again is a duplicate: no second ticket, article or receipt") {
    DaemonProcess daemon;
    daemon.start();
    auto const once = mail("ana@northwind.example", "The printer smokes", "1@northwind.example");
    for (auto const* to : {"support@acme.example", "support@acme.example", "sales@acme.example"}) {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("HELO x.example"));
        CHECK_THAT(client.mail("ana@northwind.example", to, once), StartsWith("250 "));
    }
    CHECK(daemon.postern({"deliver", "--mailbox", "support@acme.example", "--from", "ana@northwind.example"}, once)
              .exit_code == 0);
    CHECK(daemon.json({"ticket", "list"}).size() == 1);
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 4);
    for (std::size_t i = 1; i < 4; ++i) {
        CHECK(messages[i]["disposition"] == "duplicate");
        CHECK(messages[i]["ticket"] == "ACME-1000");
    }
    CHECK(daemon.stop() == 0);
    CHECK(daemon.sent(1).size() == 1);
}

TEST_CASE("attachments come out byte for byte, a 20 MiB one too") {
    DaemonProcess daemon;
    daemon.start();
    std::string octets(20 * 1024 * 1024, '\0');
    std::uint32_t state = 1;
    for (auto& octet : octets) octet = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string base64;
    octets.resize(octets.size() / 57 * 57);  // whole lines, so that no padding is needed
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        auto const at = [&](std::size_t k) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i + k]));
        };
        auto const word = at(0) << 16 | at(1) << 8 | at(2);
        for (int shift = 18; shift >= 0; shift -= 6) base64 += digits[word >> shift & 63];
        if (i % 57 == 54) base64 += "\r\n";
    }
    daemon.setup.limits = "message = \"40MiB\"";
    daemon.write_config();
    daemon.reload();
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    auto const reply = client.mail(
        "ana@northwind.example", "support@acme.example",
        "From: ana@northwind.example\r\nSubject: Logs\r\nMessage-ID: <1@northwind.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the "
        "log.\r\n--b\r\n"
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=\"../../etc/core.bin\"\r\n\r\n" +
            base64 + "\r\n--b--\r\n");
    REQUIRE_THAT(reply, StartsWith("250 "));
    auto const ticket = daemon.json({"ticket", "show", "ACME-1000"});
    auto const attachment = ticket["articles"][0]["attachments"].at(0);
    CHECK(attachment["size"] == octets.size());
    CHECK(attachment["sha256"] == sha256_hex(octets));
    CHECK_THAT(attachment["name"].get<std::string>(), !Contains("/"));
    auto const file = daemon.folder() / "core.bin";
    auto const ran = daemon.postern(
        {"ticket", "attachment", "ACME-1000", std::to_string(attachment["id"].get<int>()), "--output", file.string()});
    CHECK(ran.exit_code == 0);
    CHECK(read_file(file) == octets);
}

TEST_CASE("a mail that can't be judged is held, an operator releases it into a ticket with its receipt") {
    DaemonProcess daemon;
    daemon.start();
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example",
                           mail("ana@northwind.example, eve@evil.example", "Whose is it", "1@northwind.example")),
               StartsWith("250 "));
    auto const held = daemon.json({"held", "list"});
    REQUIRE(held.size() == 1);
    CHECK_THAT(held[0]["reason"].get<std::string>(), Contains("2 mailboxes"));
    CHECK(daemon.json({"ticket", "list"}).empty());
    CHECK(daemon.postern({"held", "release", held[0]["id"]}).exit_code == 0);
    CHECK(daemon.json({"held", "list"}).empty());
    auto const tickets = daemon.json({"ticket", "list"});
    REQUIRE(tickets.size() == 1);
    CHECK(tickets[0]["contact"] == "ana@northwind.example");
    CHECK(daemon.sent(1).size() == 1);
    CHECK(daemon.json({"message", "list"}).size() == 1);
}
