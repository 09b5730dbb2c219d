// `postern check --replay` beside a daemon that goes on under the configuration it has.
#include <catch2/catch.hpp>

#include "tests/support/daemon_process.h"

using namespace postern::testing;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(std::string const& from, std::string const& id) {
    return "From: " + from + "\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\nMessage-ID: <" + id + "@" +
           "northwind.example>\r\n\r\nPlease help.\r\n";
}

std::string deliver(DaemonProcess const& daemon, std::string const& from, std::string const& id) {
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    return client.mail(from, "support@acme.example", mail(from, id));
}

}  // namespace

TEST_CASE("check --replay: says before the reload what the reload then does, and does nothing itself") {
    std::string const ana = "ana@northwind.example", carl = "carl@northwind.example";
    DaemonProcess daemon;
    daemon.start();
    CHECK_THAT(deliver(daemon, ana, "a1"), StartsWith("250"));
    CHECK_THAT(deliver(daemon, carl, "c1"), StartsWith("550"));
    CHECK(daemon.postern({"deliver", "--mailbox", "support@acme.example"}, mail(carl, "c2")).exit_code == 0);
    CHECK(daemon.json({"check", "--replay"})["replay"]["changed"].empty());

    write_file(daemon.folder() / "contacts.toml",
               "[[organization]]\nname = \"Northwind\"\nid = \"northwind\"\ndomains = [\"northwind.example\"]\n"
               "contacts = [\"carl@northwind.example\"]\n");
    auto const replay = daemon.json({"check", "--replay", "1d"})["replay"];
    CHECK(replay["replayed"] == 2);
    CHECK(replay["not_replayed"]["not_kept"] == 1);
    REQUIRE(replay["changed"].size() == 2);
    CHECK(replay["changed"][0]["from"] == ana);
    CHECK(replay["changed"][0]["was"]["disposition"] == "opened");
    CHECK(replay["changed"][0]["would_be"]["disposition"] == "refused");
    CHECK_THAT(replay["changed"][0]["would_be"]["config"].get<std::string>(), Catch::EndsWith("contacts.toml:1"));
    CHECK(replay["changed"][1]["from"] == carl);
    CHECK(replay["changed"][1]["was"]["disposition"] == "refused");
    CHECK(replay["changed"][1]["would_be"]["disposition"] == "opened");

    CHECK_THAT(deliver(daemon, ana, "a2"), StartsWith("250"));  // nothing is reloaded yet
    daemon.reload();
    CHECK_THAT(deliver(daemon, ana, "a3"), StartsWith("550"));
    CHECK_THAT(deliver(daemon, carl, "c3"), StartsWith("250"));
    CHECK(daemon.json({"audit"})["ok"] == true);
    CHECK(daemon.json({"message", "list"}).size() == 6);
}
