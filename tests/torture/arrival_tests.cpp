// The same mail again, in the ways in which that comes about: one ticket, one article, one receipt. That the way in
// does not matter: tests/daemon/arrival_key_tests.cpp; both mailboxes of ours: tests/e2e/smtp_tests.cpp.
#include <barrier>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"

using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(int number, std::string_view text = "Please help.") {
    return "From: ana@northwind.example\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\n"
           "Date: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" +
           std::to_string(number) + "@northwind.example>\r\n\r\n" + std::string(text) + "\r\n";
}

std::unique_ptr<SmtpClient> session(DaemonProcess const& daemon) {
    auto client = std::make_unique<SmtpClient>(daemon.smtp_port());
    static_cast<void>(client->reply());
    static_cast<void>(client->say("EHLO x.example"));
    return client;
}

// Up to the dot that ends it.
void begin(SmtpClient& client, std::string const& octets) {
    static_cast<void>(client.say("MAIL FROM:<ana@northwind.example>"));
    static_cast<void>(client.say("RCPT TO:<support@acme.example>"));
    if (!client.say("DATA").starts_with("354")) throw std::runtime_error("no 354");
    client.send(octets);
}

std::size_t queued(DaemonProcess const& daemon) {
    return daemon.json({"status"})["outbox"]["queued"];
}

void check_one_of_all(DaemonProcess& daemon, std::size_t rows) {
    CHECK(daemon.sent(1).size() == 1);
    CHECK(daemon.json({"message", "list"}).size() == rows);
    auto const tickets = daemon.json({"ticket", "list"});
    REQUIRE(tickets.size() == 1);
    std::size_t customer = 0;
    auto const ticket = daemon.json({"ticket", "show", tickets[0]["ticket"]});
    for (auto const& article : ticket["articles"]) customer += article["kind"] == "customer";
    CHECK(customer == 1);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.sent(1).size() == 1);
    CHECK(daemon.postern({"audit"}).exit_code == 0);
}

bool eventually(std::function<bool()> const& so) {
    for (auto const end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;) {
        if (so()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

}  // namespace

TEST_CASE("a client that did not wait for its 250 sends again") {
    DaemonProcess daemon;
    daemon.start();
    {
        auto const client = session(daemon);
        begin(*client, mail(1));
        client->send(".\r\n");
    }
    CHECK(eventually([&] { return daemon.json({"message", "list"}).size() == 1; }));
    CHECK_THAT(session(daemon)->mail("ana@northwind.example", "support@acme.example", mail(1)), StartsWith("250 "));
    check_one_of_all(daemon, 2);
}

TEST_CASE("a crash after the commit: the client sends again") {
    DaemonProcess daemon;
    daemon.setup.environment = {"POSTERN_FAULT=intake.committed:1"};
    daemon.start();
    CHECK(session(daemon)->mail("ana@northwind.example", "support@acme.example", mail(1)).empty());
    CHECK(daemon.wait_for_end(10s) == 128 + SIGKILL);
    daemon.setup.environment.clear();
    daemon.start();
    CHECK_THAT(session(daemon)->mail("ana@northwind.example", "support@acme.example", mail(1)), StartsWith("250 "));
    check_one_of_all(daemon, 2);
}

TEST_CASE("a crash before the commit: nothing was there when the client sends again") {
    DaemonProcess daemon;
    daemon.setup.environment = {"POSTERN_FAULT=intake.written:1"};
    daemon.start();
    CHECK(session(daemon)->mail("ana@northwind.example", "support@acme.example", mail(1)).empty());
    CHECK(daemon.wait_for_end(10s) == 128 + SIGKILL);
    daemon.setup.environment.clear();
    daemon.start();
    CHECK(daemon.json({"message", "list"}).empty());
    CHECK_THAT(session(daemon)->mail("ana@northwind.example", "support@acme.example", mail(1)), StartsWith("250 "));
    check_one_of_all(daemon, 1);
}

TEST_CASE("the same mail in our folder and by SMTP at once") {
    DovecotServer dovecot;
    DaemonProcess daemon;
    write_file(daemon.folder() / "imap-password", "secret\n");
    daemon.setup.extra = "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
                         std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
                         "\"\nuser = \"support\"\npassword_file = \"imap-password\"\npoll = \"1s\"\n";
    daemon.write_config();
    daemon.start();
    auto const client = session(daemon);
    begin(*client, mail(1));
    dovecot.deliver("support", {mail(1)});
    client->send(".\r\n");
    CHECK_THAT(client->reply(), StartsWith("250 "));
    CHECK(eventually([&] { return dovecot.mails("support").at(0).flags == "\\Seen"; }));
    check_one_of_all(daemon, 2);
}

TEST_CASE("two mails with one Message-ID are two tickets") {
    DaemonProcess daemon;
    daemon.start();
    auto const client = session(daemon);
    for (auto const* text : {"The first one.", "Another one."})
        CHECK_THAT(client->mail("ana@northwind.example", "support@acme.example", mail(1, text)), StartsWith("250 "));
    CHECK(daemon.json({"ticket", "list"}).size() == 2);
    CHECK(daemon.sent(2).size() == 2);
}

TEST_CASE("two clients send the same mail at the same instant, 1,000 times") {
    constexpr int mails = 1000;
    DaemonProcess daemon;
    daemon.setup.limits = "receipts_per_address = \"0\"\nfold_after = \"0\"\n";
    daemon.write_config();
    daemon.start();
    std::barrier instant(2);
    std::atomic<int> taken{0};
    auto const send_all = [&] {
        auto const client = session(daemon);
        for (int number = 0; number < mails; ++number) {
            begin(*client, mail(number, "Number " + std::to_string(number)));
            instant.arrive_and_wait();
            client->send(".\r\n");
            taken += client->reply().starts_with("250 ");
        }
    };
    std::thread other(send_all);
    send_all();
    other.join();
    CHECK(taken == 2 * mails);
    CHECK(daemon.json({"ticket", "list"}).size() == mails);
    CHECK(daemon.json({"message", "list"}).size() == 2 * mails);
    CHECK(eventually([&] { return queued(daemon) == 0; }));
    CHECK(daemon.sent(mails).size() == mails);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.postern({"audit"}).exit_code == 0);
}
