// `postern deliver` as Postfix runs it: by pipe(8), under users that are not root, with the daemon up and down.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/postfix_server.h"
#include "tests/support/skip.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using namespace std::chrono_literals;

// Users that every Debian has: the daemon's, and the pipe's own.
constexpr char const* owner = "games";
constexpr char const* pipe_user = "nobody";

std::string mail(std::string_view from, std::string_view id) {
    return "From: " + std::string(from) +
           "\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\nMessage-ID: <" + std::string(id) +
           ">\r\n\r\nPlease help.\r\n";
}

// The line of master.cf that postern(1) shows.
PostfixServer::Setup pipe_by(DaemonProcess const& daemon, std::string const& user) {
    PostfixServer::Setup setup;
    setup.transport = "postern:";
    setup.main_cf = "postern_destination_recipient_limit = 1\n";
    setup.master_cf = "postern unix - n n - 4 pipe\n  flags=Rq user=" + user +
                      " null_sender= argv=" + (daemon.folder() / "postern").string() + " --config " +
                      (daemon.folder() / "postern.toml").string() +
                      " deliver --mailbox ${recipient} --from ${sender}\n";
    return setup;
}

// posternd as `owner` on a state_dir of its own, behind a Postfix whose pipe runs as `user`.
struct Site {
    Site(std::string const& user, mode_t state_mode) : postfix(pipe_by(daemon, user)) {
        auto const* const entry = ::getpwnam(owner);
        REQUIRE(entry != nullptr);
        std::filesystem::create_directory(state());
        REQUIRE(::chown(state().c_str(), entry->pw_uid, entry->pw_gid) == 0);
        share(state_mode);
        daemon.setup.user = owner;
        daemon.start();
        postfix.start();
    }
    std::filesystem::path state() const { return daemon.folder() / "state"; }
    void share(mode_t mode) const { REQUIRE(::chmod(state().c_str(), mode) == 0); }
    void send(std::string const& from, std::string const& to, std::string const& id) const {
        SmtpClient client(postfix.port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        CHECK_THAT(client.mail(from, to, mail(from, id)), StartsWith("250 "));
    }
    // What became of the mail; "": it has not come.
    std::string disposition(std::string const& id) const {
        for (auto const& each : daemon.json({"message", "list"})) {
            if (each["message_id"] == "<" + id + ">") return each["disposition"];
        }
        return {};
    }
    bool is_deferred() const {
        for (int i = 0; i < 600 && postfix.logged({"relay=postern", "status=deferred"}) == 0; ++i)
            std::this_thread::sleep_for(50ms);
        return postfix.logged({"relay=postern", "status=deferred"}) > 0;
    }
    // Nothing of it belongs to root, and who is neither owner nor of the group reads nothing.
    void check_files() const {
        std::size_t count = 0;
        for (auto const& entry : std::filesystem::directory_iterator(state())) {
            struct stat status {};
            REQUIRE(::stat(entry.path().c_str(), &status) == 0);
            INFO(entry.path().string());
            CHECK(status.st_uid != 0);
            CHECK((status.st_mode & 0007) == 0);
            ++count;
        }
        CHECK(count >= 2);  // store and lock
    }

    DaemonProcess daemon;
    PostfixServer postfix;
};

void take_mail_with_the_daemon_up_and_down(Site& site) {
    site.send("ana@northwind.example", "support@acme.example", "1@northwind.example");
    site.send("eve@evil.example", "support@acme.example", "2@evil.example");
    site.send("ana@northwind.example", "nobody@acme.example", "3@northwind.example");
    INFO(site.postfix.log());
    for (int i = 0; i < 600 && site.postfix.logged({"to=<nobody@acme.example>", "status=bounced"}) == 0; ++i)
        std::this_thread::sleep_for(50ms);
    CHECK(site.postfix.logged({"to=<nobody@acme.example>", "dsn=5.1.1, status=bounced"}) == 1);
    for (int i = 0; i < 600 && site.postfix.logged({"to=<support@acme.example>", "status=sent"}) < 2; ++i)
        std::this_thread::sleep_for(50ms);
    CHECK(site.disposition("1@northwind.example") == "opened");
    CHECK(site.disposition("2@evil.example") == "refused");
    site.check_files();

    site.daemon.kill();  // its log lies about
    site.send("ana@northwind.example", "support@acme.example", "4@northwind.example");
    for (int i = 0; i < 600 && site.postfix.logged({"to=<support@acme.example>", "status=sent"}) < 3; ++i)
        std::this_thread::sleep_for(50ms);
    CHECK(site.disposition("4@northwind.example") == "opened");
    site.daemon.start();
    CHECK(site.daemon.stop() == 0);
    site.send("ana@northwind.example", "support@acme.example", "5@northwind.example");
    for (int i = 0; i < 600 && site.postfix.logged({"to=<support@acme.example>", "status=sent"}) < 4; ++i)
        std::this_thread::sleep_for(50ms);
    CHECK(site.disposition("5@northwind.example") == "opened");
    site.check_files();
    site.daemon.start();
    CHECK(site.daemon.sent(3).size() == 3);
    CHECK(site.daemon.json({"ticket", "list"}).size() == 3);
    CHECK(site.daemon.postern({"audit"}).exit_code == 0);
    site.check_files();
}

}  // namespace

TEST_CASE("Postfix's pipe as the daemon's own user: taken with the daemon up and down") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site(owner, 0750);
    take_mail_with_the_daemon_up_and_down(site);
}

TEST_CASE("Postfix's pipe as a user of its own in the group that shares state_dir") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site(std::string(pipe_user) + ":" + owner, 02770);
    take_mail_with_the_daemon_up_and_down(site);
}

TEST_CASE("Postfix's pipe as a user that may not write the store: the mail waits in Postfix's queue until it may") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    Site site(std::string(pipe_user) + ":" + owner, 0750);
    site.send("ana@northwind.example", "support@acme.example", "1@northwind.example");
    CHECK(site.is_deferred());
    INFO(site.postfix.log());
    CHECK(site.postfix.logged({"dsn=4.3.0, status=deferred", "this user may not write it"}) > 0);
    CHECK(site.disposition("1@northwind.example").empty());
    // Shared, and the daemon started anew: it gives the store to the group.
    site.share(02770);
    CHECK(site.daemon.stop() == 0);
    site.daemon.start();
    REQUIRE(site.postfix.drain());
    CHECK(site.disposition("1@northwind.example") == "opened");
    // And taken from it again.
    site.share(0750);
    CHECK(site.daemon.stop() == 0);
    site.daemon.start();
    struct stat status {};
    REQUIRE(::stat((site.state() / "postern.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a group that shares state_dir makes no store of its own there") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    DaemonProcess daemon;
    auto const* const entry = ::getpwnam(owner);
    REQUIRE(entry != nullptr);
    daemon.setup.user = owner;
    daemon.start();
    REQUIRE(daemon.stop() == 0);
    auto const state = daemon.folder() / "state";
    std::filesystem::remove(state / "postern.db");
    REQUIRE(::chmod(state.c_str(), 02770) == 0);
    auto const deliver_as = [&](std::string const& user) {
        return run_program(
            {"setpriv", "--reuid=" + user, "--regid=" + std::string(owner), "--clear-groups",
             (daemon.folder() / "postern").string(), "--config", (daemon.folder() / "postern.toml").string(), "deliver",
             "--mailbox", "support@acme.example"},
            mail("ana@northwind.example", "1@northwind.example"));
    };
    auto const ran = deliver_as(pipe_user);
    CHECK(ran.exit_code == 75);
    CHECK_THAT(ran.err, Contains("posternd makes it when it starts"));
    CHECK(deliver_as(owner).exit_code == 0);
    struct stat status {};
    REQUIRE(::stat((state / "postern.db").c_str(), &status) == 0);
    CHECK(status.st_uid == entry->pw_uid);
    CHECK((status.st_mode & 0777) == 0660);
}
