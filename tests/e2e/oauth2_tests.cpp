// Logins by OAuth 2.0 with a real Dovecot that checks the tokens itself, and an endpoint that does what endpoints do:
// whatever it is, no mail is lost, `status` says so, and nobody is asked without end.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "daemon/fault_point.h"
#include "tests/support/bearer_auth.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"
#include "tests/support/postfix_server.h"
#include "tests/support/skip.h"
#include "tests/support/token_server.h"

using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// Longer than anything here takes on a loaded machine; a test that waits for it has failed.
constexpr auto patience = 60s;

bool eventually(std::function<bool()> const& so) {
    for (auto const end = std::chrono::steady_clock::now() + patience; !so(); std::this_thread::sleep_for(50ms))
        if (std::chrono::steady_clock::now() > end) return false;
    return true;
}

std::string mail(unsigned number) {
    auto const text = std::to_string(number);
    return "From: ana@northwind.example\r\nTo: support@acme.example\r\nSubject: Mail " + text +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + text +
           "@northwind.example>\r\n\r\nPlease help.\r\n";
}

// A daemon that polls a Dovecot under tokens of the endpoint.
struct Site {
    static constexpr auto* user = "support@acme.example";

    explicit Site(std::string const& mechanisms = "xoauth2 oauthbearer", bool by_refresh_token = true,
                  std::string const& more_of_dovecot = {})
        : bearer(tokens), dovecot(bearer.dovecot_lines(mechanisms) + more_of_dovecot) {
        if (by_refresh_token) new_seed();
        daemon.setup.site = "postmaster = \"ops@acme.example\"\n";
        daemon.setup.extra = folder_lines("INBOX", by_refresh_token);
        daemon.write_config();
    }

    std::string oauth2(bool by_refresh_token = true) const {
        return "oauth2 = { token_url = \"" + tokens.token_url() + "\", client_id = \"postern\", ca_file = \"" +
               tokens.authority().string() + "\"" +
               (by_refresh_token ? ", refresh_token_file = \"imap-refresh\"" : "") + " }\n";
    }
    std::string folder_lines(std::string const& folder, bool by_refresh_token = true) const {
        return "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
               std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
               "\"\nuser = \"" + user + "\"\npoll = \"1s\"\nidle = false\nfolder = \"" + folder + "\"\n" +
               oauth2(by_refresh_token);
    }
    void new_seed() {
        auto const file = daemon.folder() / "imap-refresh";
        write_file(file, tokens.issue_refresh_token() + "\n");
        chmod(file.c_str(), 0600);
    }
    void deliver(unsigned count) {
        for (unsigned i = 0; i < count; ++i) dovecot.deliver(user, {mail(++delivered)});
    }
    // Its sessions end, so each is a login anew.
    void restart_dovecot() {
        dovecot.stop();
        dovecot.start();
    }
    std::size_t tickets() const { return daemon.json({"ticket", "list"}).size(); }
    bool all_are_tickets() const {
        return eventually([&] { return tickets() >= delivered; }) && tickets() == delivered;
    }
    nlohmann::json folder_status() const { return daemon.json({"status"})["mailboxes"][0]; }
    std::string error() const {
        auto const status = folder_status();
        return status["error"].is_string() ? status["error"].get<std::string>() : std::string();
    }
    bool says(std::string const& words) const {
        return eventually([&] { return error().find(words) != std::string::npos; });
    }
    std::string trouble() const {
        auto const status = daemon.json({"status"});
        return status["trouble"].is_string() ? status["trouble"].get<std::string>() : std::string();
    }
    // Mails to the postmaster with this in the subject.
    std::size_t alarms(std::string const& subject) const {
        std::size_t count = 0;
        for (auto const& sent : daemon.sent(0)) {
            auto const at = sent.find("\nSubject: ");
            count += sent.find("Delivered-To: ops@acme.example") != std::string::npos && at != std::string::npos &&
                     sent.substr(at, 200).find(subject) != std::string::npos;
        }
        return count;
    }

    TokenServer tokens;
    BearerAuth bearer;
    DovecotServer dovecot;
    DaemonProcess daemon;
    unsigned delivered = 0;
};

}  // namespace

TEST_CASE("oauth2: each mechanism alone and both, by refresh token and client credentials") {
    auto const* const mechanisms = GENERATE("xoauth2", "oauthbearer", "xoauth2 oauthbearer");
    bool const by_refresh_token = GENERATE(true, false);
    CAPTURE(mechanisms, by_refresh_token);
    Site site(mechanisms, by_refresh_token);
    site.deliver(2);
    site.daemon.start();
    CHECK(site.all_are_tickets());
    CHECK(site.error().empty());
    CHECK(site.folder_status()["last_success"].is_string());
    CHECK(site.tokens.count("/token") == 1);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE(
    "oauth2: a token that lives two seconds and a refresh token that is exchanged at each use, login after login") {
    Site site;
    site.tokens.change([](TokenServer::Settings& settings) {
        settings.lifetime = 2s;
        settings.rotates = true;
    });
    site.daemon.start();
    constexpr unsigned logins = 4;
    for (unsigned i = 0; i < logins; ++i) {
        site.deliver(2);
        REQUIRE(site.all_are_tickets());
        site.restart_dovecot();
    }
    site.deliver(1);
    REQUIRE(site.all_are_tickets());
    CHECK(site.says(""));
    CHECK(site.tokens.reused() == 0);
    // As often as somebody logs in, and every half minute.
    CHECK(site.tokens.count("/token") > 1);
    CHECK(site.tokens.count("/token") <= 3 * logins);
    CHECK(site.daemon.stop() == 0);
    unsigned kept = 0;
    for (auto const& file : std::filesystem::directory_iterator(site.daemon.folder() / "state" / "oauth2")) {
        if (file.path().extension() == ".lock") continue;
        ++kept;
        auto const token = nlohmann::json::parse(read_file(file.path()))["refresh_token"].get<std::string>();
        CHECK(site.tokens.is_live(token));
        struct stat of {};
        CHECK((stat(file.path().c_str(), &of) == 0 && (of.st_mode & 0777) == 0600));
    }
    CHECK(kept == 1);
    // The next start goes on with it, not with the seed that is void.
    site.deliver(1);
    site.daemon.start();
    CHECK(site.all_are_tickets());
    CHECK(site.tokens.reused() == 0);
}

TEST_CASE("oauth2: HTML and 5xx of the endpoint are said, not taken for an empty mailbox, and not asked without end") {
    Site site;
    site.deliver(3);
    site.tokens.always(TokenServer::html(200));
    site.daemon.start();
    CHECK(site.says("no OAuth2 token from 127.0.0.1"));
    auto const html = site.error();
    CHECK_THAT(site.trouble(), Contains("oauth2 postern at 127.0.0.1") && Contains("(imap-refresh): no OAuth2 token"));
    site.tokens.always(TokenServer::unavailable(1));
    CHECK(eventually([&] { return !site.error().empty() && site.error() != html; }));
    CHECK_THAT(site.error(), Contains("it is tried again"));
    CHECK(site.folder_status()["last_success"].is_null());
    CHECK(site.tickets() == 0);
    std::this_thread::sleep_for(3s);
    CHECK(site.tokens.count("/token") <= 8);
    site.tokens.always(std::nullopt);
    CHECK(site.all_are_tickets());
    CHECK(eventually([&] { return site.error().empty() && site.trouble().empty(); }));
    CHECK(site.folder_status()["last_success"].is_string());
    CHECK(site.alarms("no OAuth2 token") == 0);  // seconds are nobody's business
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: a dead refresh token is said, asked for once by however many folders, and the new seed is taken") {
    Site site;
    site.dovecot.doveadm({"mailbox", "create", "-u", Site::user, "Other"});
    site.daemon.setup.extra += site.folder_lines("Other");
    site.daemon.write_config();
    site.tokens.revoke_refresh_tokens();
    site.deliver(2);
    site.daemon.start();
    CHECK(site.says("invalid_grant"));
    CHECK_THAT(site.error(), Contains("run `postern oauth2 login`"));
    CHECK(site.folder_status()["last_success"].is_null());
    CHECK(eventually([&] { return site.alarms("no OAuth2 token") == 1; }));
    std::this_thread::sleep_for(3s);
    CHECK(site.tokens.count("/token") == 1);
    site.new_seed();
    CHECK(site.all_are_tickets());
    CHECK(eventually([&] { return site.error().empty() && site.trouble().empty(); }));
    CHECK(site.tokens.count("/token") == 2);
    CHECK(site.alarms("no OAuth2 token") == 1);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: kill -9 around the exchange of a refresh token") {
    if (!postern::has_fault_points) return;
    struct Case {
        char const* point;
        bool is_lost;  // the provider alone knows the new one
    };
    auto const [point, is_lost] =
        GENERATE(Case{"tokens.answered", true}, Case{"tokens.written", false}, Case{"tokens.kept", false});
    CAPTURE(point);
    Site site;
    site.tokens.change([](TokenServer::Settings& settings) { settings.rotates = true; });
    site.deliver(1);
    site.daemon.setup.environment = {std::string("POSTERN_FAULT=") + point + ":1"};
    site.daemon.launch();
    REQUIRE(site.daemon.wait_for_end(20s) == 128 + SIGKILL);
    site.daemon.setup.environment.clear();
    site.daemon.start();
    if (is_lost) {
        CHECK(site.says("invalid_grant"));
        site.new_seed();
    }
    CHECK(site.all_are_tickets());
    CHECK(site.tokens.reused() == (is_lost ? 1 : 0));
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: SIGTERM while the endpoint hangs") {
    Site site;
    site.tokens.always(TokenServer::hangs());
    site.daemon.start();
    REQUIRE(eventually([&] { return site.tokens.count("/token") == 1; }));
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE(
    "oauth2: a token that the server refuses although the endpoint gave it: said in the server's words, no loop") {
    Site site(GENERATE("xoauth2", "oauthbearer"));
    site.tokens.change([](TokenServer::Settings& settings) { settings.scope = "calendar"; });
    site.deliver(1);
    site.daemon.start();
    CHECK(site.says("cannot log in to localhost"));
    CHECK_THAT(site.error(), Contains("the OAuth2 token") && Contains("status "));
    CHECK(site.folder_status()["last_success"].is_null());
    CHECK(site.tokens.count("/token") == 1);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: clocks that differ and a refresh token that ends soon are said, to the postmaster once") {
    Site site;
    site.tokens.change([](TokenServer::Settings& settings) {
        settings.lifetime = 2s;
        settings.refresh_lifetime = 3 * 24h;
    });
    site.daemon.start();
    for (int i = 0; i < 2; ++i) {
        site.deliver(1);
        REQUIRE(site.all_are_tickets());
        std::this_thread::sleep_for(2s);  // the token's life
        site.restart_dovecot();
    }
    CHECK(eventually([&] { return site.trouble().find("the refresh token ends at") != std::string::npos; }));
    CHECK(eventually([&] { return site.alarms("ends soon") == 1; }));
    site.tokens.change([](TokenServer::Settings& settings) { settings.clock_ahead = 300s; });
    site.restart_dovecot();
    CHECK(eventually([&] { return site.trouble().find("ahead of this machine's") != std::string::npos; }));
    CHECK(eventually([&] { return site.alarms("clocks differ") == 1; }));
    CHECK(site.alarms("ends soon") == 1);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: a reload keeps the tokens of what stayed, and fetches those of what is new") {
    Site site;
    site.deliver(1);
    site.daemon.start();
    REQUIRE(site.all_are_tickets());
    site.daemon.setup.limits += "message = \"10MiB\"\n";  // begins the folder anew
    site.daemon.write_config();
    site.daemon.reload();
    site.deliver(1);
    REQUIRE(site.all_are_tickets());
    auto const before = site.tokens.count("/token");
    CHECK(before <= 2);
    site.daemon.setup.extra.replace(site.daemon.setup.extra.find("client_id = \"postern\""), 21,
                                    "client_id = \"other\"");
    site.daemon.write_config();
    site.daemon.reload();
    CHECK(site.says("no OAuth2 token"));  // the endpoint does not know this client
    CHECK(site.tokens.count("/token") == before + 1);
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("oauth2: receipts go out through a real Postfix that asks a real Dovecot about the token") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    std::string const mechanism = GENERATE("XOAUTH2", "OAUTHBEARER");
    auto const sink_port = free_port();
    ServerProgram const sink({"/usr/sbin/smtp-sink", "-u", user_name(), "127.0.0.1:" + std::to_string(sink_port), "10"},
                             sink_port);
    PostfixServer postfix({.relay_port = sink_port,
                           .main_cf = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n"
                                      "smtpd_sasl_path = private/auth\n"
                                      "smtpd_client_restrictions = permit_sasl_authenticated, reject\n"
                                      "smtpd_relay_restrictions = permit_sasl_authenticated, reject\n",
                           .master_cf = {}});
    Site site(
        mechanism == "XOAUTH2" ? "xoauth2" : "oauthbearer", true,
        "service auth {\n unix_listener " + (postfix.queue() / "private/auth").string() + " {\n  mode = 0666\n }\n}\n");
    postfix.start();
    site.daemon.setup.relay = "smtp://127.0.0.1:" + std::to_string(postfix.port());
    site.daemon.setup.relay_lines = "user = \"" + std::string(Site::user) + "\"\n" + site.oauth2();
    site.daemon.write_config();
    site.deliver(3);
    site.daemon.start();
    CHECK(site.all_are_tickets());
    CHECK(eventually([&] { return postfix.logged({"to=<ana@northwind.example>", "status=sent"}) == 3; }));
    CHECK(postfix.logged({"sasl_method=" + mechanism, "sasl_username=" + std::string(Site::user)}) >= 1);
    CHECK(site.daemon.json({"status"})["outbox"]["failed"] == 0);
    CHECK(site.tokens.count("/token") == 1);  // folder and relay share it
    CHECK(site.daemon.stop() == 0);
}
