// `postern reparse` beside a daemon at work, killed in its midst, and by root. The older parser is SQL: it leaves in
// the store what the octets do not give.
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/skip.h"

using namespace postern::testing;

namespace {

struct Site {
    DaemonProcess daemon;
    int sent = 0;

    void start() {
        daemon.write_config();
        daemon.start();
    }
    void send(int count) {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        for (int i = 0; i < count; ++i) {
            auto const number = std::to_string(++sent);
            auto const reply = client.mail(
                "ana@northwind.example", "support@acme.example",
                "From: Ana <ana@northwind.example>\nTo: support@acme.example\nSubject: Matter " + number +
                    "\nMessage-ID: <" + number + "@northwind.example>\n\nIt is broken, part " + number + ".\n");
            REQUIRE(reply.substr(0, 4) == "250 ");
        }
    }
    // What an older parser made of the mails so far.
    int make_older() const {
        SQLite::Database store{(daemon.folder() / "state" / "postern.db").string(), SQLite::OPEN_READWRITE, 10'000};
        return store.exec("UPDATE article SET text = 'older', full_text = 'older' WHERE kind = 'customer'");
    }
    void require_as_derived() const {
        auto const again = daemon.json({"reparse", "--dry-run"});
        CHECK(again["mails"] == sent);
        CHECK(again["changed"] == 0);
        CHECK(daemon.json({"ticket", "list"}).size() == static_cast<std::size_t>(sent));
        auto const audit = daemon.json({"audit"});
        CHECK(audit["ok"] == true);
        CHECK(audit["taken_in"] == sent);
    }
};

}  // namespace

TEST_CASE("reparse beside a daemon at work: what comes meanwhile is taken, and each mail is right in the end") {
    Site site;
    site.start();
    site.send(200);
    REQUIRE(site.make_older() == 200);
    auto reparse = std::async(std::launch::async, [&] { return site.daemon.json({"reparse"}); });
    site.send(100);
    auto const told = reparse.get();
    CHECK(told["changed"] == 200);
    CHECK(told["damaged"] == 0);
    site.require_as_derived();
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("reparse interrupted: what it derived stays, and the next one does the rest") {
    Site site;
    site.start();
    site.send(200);
    REQUIRE(site.make_older() == 200);
    auto const signal = GENERATE(as<std::string>{}, "INT", "KILL");
    auto const postern = std::string(POSTERN_BINARY_DIR) + "/postern";
    auto const config = (site.daemon.folder() / "postern.toml").string();
    auto const left = [&] { return site.daemon.json({"reparse", "--dry-run"})["changed"].get<int>(); };
    // However quick the machine: some of the tries end it in its midst.
    for (int milliseconds = 10; milliseconds <= 80 && left() == 200; milliseconds += 10) {
        static_cast<void>(run_program({"timeout", "--signal=" + signal, "0.0" + std::to_string(milliseconds), postern,
                                       "--config", config, "reparse"}));
    }
    auto const rest = left();
    CHECK(site.daemon.json({"audit"})["ok"] == true);
    CHECK(site.daemon.json({"reparse"})["changed"] == rest);
    site.require_as_derived();
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("reparse by root leaves the daemon's files the daemon's") {
    if (::geteuid() != 0) return skip("not run by root");
    Site site;
    site.daemon.setup.user = "mail";
    site.start();
    site.send(20);
    REQUIRE(site.make_older() == 20);
    CHECK(site.daemon.stop() == 0);  // so that the store's log is made anew by whoever comes first
    CHECK(site.daemon.json({"reparse"})["changed"] == 20);
    auto const others = run_program({"find", (site.daemon.folder() / "state").string(), "!", "-user", "mail"});
    CHECK(others.out.empty());
    site.daemon.start();
    site.send(1);
    site.require_as_derived();
    CHECK(site.daemon.stop() == 0);
}
