// Sender authentication as a site runs it: posternd, its verifiers, a real nsd, the operator's tool.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/dkim_signer.h"
#include "tests/support/nsd_server.h"
#include "tests/support/scripted_dns_server.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr auto sends_from_here = "@ IN TXT \"v=spf1 ip4:127.0.0.1 -all\"\n_dmarc IN TXT \"v=DMARC1; p=reject\"\n";
constexpr auto sends_from_elsewhere = "@ IN TXT \"v=spf1 ip4:192.0.2.7 -all\"\n_dmarc IN TXT \"v=DMARC1; p=reject\"\n";

std::string mail(std::string const& from, int number) {
    return "From: " + from + "\r\nTo: support@acme.example\r\nSubject: printer " + std::to_string(number) +
           "\r\nMessage-ID: <" + std::to_string(number) + "@northwind.example>\r\n\r\nIt smokes.\r\n";
}

struct Site {
    DaemonProcess daemon;
    int mails = 0;

    explicit Site(std::string const& resolver, std::string const& more = "") { use(resolver, more); }
    void use(std::string const& resolver, std::string const& more = "") {
        daemon.setup.extra = "[authentication]\nresolver = \"" + resolver + "\"\n" + more;
        daemon.write_config();
    }
    std::string send(std::string const& envelope, std::string const& from) {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        return client.mail(envelope, "support@acme.example", mail(from, ++mails));
    }
    std::string from_ana() { return send("ana@northwind.example", "Ana <ana@northwind.example>"); }
    // Of the newest mail: "pass".
    nlohmann::json newest() const {
        auto const list = daemon.json({"message", "list"});
        return daemon.json({"message", "show", list.back()["id"]});
    }
};

// The processes that this one has started: postern-verifier.
std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    std::error_code error;
    for (auto const& task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task", error)) {
        std::ifstream in(task.path() / "children");
        for (pid_t child = 0; in >> child;) children.push_back(child);
    }
    return children;
}

}  // namespace

TEST_CASE("who the sender is stands in the 550, on the article, in message show, in why and in status") {
    NsdServer const dns(
        NsdServer::Zones{{"northwind.example", sends_from_here}, {"globex.example", sends_from_elsewhere}});
    Site site(dns.address());
    site.daemon.start();
    CHECK_THAT(site.from_ana(), StartsWith("250 "));
    auto const opened = site.newest();
    CHECK(opened["authentication"] == "pass");
    CHECK_THAT(opened["authentication_results"].get<std::string>(),
               StartsWith("support.acme.example; ") && Contains("spf=pass") && Contains("dmarc=pass"));
    CHECK(site.daemon.json({"ticket", "show", "ACME-1000"})["articles"][0]["authentication"] == "pass");
    CHECK_THAT(site.send("ana@northwind.example", "cy@globex.example"), StartsWith("550 5.7.26 "));
    CHECK_THAT(site.send("cy@globex.example", "cy@globex.example"), StartsWith("550 5.7.26 "));
    CHECK_THAT(site.send("zoe@globex.example", "zoe@globex.example"), StartsWith("550 5.7.26 "));
    CHECK_THAT(site.daemon.postern({"message", "why", site.newest()["id"]}).out,
               Contains("MAIL FROM globex.example") && Contains("its domain asks to reject"));
    CHECK(site.daemon.json({"status"})["authentication"] ==
          nlohmann::json({{"hours", 24}, {"pass", 1}, {"fail", 3}, {"none", 0}}));
}

TEST_CASE("deliver verifies, too: a signature, what our own MTA states, and 77 for an authentic colleague") {
    auto const key = make_rsa_key(2048);
    std::string record;
    for (std::size_t at = 0; at < key.record.size(); at += 200) record += " \"" + key.record.substr(at, 200) + "\"";
    NsdServer const dns("northwind.example",
                        std::string(sends_from_elsewhere) + "s1._domainkey IN TXT" + record + "\n");
    Site site(dns.address(), "policy = \"require\"\ntrusted_authserv_ids = [\"mx.acme.example\"]\n");
    site.daemon.start();
    auto const deliver = [&](std::string const& from, std::string const& octets) {
        return site.daemon.postern({"deliver", "--mailbox", "support@acme.example", "--from", from}, octets);
    };
    CHECK(deliver("bounces@lists.example", signed_by_dkimpy(mail("ana@northwind.example", 1), key)).exit_code == 0);
    CHECK(site.newest()["disposition"] == "opened");
    CHECK(site.newest()["authentication"] == "pass");
    CHECK(deliver("ana@northwind.example", mail("ana@northwind.example", 2)).exit_code == 0);
    CHECK(site.newest()["disposition"] == "refused");
    auto const stated =
        std::string("Authentication-Results: mx.acme.example; dmarc=pass header.from=northwind.example\r\n");
    CHECK(deliver("ana@northwind.example", stated + mail("ana@northwind.example", 3)).exit_code == 0);
    CHECK(site.newest()["disposition"] == "opened");
    auto const refused = deliver("carl@northwind.example", stated + mail("carl@northwind.example", 4));
    CHECK(refused.exit_code == 77);
    CHECK_THAT(refused.err, Contains("lnd@northwind.example"));
    // Nobody has proved that eve's address is whose mail it is.
    CHECK(deliver("eve@elsewhere.example", stated + mail("carl@northwind.example", 5)).exit_code == 0);
}

TEST_CASE("a verifier that is killed is replaced, and none outlives the daemon") {
    NsdServer const dns("northwind.example", sends_from_here);
    Site site(dns.address());
    site.daemon.start();
    CHECK_THAT(site.from_ana(), StartsWith("250 "));
    auto const first = children_of(site.daemon.pid());
    REQUIRE(first.size() == 1);
    REQUIRE(::kill(first.front(), SIGKILL) == 0);
    CHECK_THAT(site.from_ana(), StartsWith("250 "));
    // The mail may have met the death itself; the next one is verified for certain.
    CHECK_THAT(site.from_ana(), StartsWith("250 "));
    CHECK(site.newest()["authentication"] == "pass");
    auto const second = children_of(site.daemon.pid());
    REQUIRE(second.size() == 1);
    CHECK(second != first);
    SECTION("at its end") {
        CHECK(site.daemon.stop() == 0);
    }
    SECTION("when it is killed") {
        site.daemon.kill();
    }
    for (int i = 0; i < 200 && ::kill(second.front(), 0) == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    CHECK(::kill(second.front(), 0) != 0);
}

TEST_CASE("a resolver that falls silent: mail is taken and marked, and all is well when it is back or another is set") {
    NsdServer dns("northwind.example", sends_from_here);
    ScriptedDnsServer silent([](auto const&) { return ScriptedDnsServer::Reply{}; });
    Site site(silent.address());
    site.daemon.start();
    for (int i = 0; i < 20; ++i) CHECK_THAT(site.from_ana(), StartsWith("250 "));
    CHECK_THAT(site.daemon.json({"status"})["trouble"].get<std::string>(), Contains("dns"));
    CHECK(site.newest()["authentication"] == "none");
    CHECK_THAT(site.daemon.postern({"message", "why", site.newest()["id"]}).out, Contains("DNS had trouble"));
    site.use(dns.address());
    site.daemon.reload();
    CHECK_THAT(site.from_ana(), StartsWith("250 "));
    CHECK(site.newest()["authentication"] == "pass");
    CHECK(site.daemon.json({"status"})["trouble"].is_null());
    site.use(silent.address(), "policy = \"require\"\n");
    site.daemon.reload();
    CHECK_THAT(site.from_ana(), StartsWith("451 4.7.0 "));
}

TEST_CASE("nothing is looked up for a domain that no organisation has, nor for what the envelope says else") {
    ScriptedDnsServer counting([](auto const& query) { return reply_of(response_to(query)); });
    Site site(counting.address(), "policy = \"require\"\n");
    site.daemon.start();
    CHECK_THAT(site.send("eve@evil.example", "eve@evil.example"), StartsWith("550 5.7.1 "));
    CHECK(counting.count() == 0);
    CHECK_THAT(site.send("eve@evil.example", "ana@northwind.example"), StartsWith("550 5.7.26 "));
    CHECK(counting.count("evil.example") == 0);
    CHECK(counting.count("_dmarc.northwind.example") == 1);
}
