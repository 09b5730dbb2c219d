// What an operator meets: a second daemon, a bad file, a reload, a relay that is down, a kill in mid-work.
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/skip.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(std::string_view from, std::string_view subject, std::string_view id) {
    return "From: " + std::string(from) + "\r\nTo: support@acme.example\r\nSubject: " + std::string(subject) +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + std::string(id) + ">\r\n\r\nPlease help.\r\n";
}

std::string deliver(unsigned short port, std::string_view from, std::string_view id) {
    SmtpClient client(port);
    if (!client.reply().starts_with("220")) return {};
    static_cast<void>(client.say("EHLO x.example"));
    return client.mail(from, "support@acme.example", mail(from, "The printer smokes", id));
}

}  // namespace

TEST_CASE("two daemons on one state_dir: the second leaves with 75") {
    DaemonProcess daemon;
    daemon.start();
    auto const second = daemon.start_and_wait();
    CHECK(second.exit_code == 75);
    CHECK_THAT(second.err, Contains("already-running"));
    CHECK_THAT(deliver(daemon.smtp_port(), "ana@northwind.example", "1@northwind.example"), StartsWith("250"));
}

TEST_CASE("five mistakes are five findings, in one run") {
    DaemonProcess daemon;
    daemon.setup.extra =
        "[log]\nlevel = \"loud\"\n[metric]\nlisten = \"127.0.0.1:1\"\n"
        "[[imap]]\nmailbox = \"nobody@acme.example\"\nurl = \"http://imap.acme.example\"\nuser = \"x\"\npoll = "
        "\"soon\"\n";
    daemon.write_config();
    auto const check = daemon.postern({"check"});
    CHECK(check.exit_code == 78);
    for (auto const* word : {"loud", "metric", "nobody@acme.example", "http://", "soon"})
        CHECK_THAT(check.out + check.err, Contains(word));
    CHECK(daemon.start_and_wait().exit_code == 78);
}

TEST_CASE("a reload takes new contacts, a bad file changes nothing and is reported") {
    DaemonProcess daemon;
    daemon.start();
    CHECK_THAT(deliver(daemon.smtp_port(), "dan@northwind.example", "1@northwind.example"), StartsWith("550"));
    auto const contacts = daemon.setup.contacts;
    daemon.setup.contacts.replace(contacts.find("\"bo@"), 0, "\"dan@northwind.example\", ");
    daemon.write_config();
    daemon.reload();
    CHECK_THAT(deliver(daemon.smtp_port(), "dan@northwind.example", "2@northwind.example"), StartsWith("250"));
    daemon.setup.contacts = "[[organization]\n";
    daemon.write_config();
    daemon.reload();
    CHECK_THAT(daemon.log(), Contains("reload-failed") && Contains("contacts.toml:1"));
    CHECK_THAT(deliver(daemon.smtp_port(), "dan@northwind.example", "3@northwind.example"), StartsWith("250"));
}

TEST_CASE("a relay that is down keeps receipts in the outbox, and gets them when it is back") {
    DaemonProcess daemon;
    auto const port = free_port();
    daemon.setup.relay = "smtp://127.0.0.1:" + std::to_string(port);
    daemon.write_config();
    daemon.start();
    CHECK_THAT(deliver(daemon.smtp_port(), "ana@northwind.example", "1@northwind.example"), StartsWith("250"));
    auto const outbox = daemon.json({"outbox", "list"});
    REQUIRE(outbox.size() == 1);
    CHECK(outbox[0]["kind"] == "receipt");
    CHECK(outbox[0]["to"] == "ana@northwind.example");
    CHECK(outbox[0]["state"] == "queued");
    CHECK(outbox[0]["ticket"] == "ACME-1000");
    daemon.setup.relay = {};
    daemon.write_config();
    daemon.reload();
    CHECK(daemon.postern({"outbox", "retry", outbox[0]["id"]}).exit_code == 0);
    CHECK(daemon.sent(1).size() == 1);
}

TEST_CASE("status tells whether the daemon is up") {
    DaemonProcess daemon;
    daemon.start();
    CHECK_THAT(deliver(daemon.smtp_port(), "ana@northwind.example", "1@northwind.example"), StartsWith("250"));
    auto status = daemon.json({"status"});
    CHECK(status["up"] == true);
    CHECK(status["tickets"]["open"] == 1);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.json({"status"})["up"] == false);
}

// Four senders keep sending, each mail until it has its 250, as a mail system does; meanwhile the daemon is killed and
// started.
TEST_CASE("kill -9 under load: nothing lost, nothing doubled") {
    DaemonProcess daemon;
    daemon.start();
    constexpr int senders = 4;
    constexpr int mails = 60;
    constexpr int kills = 6;
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int sender = 0; sender < senders; ++sender) {
        threads.emplace_back([&, sender] {
            for (int n = 0; n < mails; ++n) {
                auto const id = std::to_string(sender) + "." + std::to_string(n) + "@northwind.example";
                for (bool done = false; !done;) {
                    try {
                        done = deliver(daemon.smtp_port(), "ana@northwind.example", id).starts_with("250");
                    } catch (std::exception const&) {  // not listening just now
                        std::this_thread::yield();
                    }
                }
                ++accepted;
            }
        });
    }
    for (int kill = 0; kill < kills; ++kill) {
        auto const until = (kill + 1) * senders * mails / (kills + 1);
        while (accepted < until) std::this_thread::yield();
        daemon.kill();
        daemon.start();
    }
    for (auto& thread : threads) thread.join();

    auto const tickets = daemon.json({"ticket", "list"});
    CHECK(tickets.size() == senders * mails);
    std::map<std::string, int> opened;
    for (auto const& message : daemon.json({"message", "list"}))
        opened[message["message_id"]] += message["disposition"] == "opened";
    CHECK(opened.size() == senders * mails);
    for (auto const& [id, times] : opened) {
        INFO(id);
        CHECK(times == 1);
    }
    // A receipt may be sent twice where the kill came between the relay's 250 and ours to ourselves; it is one file by
    // its name.
    CHECK(daemon.sent(senders * mails).size() == senders * mails);
}

TEST_CASE("root's check finds the secrets that systemd hands to the unit alone") {
    // A /run of its own: nothing of this machine's is touched.
    std::vector<std::string> const in_own_mounts{"unshare", "--mount", "sh", "-ec"};
    auto const run = [&](std::string const& script) {
        auto arguments = in_own_mounts;
        arguments.push_back("mount -t tmpfs none /run; " + script);
        return run_program(arguments);
    };
    if (run("true").exit_code != 0) return skip("this user may not mount anything");
    DaemonProcess daemon;
    daemon.setup.relay = "smtp://127.0.0.1:1\"\nuser = \"support\"\npassword_file = \"relay-password";
    daemon.write_config();
    auto const check =
        std::string(POSTERN_BINARY_DIR) + "/postern --config " + (daemon.folder() / "postern.toml").string() + " check";
    auto const missing = run(check);
    CHECK(missing.exit_code == 78);
    CHECK_THAT(missing.out, Contains("can't read") && Contains("No such file"));
    auto const there =
        run("umask 077; mkdir -p /run/credentials/postern.service; "
            "echo secret > /run/credentials/postern.service/relay-password; " +
            check);
    INFO(there.out + there.err);
    CHECK(there.exit_code == 0);
}
