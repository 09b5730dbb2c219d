// Behind a real Postfix: its lmtp client, chrooted in its queue, on a socket that systemd would have made there.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/postfix_server.h"
#include "tests/support/skip.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using namespace std::chrono_literals;

std::string mail(std::string_view from, std::string_view id) {
    return "From: " + std::string(from) +
           "\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\nMessage-ID: <" + std::string(id) +
           ">\r\n\r\nPlease help.\r\n";
}

// Postfix in front, the daemon behind it on private/postern; what Postfix bounces lies in `bounces`.
struct Site {
    explicit Site(std::string const& more_main_cf = {})
        : sink_port(free_port()),
          sink({"/usr/sbin/smtp-sink", "-u", user_name(), "-d", (bounces.path() / "%H%M%S.").string(),
                "127.0.0.1:" + std::to_string(sink_port), "100"},
               sink_port),
          postfix({.relay_port = sink_port, .main_cf = more_main_cf, .master_cf = {}}),
          socket(postfix.queue() / "private/postern", "postfix") {
        // The two recipients that smtp-source -r 2 makes of support.
        daemon.setup.extra =
            "[lmtp]\nlisten = [\"systemd\"]\n"
            "[[mailbox]]\naddress = \"1support@acme.example\"\naliases = [\"2support@acme.example\"]\ntag = \"TWO\"\n";
        daemon.setup.sockets = {{socket.fd(), "lmtp"}};
        daemon.write_config();
    }
    // From outside, through Postfix's SMTP server.
    std::string send(std::string const& from, std::string const& to, std::string const& id) const {
        SmtpClient client(postfix.port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        return client.mail(from, to, mail(from, id));
    }
    std::vector<std::string> bounced() const {
        std::vector<std::string> mails;
        for (auto const& entry : std::filesystem::directory_iterator(bounces.path()))
            mails.push_back(read_file(entry.path()));
        return mails;
    }
    // Receipts by their Message-ID, once there are so many: one whose sending a kill cut short may go out again as it
    // is.
    std::size_t receipts(std::size_t count) const {
        std::set<std::string> ids;
        for (auto const& each : daemon.sent(count)) {
            auto const at = each.find("\nMessage-ID: ");
            ids.insert(each.substr(at, each.find('\n', at + 1) - at));
        }
        return ids.size();
    }
    // Each of so many mails of the contact's has one ticket, and nothing is in the books twice.
    void check_all_taken_once(std::size_t count) const {
        auto const messages = daemon.json({"message", "list"});
        std::set<std::string> opened;
        std::size_t tickets = 0;
        for (auto const& each : messages) {
            CHECK((each["disposition"] == "opened" || each["disposition"] == "duplicate"));
            if (each["disposition"] != "opened") continue;
            opened.insert(each["message_id"].get<std::string>());
            ++tickets;
        }
        CHECK(opened.size() == count);
        CHECK(tickets == count);
        CHECK(daemon.json({"ticket", "list"}).size() == count);
        CHECK(daemon.postern({"audit"}).exit_code == 0);
        UNSCOPED_INFO(messages.size() - tickets << " of " << messages.size() << " were duplicates");
    }

    TemporaryFolder bounces;
    unsigned short sink_port;
    ServerProgram sink;
    PostfixServer postfix;
    ListeningSocket socket;
    DaemonProcess daemon;
};

}  // namespace

TEST_CASE("behind Postfix: taken, refused without a bounce, and no such mailbox bounced by Postfix") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site;
    site.daemon.start();
    site.postfix.start();
    CHECK_THAT(site.send("ana@northwind.example", "support@acme.example", "1@northwind.example"), StartsWith("250 "));
    CHECK_THAT(site.send("eve@evil.example", "support@acme.example", "2@evil.example"), StartsWith("250 "));
    CHECK_THAT(site.send("ana@northwind.example", "nobody@acme.example", "3@northwind.example"), StartsWith("250 "));
    INFO(site.postfix.log() << site.daemon.log());
    REQUIRE(site.postfix.drain());
    auto const messages = site.daemon.json({"message", "list"});
    REQUIRE(messages.size() == 2);
    for (auto const& each : messages) {
        CHECK(each["source"] == "lmtp");
        CHECK(each["disposition"] == (each["from"] == "ana@northwind.example" ? "opened" : "refused"));
    }
    CHECK(site.postfix.logged({"relay=mx.acme.example[private/postern]", "dsn=2.0.0, status=sent"}) == 2);
    CHECK(site.postfix.logged({"to=<nobody@acme.example>", "dsn=5.1.1, status=bounced"}) == 1);
    auto const bounced = site.bounced();
    REQUIRE(bounced.size() == 1);
    CHECK_THAT(bounced[0],
               Contains("550 5.1.1 No such mailbox here") && Contains("X-Rcpt-Args: <ana@northwind.example>"));
}

TEST_CASE("behind Postfix by LMTP over TCP, in sessions that Postfix keeps open") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    auto const port = free_port();
    DaemonProcess daemon;
    daemon.setup.extra = "[lmtp]\nlisten = [\"127.0.0.1:" + std::to_string(port) + "\"]\n";
    daemon.write_config();
    daemon.start();
    PostfixServer postfix({.transport = "lmtp:inet:127.0.0.1:" + std::to_string(port), .main_cf = {}, .master_cf = {}});
    postfix.start();
    constexpr unsigned mails = 100;
    postfix.inject(mails, 4);
    INFO(postfix.log());
    REQUIRE(postfix.drain());
    CHECK(daemon.json({"ticket", "list"}).size() == mails);
    auto const messages = daemon.json({"message", "list"});
    CHECK(messages.size() == mails);
    for (auto const& each : messages) CHECK(each["source"] == "lmtp");
    CHECK(postfix.logged({"relay=127.0.0.1[127.0.0.1]", "dsn=2.0.0, status=sent"}) == mails);
}

TEST_CASE("behind Postfix: what is not taken now, 452, stays in its queue") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site;
    site.daemon.setup.limits = "held = 1";  // a second mail that has to be held is deferred
    site.daemon.write_config();
    site.daemon.start();
    site.postfix.start();
    for (auto const* const id : {"1@northwind.example", "2@northwind.example"}) {
        SmtpClient client(site.postfix.port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example",
                               mail("ana@northwind.example, eve@evil.example", id)),
                   StartsWith("250 "));
    }
    for (int i = 0; i < 600 && site.postfix.logged({"dsn=4.3.1, status=deferred"}) == 0; ++i)
        std::this_thread::sleep_for(50ms);
    CHECK(site.postfix.logged({"dsn=4.3.1, status=deferred", "452 4.3.1 No room for it now"}) > 0);
    CHECK(site.postfix.queued() == 1);
    site.daemon.setup.limits.clear();
    site.daemon.write_config();
    site.daemon.reload();
    INFO(site.postfix.log());
    REQUIRE(site.postfix.drain());
    CHECK(site.daemon.json({"held", "list"}).size() == 2);
    CHECK(site.bounced().empty());
}

TEST_CASE("behind Postfix: SIGKILL again and again, in mid-reply, too: nothing lost, nothing doubled") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    // Every mail goes to two of ours: Postfix takes each reply for its recipient alone.
    Site site;
    site.postfix.start();
    constexpr unsigned mails = 300;
    std::thread injecting([&] { site.postfix.inject(mails, 4, {"-r", "2"}); });
    unsigned kills = 0;
    for (auto const* const point : {"smtp.octets-complete", "intake.committed", "smtp.before-reply",
                                    "lmtp.half-replied", "smtp.replied", "lmtp.half-replied"}) {
        site.daemon.setup.environment = {"POSTERN_FAULT=" + std::string(point) + ":20"};
        site.daemon.launch();
        kills += site.daemon.wait_for_end(20s) == 128 + SIGKILL;
        site.daemon.kill();
        site.postfix.kick();
    }
    injecting.join();
    site.daemon.setup.environment.clear();
    site.daemon.start();
    INFO(site.daemon.log());
    REQUIRE(site.postfix.drain());
    CHECK(kills == 6);
    site.check_all_taken_once(mails);
    CHECK(site.bounced().empty());
    CHECK(site.receipts(mails) == mails);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("behind Postfix: Postfix stopped and started in mid-delivery loses and doubles nothing") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site;
    site.postfix.start();
    constexpr unsigned mails = 300;
    site.postfix.inject(mails, 4);  // the daemon is down: connections wait in the socket that systemd holds
    site.daemon.start();
    for (unsigned round = 0; round < 4; ++round) {
        auto const before = site.daemon.json({"message", "list"}).size();
        for (int i = 0; i < 200 && site.daemon.json({"message", "list"}).size() == before && site.postfix.queued() > 0;
             ++i)
            std::this_thread::sleep_for(10ms);
        site.postfix.stop();
        site.postfix.start();
    }
    INFO(site.postfix.log());
    REQUIRE(site.postfix.drain());
    site.check_all_taken_once(mails);
    CHECK(site.bounced().empty());
    CHECK(site.receipts(mails) == mails);
    CHECK(site.daemon.stop() == 0);
}
