// The main job by IMAP: a real Dovecot over TLS, a real posternd.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(std::string_view from, std::string_view subject, std::string_view id,
                 std::string_view body = "Please help.") {
    return "From: " + std::string(from) + "\r\nTo: support@acme.example\r\nSubject: " + std::string(subject) +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + std::string(id) + ">\r\n\r\n" +
           std::string(body) + "\r\n";
}

// A daemon that polls "support" at the Dovecot.
struct Site {
    explicit Site(std::string const& more = {}) {
        write_file(daemon.folder() / "imap-password", "secret\n");
        daemon.setup.extra = "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
                             std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
                             "\"\nuser = \"support\"\npassword_file = \"imap-password\"\npoll = \"1s\"\n" + more;
        daemon.write_config();
    }
    // What the ledger holds, once it is so many or 30 s have passed.
    nlohmann::json ledger(std::size_t at_least) const {
        for (int i = 0; i < 600; ++i) {
            auto messages = daemon.json({"message", "list"});
            if (messages.size() >= at_least) return messages;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return daemon.json({"message", "list"});
    }
    // The polled folder's entry in `status`; null: there is none yet.
    nlohmann::json folder_status() const {
        auto const status = daemon.json({"status"});
        for (auto const& each : status["mailboxes"]) {
            if (each["address"] == "support@acme.example") return each;
        }
        return {};
    }
    std::size_t seen() const {
        std::size_t count = 0;
        for (auto const& each : dovecot.mails("support")) count += each.flags.find("\\Seen") != std::string::npos;
        return count;
    }
    // Waits for the marks, which follow the commits.
    bool all_seen(std::size_t count) const {
        for (int i = 0; i < 600 && seen() < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{50});
        return seen() == count;
    }

    DovecotServer dovecot;
    DaemonProcess daemon;
};

}  // namespace

TEST_CASE("mail in a folder becomes tickets, a stranger's is recorded as refused, and nobody writes to them") {
    Site site;
    site.dovecot.deliver("support", {mail("ana@northwind.example", "One", "1@northwind.example"),
                                     mail("eve@northwind.example", "Two", "2@northwind.example"),
                                     mail("bo@northwind.example", "Three", "3@northwind.example", "A005 OK done")});
    site.daemon.start();
    auto const messages = site.ledger(3);
    REQUIRE(messages.size() == 3);
    CHECK(site.all_seen(3));
    CHECK(messages[0]["disposition"] == "opened");
    CHECK(messages[0]["source"] == "imap");
    CHECK(messages[1]["disposition"] == "refused");
    CHECK(messages[2]["disposition"] == "opened");
    CHECK(site.daemon.postern({"message", "raw", messages[2]["id"]}).out ==
          mail("bo@northwind.example", "Three", "3@northwind.example", "A005 OK done"));
    auto const folder = site.folder_status();
    CHECK(folder["folder"] == "INBOX");
    CHECK(folder["error"].is_null());
    CHECK(folder["last_success"].is_string());
    CHECK(site.daemon.stop() == 0);
    CHECK(site.daemon.sent(2).size() == 2);
}

TEST_CASE("kill -9 while a folder of 2,000 mails is drained: each mail opens one ticket") {
    Site site;
    constexpr std::size_t count = 2000;
    std::vector<std::string> mails;
    for (std::size_t i = 0; i < count; ++i)
        mails.push_back(
            mail("ana@northwind.example", "Mail " + std::to_string(i), std::to_string(i) + "@northwind.example"));
    site.dovecot.deliver("support", mails);
    for (std::size_t until : {1, 300, 900}) {
        site.daemon.start();
        CHECK(site.ledger(until).size() >= until);
        site.daemon.kill();
    }
    site.daemon.start();
    CHECK(site.ledger(count).size() >= count);
    CHECK(site.all_seen(count));
    CHECK(site.daemon.json({"ticket", "list"}).size() == count);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("a mail over [limits] message is held by its header, and its sender is told") {
    Site site;
    site.daemon.setup.limits = "message = \"100KiB\"";
    site.daemon.write_config();
    site.dovecot.deliver("support",
                         {mail("ana@northwind.example", "The film", "1@northwind.example", std::string(300'000, 'x')),
                          mail("bo@northwind.example", "The rest", "2@northwind.example")});
    site.daemon.start();
    auto const messages = site.ledger(2);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0]["disposition"] == "held");
    CHECK(messages[1]["disposition"] == "opened");
    auto const sent = site.daemon.sent(2);
    REQUIRE(sent.size() == 2);
    auto const& told = sent[0].find("The film") != std::string::npos ? sent[0] : sent[1];
    CHECK_THAT(told, Contains("Delivered-To: ana@northwind.example"));
    CHECK_THAT(told, Contains("100 KB"));
    CHECK(site.daemon.json({"audit"})["ok"] == true);
}

TEST_CASE("a server that is away is told in status, and mail comes when it is back") {
    Site site;
    site.daemon.start();
    site.dovecot.stop();
    bool told = false;
    for (int i = 0; i < 600 && !told; ++i) {
        auto const folder = site.folder_status();
        told = folder.is_object() && folder["error"].is_string();
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    INFO(site.daemon.log());
    CHECK(told);
    site.dovecot.start();
    site.dovecot.deliver("support", {mail("ana@northwind.example", "One", "1@northwind.example")});
    CHECK(site.ledger(1).size() == 1);
    CHECK(site.all_seen(1));
}
