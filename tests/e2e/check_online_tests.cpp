// `postern check --online --canary` as an operator runs it: beside a real posternd, through a real Postfix that brings
// the canary back to it, with our zones in a real nsd.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/nsd_server.h"
#include "tests/support/postfix_server.h"
#include "tests/support/skip.h"

using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

constexpr auto zone =
    "@ MX 10 support\nsupport A 192.0.2.1\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\nsupport TXT \"v=spf1 a -all\"\n";
constexpr auto asks_for_nothing = "_dmarc TXT \"v=DMARC1; p=none\"\n";
constexpr auto asks_to_reject = "_dmarc TXT \"v=DMARC1; p=reject\"\n";

void look_by(DaemonProcess& daemon, NsdServer const& dns) {
    daemon.setup.extra = "[authentication]\nresolver = \"" + dns.address() + "\"\n";
    daemon.write_config();
}

}  // namespace

TEST_CASE("a canary goes through Postfix to the daemon's SMTP: seen in the ledger, ignored, never a ticket") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    NsdServer const dns("acme.example", std::string(zone) + asks_for_nothing);
    DaemonProcess daemon;
    PostfixServer postfix(
        {.transport = "smtp:[127.0.0.1]:" + std::to_string(daemon.smtp_port()), .main_cf = {}, .master_cf = {}});
    postfix.start();
    daemon.setup.relay = "smtp://127.0.0.1:" + std::to_string(postfix.port());
    look_by(daemon, dns);
    daemon.start();

    auto const looked = daemon.postern({"check", "--canary", "help@acme.example", "--wait", "30"});
    INFO(looked.out + looked.err);
    CHECK(looked.exit_code == 0);
    CHECK_THAT(looked.out,
               Contains("good: canary: seen in the ledger, by smtp after ") && Contains("the relay said 250 2.0.0"));
    CHECK_THAT(looked.out, Contains("notice: canary: it came back unsigned") && Contains("postern dkim keygen"));
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["disposition"] == "ignored");
    CHECK(messages[0]["rule"] == "own-mail");
    CHECK(daemon.json({"ticket", "list"}).empty());
    CHECK(daemon.json({"outbox", "list"}).empty());
    CHECK(daemon.postern({"audit"}).exit_code == 0);

    // The secret is the daemon's own, and nobody else's to read.
    auto const secret = std::filesystem::status(daemon.folder() / "state" / "secret");
    CHECK((secret.permissions() & std::filesystem::perms::others_all) == std::filesystem::perms::none);
    CHECK(daemon.stop() == 0);
    auto const down = daemon.postern({"check", "--canary", "--wait", "1"});
    INFO(down.out + down.err);
    CHECK(down.exit_code == 69);
    CHECK_THAT(down.out, Contains("it was seen nowhere, since no daemon runs") && Contains("start posternd"));
}

TEST_CASE(
    "check --online ends with 69 and the key of postern.toml where mail would be lost, and with 78 before it looks") {
    NsdServer const dns("acme.example", std::string(zone) + asks_to_reject);
    DaemonProcess daemon;
    daemon.setup.relay = "smtp://127.0.0.1:1";
    look_by(daemon, dns);
    auto const looked = daemon.postern({"check", "--online", "--json"});
    CHECK(looked.exit_code == 69);
    auto const findings = nlohmann::json::parse(looked.out);
    auto const about = [&](std::string const& words) {
        for (auto const& each : findings)
            if (each["what"].get<std::string>().find(words) != std::string::npos) return each;
        return nlohmann::json();
    };
    auto const is_unsigned = about("receipts fail DMARC");
    REQUIRE(is_unsigned.is_object());
    CHECK(is_unsigned["severity"] == "error");
    CHECK(is_unsigned["line"].is_number());
    CHECK_THAT(is_unsigned["cure"].get<std::string>(), Contains("postern dkim keygen"));
    CHECK(about("smtp://127.0.0.1:1: ").is_object());
    CHECK(daemon.postern({"check", "--canary", "nobody@acme.example"}).exit_code == 64);

    daemon.setup.extra += "[nonsense]\n";
    daemon.write_config();
    CHECK(daemon.postern({"check", "--online"}).exit_code == 78);
}

TEST_CASE("check --online by root reads root's secrets, and leaves no file of root's in state_dir") {
    if (::geteuid() != 0) return skip("not run by root");
    NsdServer const dns("acme.example", std::string(zone) + asks_for_nothing);
    DaemonProcess daemon;
    daemon.setup.user = "mail";
    look_by(daemon, dns);
    daemon.start();
    CHECK(daemon.stop() == 0);
    // As LoadCredential= of systemd has it: root alone may read the file.
    write_file(daemon.folder() / "relay-password", "secret\n");
    std::filesystem::permissions(daemon.folder() / "relay-password", std::filesystem::perms(0600));
    daemon.setup.relay = "smtp://127.0.0.1:1\"\nuser = \"support\"\npassword_file = \"relay-password";
    daemon.write_config();
    std::filesystem::remove(daemon.folder() / "state" / "secret");
    auto const looked = daemon.postern({"check", "--canary", "--wait", "1"});
    INFO(looked.out + looked.err);
    CHECK(looked.exit_code == 69);
    CHECK_THAT(looked.out, Contains("Couldn't connect") && !Contains("cannot be read"));
    struct stat made {};
    REQUIRE(::stat((daemon.folder() / "state" / "secret").c_str(), &made) == 0);
    CHECK(made.st_uid != 0);
}
