// `check --online` against real servers: an nsd with our zones, a Dovecot with our folder, a relay with a script.
#include "daemon/online/look_online.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "daemon/dkim_private_key.h"
#include "daemon/dkim_record.h"
#include "daemon/online/certificate_look.h"
#include "daemon/online/domain_standing.h"
#include "daemon/online/imap_look.h"
#include "daemon/online/relay_look.h"
#include "tests/daemon/scripted_relay.h"
#include "tests/support/captured_log.h"
#include "tests/support/dovecot_server.h"
#include "tests/support/nsd_server.h"
#include "tests/support/site.h"
#include "tests/support/token_server.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Kind = Remark::Kind;

std::filesystem::path verifier() {
    return std::filesystem::path(POSTERN_BINARY_DIR) / "postern-verifier";
}

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

DkimPrivateKey const& own_key() {
    static auto const key = DkimPrivateKey::make(DkimPrivateKey::Type::ed25519);
    return key;
}

std::string txt(std::string const& name, std::string const& text) {
    constexpr std::size_t string_octets = 200;  // a string of a TXT record has 255 at most
    std::string line = name + " TXT";
    for (std::size_t at = 0; at < text.size(); at += string_octets)
        line += " \"" + text.substr(at, string_octets) + "\"";
    return line + "\n";
}

std::string signed_zone(std::string const& policy = "reject") {
    return "@ MX 10 mx\nmx A 192.0.2.2\nsupport A 192.0.2.1\n" + txt("support", "v=spf1 a -all") +
           txt("@", "v=spf1 ip4:192.0.2.1 -all") + txt("_dmarc", "v=DMARC1; p=" + policy) +
           txt("postern._domainkey", dkim_record(own_key()));
}

// What was told, in the order of telling.
struct Told {
    std::vector<Remark> remarks;

    void add(Remark const& remark) { remarks.push_back(remark); }
    [[nodiscard]] std::string text(Kind kind) const {
        std::string text;
        for (auto const& each : remarks)
            if (each.kind == kind) text += each.what + (each.cure.empty() ? "" : " (" + each.cure + ")") + "\n";
        return text;
    }
    [[nodiscard]] std::string errors() const { return text(Kind::error); }
    [[nodiscard]] std::string notices() const { return text(Kind::notice); }
    [[nodiscard]] std::string good() const { return text(Kind::good); }
};

Told told(Remarks const& remarks) {
    Told all;
    for (auto const& remark : remarks) all.add(remark);
    return all;
}

// A site on loopback: its folder, its relay, its secrets.
struct Site {
    TemporaryFolder folder;
    Options options = site_options();
    CapturedLog captured;
    Log log{LogOptions{}};

    Site() {
        options.site.hostname = "support.acme.example";
        options.site.state_dir = folder.path();
        options.store.file = folder.path() / "postern.db";
        options.mailboxes.resize(1);
        options.smtp.reset();
        options.lmtp.reset();
        options.imap.clear();
        write_file(folder.path() / "password", "secret\n");
        write_file(folder.path() / "wrong-password", "hush-hush\n");
        auto pem = own_key().pem();
        write_file(folder.path() / "dkim.pem", pem);
        options.authentication.resolver = "127.0.0.1:1";  // nobody listens there
        options.relay = RelayOptions{};
    }
    void signs() { options.dkim = DkimOptions{"acme.example", "postern", Secret{folder.path() / "dkim.pem"}}; }
    void polls(DovecotServer const& dovecot) {
        ImapOptions folder_options;
        folder_options.mailbox = options.mailboxes.front().address;
        folder_options.url = "imaps://localhost:" + std::to_string(dovecot.tls_port());
        folder_options.ca_file = dovecot.authority();
        folder_options.user = "support";
        folder_options.password = Secret{folder.path() / "password"};
        options.imap = {folder_options};
    }
    Told look(std::optional<std::chrono::seconds> canary = {}) {
        LookOnlineRequest request;
        request.verifier = verifier();
        if (canary) request.canary = CanaryRequest{options.mailboxes.front().address, *canary};
        Told all;
        look_online(options, request, log, [&](Remark const& remark) { all.add(remark); });
        return all;
    }
    Told look_at_folder(TimePoint at = now()) {
        WakeEvent const stop;
        ImapTimes times;
        times.connect = times.silence = times.command = 10s;
        return told(look_at_imap(options.imap.front(), 0, nullptr, times, stop, at));
    }
    Told look_at_the_relay(Relay::MustStop must_stop = [] { return false; }) {
        return told(look_at_relay(options, {}, std::move(must_stop), {}, now()));
    }
};

// Puts what the relay took into the folder, as its MTA would.
class Delivery {
  public:
    Delivery(ScriptedRelay const& relay, DovecotServer& dovecot, std::string const& before = {})
        : thread_([&relay, &dovecot, before] {
              if (relay.wait_for_mails(1)) dovecot.deliver("support", {before + relay.mails().front().octets});
          }) {}
    ~Delivery() { thread_.join(); }
    Delivery(Delivery const&) = delete;
    Delivery& operator=(Delivery const&) = delete;

  private:
    std::thread thread_;
};

ScriptedRelay::Script refuses(std::string const& command, std::string const& reply) {
    return [command, reply](std::string const& said) {
        return said.starts_with(command) ? std::optional(reply) : std::nullopt;
    };
}

}  // namespace

TEST_CASE(
    "check --online: a good site has nothing to mend, and each thing is told, and a canary comes back authentic") {
    NsdServer const dns("acme.example", signed_zone());
    DovecotServer dovecot;
    dovecot.deliver("support", {"Subject: one\r\n\r\nx\r\n", "Subject: two\r\n\r\nx\r\n"});
    ScriptedRelay const relay(
        refuses("EHLO", "250-relay.example\r\n250-SIZE 26214400\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8"));
    Site site;
    site.options.authentication.resolver = dns.address();
    site.options.relay->url = relay.url();
    site.polls(dovecot);
    site.signs();
    Delivery const delivery(relay, dovecot);
    auto const all = site.look(30s);
    CHECK(all.errors().empty());
    CHECK(all.notices().empty());
    CHECK_THAT(all.good(), Contains("/INBOX: logged in as support; 2 mails; TLS certificate good for 89 days; IDLE, "
                                    "MOVE, UIDPLUS") &&
                               Contains("lets us in; no TLS; SIZE, 8BITMIME, SMTPUTF8, PIPELINING") &&
                               Contains("mail goes to mx.acme.example") && Contains("SPF covers 192.0.2.1") &&
                               Contains("is the key that we sign with: ed25519") && Contains("DMARC says reject"));
    CHECK_THAT(all.good(), Contains("/INBOX after ") && Contains("the relay said 250 2.0.0 queued as 1") &&
                               Contains("the signature of acme.example passes and is aligned with acme.example"));
    // EXAMINE and BODY.PEEK[]: nothing changed there.
    for (auto const& mail : dovecot.mails("support")) CHECK(mail.flags.find("Seen") == std::string::npos);
}

TEST_CASE("check --online: our DNS as it is published, domain by domain") {
    struct Row {
        std::string domain, zone;
        std::string error, notice;  // "": none of that kind
        bool is_signed = true;
        std::string signer{};
        bool has_reverse_path = false;
    };
    auto const dkim = txt("postern._domainkey", dkim_record(own_key()));
    std::string const mx = "@ MX 10 mx\nmx A 192.0.2.2\n", spf = txt("@", "v=spf1 ip4:192.0.2.1 -all"),
                      dmarc = txt("_dmarc", "v=DMARC1; p=reject");
    std::string many_includes = "v=spf1";
    std::string included;
    for (int i = 0; i < 11; ++i) {
        many_includes += " include:i" + std::to_string(i) + ".many.example";
        included += txt("i" + std::to_string(i), "v=spf1 -all");
    }
    std::vector<Row> const rows{
        {"good.example", mx + spf + dmarc + dkim, "", ""},
        {"unsigned.example", mx + spf + dmarc, "receipts fail DMARC, and unsigned.example asks receivers to reject", "",
         false},
        {"askless.example", mx + spf + txt("_dmarc", "v=DMARC1; p=none"), "", "receipts fail DMARC; SPF does not help",
         false},
        {"misaligned.example", mx + spf + dmarc, "good.example is not aligned with misaligned.example", "", true,
         "good.example"},
        {"wrongkey.example",
         mx + spf + dmarc + txt("postern._domainkey", dkim_record(DkimPrivateKey::make(DkimPrivateKey::Type::ed25519))),
         "is another one than that of key_file", ""},
        {"keyless.example", mx + spf + dmarc, "no key is published at postern._domainkey.keyless.example", ""},
        {"nospf.example", mx + dmarc + dkim, "", "nospf.example has no SPF record"},
        {"twospf.example", mx + spf + txt("@", "v=spf1 mx -all") + dmarc + dkim, "twospf.example has 2 SPF records",
         ""},
        {"uncovered.example", mx + txt("@", "v=spf1 ip4:198.51.100.0/24 -all") + dmarc + dkim, "",
         "says fail of 192.0.2.1"},
        {"bounces.example", mx + txt("@", "v=spf1 ip4:198.51.100.0/24 ~all") + dmarc + dkim,
         "says softfail of 192.0.2.1", "", true, "", true},
        {"many.example", mx + txt("@", many_includes + " -all") + included + dmarc + dkim,
         "takes more than 10 DNS lookups", ""},
        {"dangling.example", mx + txt("@", "v=spf1 include:gone.dangling.example ip4:192.0.2.1 -all") + dmarc + dkim,
         "includes gone.dangling.example, which has none", ""},
        {"nomx.example", spf + dmarc + dkim, "nomx.example has neither an MX record nor an address", ""},
        {"nullmx.example", "@ MX 0 .\n" + spf + dmarc + dkim, "its MX is the null one", ""},
        {"deadmx.example", "@ MX 10 gone\n" + spf + dmarc + dkim, "names gone.deadmx.example, which has no address",
         ""},
        {"nodmarc.example", mx + spf + dkim, "", "nodmarc.example has no DMARC record"},
    };
    NsdServer::Zones zones{{"acme.example", signed_zone()}};
    for (auto const& row : rows) zones.push_back({row.domain, row.zone});
    NsdServer const dns(zones);
    for (auto const& row : rows) {
        INFO(row.domain);
        Site site;
        site.options.authentication.resolver = dns.address();
        site.options.mailboxes.front().address.domain = row.domain;
        site.options.relay->url = "smtp://127.0.0.1:25";
        if (row.has_reverse_path) site.options.relay->reverse_path = Mailbox{"bounces", row.domain};
        std::optional<OwnDkimKey> key;
        if (row.is_signed) {
            site.options.dkim = DkimOptions{row.signer.empty() ? row.domain : row.signer, "postern", {}};
            key = OwnDkimKey{dkim_record(own_key()), own_key().bits()};
        }
        auto const until = DnsResolver::Clock::now() + 20s;
        auto const all =
            told(domain_standing(site.options, gather_dns_facts(site.options, verifier(), site.log, until), key));
        CHECK_THAT(all.errors(), Contains(row.error));
        CHECK_THAT(all.notices(), Contains(row.notice));
        CHECK(std::ranges::count(all.errors(), '\n') == (row.error.empty() ? 0 : 1));
        CHECK(std::ranges::count(all.notices(), '\n') == (row.notice.empty() ? 0 : 1));
    }
}

TEST_CASE("check --online: a resolver that is not there is one finding") {
    Site site;
    site.options.relay->url = "maildir:" + (site.folder.path() / "sent").string();
    auto const all = site.look();
    CHECK_THAT(all.errors(), Contains("the resolver 127.0.0.1:1 does not answer"));
    CHECK(std::ranges::count(all.errors(), '\n') == 1);
    CHECK(all.notices().empty());
}

TEST_CASE("check --online: what is wrong with a folder, in the server's words, and what mends it") {
    DovecotServer dovecot;
    dovecot.deliver("support", {"Subject: one\r\n\r\nx\r\n"});
    Site site;
    site.polls(dovecot);
    auto& folder = site.options.imap.front();
    SECTION("a wrong password") {
        folder.password = Secret{site.folder.path() / "wrong-password"};
        auto const all = site.look_at_folder();
        CHECK_THAT(all.errors(), Contains("[AUTHENTICATIONFAILED]") && Contains("see that user and password_file"));
        CHECK(all.remarks.front().about == ConfigKey{"imap", "user", 0});
        CHECK(all.good().empty());
        CHECK_THAT(all.errors() + site.captured.text(), !Contains("hush-hush"));
    }
    SECTION("a folder that is missing") {
        folder.folder = "Inbux";
        CHECK_THAT(site.look_at_folder().errors(), Contains("/Inbux: folder") && Contains("name of a folder"));
    }
    SECTION("nobody vouches for the certificate") {
        folder.ca_file.reset();
        CHECK_THAT(site.look_at_folder().errors(), Contains("certificate") && Contains("ca_file = \"ca.pem\""));
    }
    SECTION("a certificate for another name") {
        folder.url = "imaps://127.0.0.2:" + std::to_string(dovecot.tls_port());
        CHECK_THAT(site.look_at_folder().errors(), Contains("write the name that stands in the server's certificate"));
    }
    SECTION("a certificate that ends soon, and one that ends within a week") {
        CHECK_THAT(site.look_at_folder(now() + std::chrono::days{75}).notices(),
                   Contains("the certificate of localhost ends in 14 days"));
        CHECK_THAT(site.look_at_folder(now() + std::chrono::days{85}).errors(), Contains("ends in 4 days"));
        CHECK(site.look_at_folder(now() + std::chrono::days{60}).notices().empty());
    }
    SECTION("nobody is there") {
        folder.url = "imaps://localhost:1";
        CHECK_THAT(site.look_at_folder().errors(), Contains("cannot reach localhost:1") && Contains("port of url"));
    }
    SECTION("no folder to move to") {
        folder.after = ImapOptions::After::move;
        folder.move_to = "Processed";
        CHECK_THAT(site.look_at_folder().notices(), Contains("there is no folder Processed"));
        dovecot.doveadm({"mailbox", "create", "-u", "support", "Processed"});
        CHECK(site.look_at_folder().notices().empty());
    }
    SECTION("one folder that fails does not spoil the others") {
        site.options.imap.push_back(site.options.imap.front());
        site.options.imap.front().url = "imaps://localhost:1";
        site.options.relay->url = "maildir:" + (site.folder.path() / "sent").string();
        auto const all = site.look();
        CHECK_THAT(all.errors(), Contains("cannot reach localhost:1"));
        CHECK_THAT(all.good(), Contains("logged in as support; 1 mail;"));
    }
}

TEST_CASE("check --online: what is wrong with the relay, in its words, and what mends it") {
    Site site;
    auto const look = [&](ScriptedRelay const& relay) {
        site.options.relay->url = relay.url();
        return site.look_at_the_relay();
    };
    SECTION("it refuses the null reverse-path") {
        ScriptedRelay const relay(refuses("MAIL FROM:<>", "550 5.7.1 Null sender not allowed"));
        auto const refused = look(relay);
        CHECK_THAT(refused.errors(), Contains("refuses MAIL FROM:<>: 550 5.7.1 Null sender not allowed") &&
                                         Contains("reverse_path = \"support@acme.example\""));
        CHECK(refused.remarks.back().about == ConfigKey{"relay", "reverse_path", 0});
        site.options.relay->reverse_path = Mailbox{"bounces", "acme.example"};
        CHECK(look(relay).errors().empty());
        CHECK(relay.mails().empty());
    }
    SECTION("it refuses the login") {
        ScriptedRelay const relay(refuses("AUTH", "535 5.7.8 Bad \x1b[2Jcredentials"));
        site.options.relay->user = "support";
        site.options.relay->password = Secret{site.folder.path() / "wrong-password"};
        auto const refused = look(relay);
        CHECK_THAT(refused.errors(), Contains("535 5.7.8 Bad") && Contains("see that user and password_file"));
        CHECK_THAT(refused.errors() + site.captured.text(), !Contains("hush-hush") && !Contains("\x1b"));
    }
    SECTION("it hangs: the time for all ends that") {
        ScriptedRelay const relay(refuses("CONNECT", ScriptedRelay::hang));
        site.options.relay->url = relay.url();
        std::atomic<int> asked{0};
        auto const all = site.look_at_the_relay([&] { return ++asked > 2; });
        CHECK_THAT(all.errors(), Contains("no answer in time"));
    }
    SECTION("it takes small mail only") {
        ScriptedRelay const relay(refuses("EHLO", "250-relay.example\r\n250 SIZE 1000"));
        CHECK_THAT(look(relay).notices(), Contains("takes no mail over 1000 octets"));
    }
    SECTION("nobody vouches for its certificate") {
        auto const certificate = make_certificate(site.folder.path());
        ScriptedRelay const relay({}, ScriptedRelay::Certificate{certificate.certificate, certificate.key});
        site.options.relay->starttls = StartTls::require;
        CHECK_THAT(look(relay).errors(), Contains("ca_file = \"ca.pem\""));
        site.options.relay->ca_file = certificate.authority;
        auto const trusted = look(relay);
        CHECK(trusted.errors().empty());
        CHECK_THAT(trusted.good(), Contains("TLS certificate good for 89 days"));
    }
    SECTION("it offers no STARTTLS") {
        ScriptedRelay const relay;
        site.options.relay->starttls = StartTls::require;
        CHECK_THAT(look(relay).errors(), Contains("smtps://"));
    }
    SECTION("a maildir that can be written, and one that cannot") {
        site.options.relay->url = "maildir:" + (site.folder.path() / "deep" / "sent").string();
        CHECK(site.look_at_the_relay().errors().empty());
        site.options.relay->url = "maildir:" + (site.folder.path() / "password" / "sent").string();
        CHECK_THAT(site.look_at_the_relay().errors(), Contains("may not write there"));
    }
}

TEST_CASE("check --online: by OAuth2 as the daemon logs in, and a refresh token that is dead says what mends it") {
    TokenServer server;
    ScriptedRelay const relay([](std::string const& said) -> std::optional<std::string> {
        if (said.starts_with("EHLO")) return "250-relay.example\r\n250 AUTH OAUTHBEARER XOAUTH2";
        if (said.starts_with("AUTH OAUTHBEARER")) return "334 ";
        return said.starts_with("bixhP") ? std::optional<std::string>("235 2.7.0 welcome") : std::nullopt;  // "n,a="
    });
    Site site;
    site.options.relay->url = relay.url();
    site.options.relay->user = "support@acme.example";
    site.options.relay->oauth2 = server.options();
    write_file(site.folder.path() / "refresh-token", server.issue_refresh_token());
    site.options.relay->oauth2->refresh_token = Secret{site.folder.path() / "refresh-token"};
    SECTION("granted") {
        auto const all = site.look();
        INFO(all.errors());
        CHECK_THAT(all.good(), Contains("logged in as support@acme.example by OAuth2; no TLS"));
    }
    SECTION("revoked") {
        server.revoke_refresh_tokens();
        auto const all = site.look();
        CHECK_THAT(all.errors(), Contains("invalid_grant") && Contains("postern oauth2 login"));
        for (auto const& secret : server.secrets()) CHECK_THAT(all.errors() + site.captured.text(), !Contains(secret));
    }
}

TEST_CASE("check --online: the certificates that [smtp] and [lmtp] offer") {
    Site site;
    auto const made = make_certificate(site.folder.path());
    site.options.smtp = SmtpOptions{};
    site.options.smtp->tls_certificate_file = made.certificate;
    site.options.smtp->tls_key_file = made.key;
    site.options.site.hostname = "localhost";
    CHECK_THAT(told(look_at_certificates(site.options, now())).good(), Contains("good for 89 days, for localhost"));
    CHECK_THAT(told(look_at_certificates(site.options, now() + std::chrono::days{70})).notices(),
               Contains("ends in 19 days"));
    CHECK_THAT(told(look_at_certificates(site.options, now() + std::chrono::days{100})).errors(),
               Contains("has expired (renew it)"));
    site.options.site.hostname = "support.acme.example";
    CHECK_THAT(told(look_at_certificates(site.options, now())).notices(), Contains("is not for support.acme.example"));
    site.options.smtp->tls_key_file = site.folder.path() / "ca.key";
    CHECK_THAT(told(look_at_certificates(site.options, now())).errors(), Contains("key values mismatch"));
}

TEST_CASE("a canary that comes back unsigned, or that the receiving server distrusts, says so with the cure") {
    NsdServer const dns("acme.example", signed_zone());
    DovecotServer dovecot;
    dovecot.deliver("support", {"Subject: one\r\n\r\nx\r\n"});
    ScriptedRelay const relay;
    Site site;
    site.options.authentication.resolver = dns.address();
    site.options.relay->url = relay.url();
    site.polls(dovecot);
    SECTION("unsigned") {
        Delivery const delivery(relay, dovecot);
        auto const all = site.look(30s);
        CHECK_THAT(all.errors(), Contains("canary: it came back unsigned, and acme.example asks receivers to reject") &&
                                     Contains("postern dkim keygen"));
        CHECK_THAT(all.good(), Contains("/INBOX after "));
    }
    SECTION("signed, but distrusted by the server before us") {
        site.signs();
        site.options.authentication.trusted_authserv_ids = {"mx.acme.example"};
        Delivery const delivery(relay, dovecot,
                                "Authentication-Results: mx.acme.example; dmarc=fail header.from=acme.example\r\n");
        auto const all = site.look(30s);
        CHECK_THAT(all.errors(), Contains("canary: mx.acme.example says that it is not authentic: dmarc=fail"));
        CHECK_THAT(all.good(), Contains("the signature of acme.example passes"));
    }
    SECTION("changed on its way") {
        site.signs();
        Delivery const delivery(relay, dovecot, "From: someone-else@acme.example\r\n");
        CHECK_THAT(site.look(30s).errors(), Contains("none of its signatures makes it authentic"));
    }
}

TEST_CASE("a canary that is not sent, or not seen again, says what to look at") {
    DovecotServer dovecot;
    dovecot.deliver("support", {"Subject: one\r\n\r\nx\r\n"});
    Site site;
    site.polls(dovecot);
    auto const fly = [&](ScriptedRelay const& relay) {
        site.options.relay->url = relay.url();
        return site.look(1s).errors();
    };
    SECTION("not seen") {
        ScriptedRelay const relay;
        auto const errors = fly(relay);
        CHECK_THAT(errors, Contains("took <canary.") && Contains("250 2.0.0 queued as 1") &&
                               Contains("within 1 s it was seen not in imaps://localhost") &&
                               Contains("junk folder of support@acme.example"));
        auto const sent = relay.mails().at(0);
        CHECK_THAT(sent.from, Contains("<>"));
        CHECK_THAT(sent.to, Contains("<support@acme.example>"));
        CHECK_THAT(sent.octets, Contains("Auto-Submitted: auto-generated") && Contains("From: ") &&
                                    Contains("To: support@acme.example"));
    }
    SECTION("refused: the login may not send as the mailbox") {
        ScriptedRelay const relay(refuses(".", "550 5.7.60 SendAsDenied"));
        CHECK_THAT(fly(relay), Contains("refuses a mail from <> to support@acme.example: 550 5.7.60 SendAsDenied") &&
                                   Contains("let its login send as support@acme.example"));
    }
    SECTION("not now") {
        ScriptedRelay const relay(refuses("RCPT", "451 4.7.1 greylisted"));
        CHECK_THAT(fly(relay), Contains("does not take it now: 451 4.7.1 greylisted") && Contains("try again"));
    }
    SECTION("nothing could send it") {
        site.options.relay->url = "maildir:" + (site.folder.path() / "sent").string();
        CHECK_THAT(site.look(1s).errors(), Contains("canary: there is no relay that could send it"));
    }
}
