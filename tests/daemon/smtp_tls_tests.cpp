// STARTTLS (RFC 3207), with OpenSSL's client at the other end.
#include "daemon/smtp_tls.h"

#include <boost/asio/ssl/context.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/daemon/smtp_site.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

class Certificate {
  public:
    using Words = std::vector<std::string>;
    static inline Words const elliptic{"ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
    static inline Words const rsa{"rsa:2048", "-nodes"};
    static inline Words const locked{"ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-passout", "pass:secret"};

    explicit Certificate(std::string const& name, Words const& kind = elliptic) {
        Words arguments{"openssl",     "req",  "-x509",       "-days",   "2",   "-subj",
                        "/CN=" + name, "-out", certificate(), "-keyout", key(), "-newkey"};
        arguments.insert(arguments.end(), kind.begin(), kind.end());
        auto const ran = run_program(arguments);
        INFO(ran.err);
        REQUIRE(ran.exit_code == 0);
    }
    [[nodiscard]] std::string certificate() const { return (folder_.path() / "tls.crt").string(); }
    [[nodiscard]] std::string key() const { return (folder_.path() / "tls.key").string(); }
    [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> load() const {
        return load_smtp_tls(certificate(), key());
    }

  private:
    TemporaryFolder folder_;
};

SmtpSite site_with(Certificate const& certificate) {
    SmtpSite site;
    site.policy.tls = certificate.load();
    return site;
}

// What `openssl s_client` says of the site, having sent the input once it was connected.
std::string s_client(RunningSmtpSite const& site, std::vector<std::string> const& further) {
    std::vector<std::string> arguments{
        "openssl", "s_client", "-ign_eof", "-starttls", "smtp", "-connect", "127.0.0.1:" + std::to_string(site.port())};
    arguments.insert(arguments.end(), further.begin(), further.end());
    auto const ran = run_program(arguments, "QUIT\r\n");
    return ran.out + ran.err;
}

}  // namespace

TEST_CASE("a mail through STARTTLS") {
    Certificate const certificate("support.example");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, R"(
        S: 220
        C: EHLO client.example
        S: 250-support.example
        S: 250-PIPELINING
        S: 250-SIZE
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-CHUNKING
        S: 250-STARTTLS
        S: 250 ENHANCEDSTATUSCODES
        C: STARTTLS
        S: 220 2.0.0 Ready to start TLS
    )");
    REQUIRE(wire.start_tls());
    play(wire, R"(
        C: EHLO client.example
        S: 250-support.example
        S: 250-PIPELINING
        S: 250-SIZE
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250-CHUNKING
        S: 250 ENHANCEDSTATUSCODES
        C: STARTTLS
        S: 503 5.5.1
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: DATA
        S: 250 2.1.0
        S: 250 2.1.5
        S: 354
        C: {60000*x}
        C: .
        C: QUIT
        S: 250 2.0.0 Ok
        S: 221 2.0.0 Bye
        S: closed
    )");
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets.size() == 60002);
}

TEST_CASE("a mail by LMTP through STARTTLS, where TLS is required") {
    Certificate const certificate("support.example");
    auto settings = site_with(certificate);
    settings.policy.dialect = smtp::Dialect::lmtp;
    settings.policy.require_tls = true;
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, R"(
        S: 220 support.example LMTP Postern
        C: LHLO mx.acme.example
        S: 250
        C: MAIL FROM:<ana@northwind.example>
        S: 530 5.7.0
        C: STARTTLS
        S: 220 2.0.0
    )");
    REQUIRE(wire.start_tls());
    play(wire, R"(
        C: LHLO mx.acme.example
        S: 250
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: RCPT TO:<help@acme.example>
        C: DATA
        C: .
        C: QUIT
        S: 250 2.1.0
        S: 250 2.1.5
        S: 250 2.1.5
        S: 354
        S: 250 2.0.0 Ok: 
        S: 250 2.0.0 Ok: 
        S: 221 2.0.0 Bye
        S: closed
    )");
    CHECK(site.desk().take().size() == 1);
}

TEST_CASE("RFC 3207 4.2: what was said in clear is forgotten") {
    Certificate const certificate("support.example");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: EHLO forged.example\nS: 250\nC: STARTTLS\nS: 220");
    REQUIRE(wire.start_tls());
    play(wire, "C: MAIL FROM:<ana@northwind.example>\nS: 503 5.5.1\nC: EHLO client.example\nS: 250");
}

TEST_CASE("commands put in clear behind STARTTLS are thrown away") {
    Certificate const certificate("support.example");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, R"(
        S: 220
        C: EHLO client.example
        S: 250
        C: STARTTLS
        C: EHLO forged.example
        C: MAIL FROM:<forged@northwind.example>
        C: RCPT TO:<support@acme.example>
        S: 220 2.0.0
    )");
    REQUIRE(wire.start_tls());
    play(wire, "C: RCPT TO:<support@acme.example>\nS: 503 5.5.1\nC: NOOP\nS: 250 2.0.0");
}

TEST_CASE("RFC 3207 4.2, CVE-2011-0411: of whatever was put in clear behind STARTTLS nothing is ever a command") {
    Certificate const certificate("support.example");
    auto const injected = [](std::size_t octets) {
        std::string text =
            "EHLO forged.example\r\nMAIL FROM:<forged@northwind.example>\r\nRCPT TO:<support@acme.example>\r\n";
        while (text.size() < octets) text += "RCPT TO:<help@acme.example>\r\n";
        return text.substr(0, octets);
    };
    for (std::size_t const octets : {std::size_t{100}, std::size_t{3000}, std::size_t{10000}}) {
        INFO(octets << " are dropped");
        RunningSmtpSite site(site_with(certificate));
        SocketWire wire(site.port());
        play(wire, "S: 220\nC: EHLO client.example\nS: 250");
        wire.send("STARTTLS\r\n" + injected(octets));
        play(wire, "S: 220 2.0.0");
        REQUIRE(wire.start_tls());
        play(wire,
             "C: RCPT TO:<support@acme.example>\nS: 503 5.5.1\nC: EHLO client.example\nS: 250\n"
             "C: RCPT TO:<support@acme.example>\nS: 503 5.5.1");
    }
    INFO("more ends the connection");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: EHLO client.example\nS: 250");
    wire.send("STARTTLS\r\n" + injected(100'000));
    // What of it came after our 220, if that is how the network cut it, is no handshake.
    while (auto const line = wire.line()) CHECK(line->starts_with("220 2.0.0"));
    CHECK(site.desk().take().empty());
}

TEST_CASE("a chunk put in clear behind STARTTLS is thrown away, and chunks come through TLS") {
    Certificate const certificate("support.example");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, R"(
        S: 220
        C: EHLO client.example
        S: 250
        C: STARTTLS
        C: BDAT 100000 LAST
        c: {500*x}
        S: 220 2.0.0
    )");
    REQUIRE(wire.start_tls());
    play(wire, R"(
        C: EHLO client.example
        S: 250
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: BDAT 30000
        c: {30000*x}
        --
        C: BDAT 3 LAST
        c: \r
        --
        c: \n.
        S: 250 2.1.0
        S: 250 2.1.5
        S: 250 2.0.0 Ok
        S: 250 2.0.0 Ok: 
        C: MAIL FROM:<ana@northwind.example>
        C: RCPT TO:<support@acme.example>
        C: BDAT 50 LAST
        c: a\r\n.
        --
        c: \nNOOP\r\n
        S: 250 2.1.0
        S: 250 2.1.5
        S: 550 5.5.2
        S: closed
    )");
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].octets.size() == 30003);
}

TEST_CASE("RFC 3030 2, 3207: where TLS is required a chunk in clear passes unread") {
    Certificate const certificate("support.example");
    auto settings = site_with(certificate);
    settings.policy.require_tls = true;
    session("C: BDAT 6 LAST\nC: QUIT\nC: NOOP\nS: 530 5.7.0\nS: 250 2.0.0\n", settings);
}

TEST_CASE("STARTTLS in the middle of a mail is out of sequence") {
    Certificate const certificate("support.example");
    session("C: MAIL FROM:<ana@northwind.example>\nS: 250\nC: STARTTLS\nS: 503 5.5.1\n", site_with(certificate));
}

TEST_CASE("require_tls: no mail in clear") {
    Certificate const certificate("support.example");
    auto settings = site_with(certificate);
    settings.policy.require_tls = true;
    session(R"(
        C: MAIL FROM:<ana@northwind.example>
        S: 530 5.7.0 TLS required
        C: RCPT TO:<support@acme.example>
        S: 530 5.7.0
        C: VRFY support
        S: 530 5.7.0
        C: NOOP
        S: 250 2.0.0
        C: QUIT
        S: 221
        S: closed
    )",
            settings);
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: STARTTLS\nS: 220");
    REQUIRE(wire.start_tls());
    play(wire, "C: EHLO client.example\nS: 250\nC: MAIL FROM:<ana@northwind.example>\nS: 250 2.1.0");
}

TEST_CASE("what is no handshake ends the session") {
    Certificate const certificate("support.example");
    RunningSmtpSite site(site_with(certificate));
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: STARTTLS\nS: 220\nC: EHLO client.example");
    while (auto const line = wire.line()) CHECK(line->find("250") == std::string::npos);
}

TEST_CASE("a handshake that does not go on is hung up on") {
    Certificate const certificate("support.example");
    auto settings = site_with(certificate);
    settings.policy.timeouts.handshake = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: STARTTLS\nS: 220\nS: closed");
}

TEST_CASE("shutting down and timing out are said through TLS, too") {
    Certificate const certificate("support.example");
    auto settings = site_with(certificate);
    {
        RunningSmtpSite site(settings);
        SocketWire wire(site.port());
        play(wire, "S: 220\nC: STARTTLS\nS: 220");
        REQUIRE(wire.start_tls());
        play(wire, "C: NOOP\nS: 250");
        site.listener().stop(nullptr);
        play(wire, "S: 421 4.3.2\nS: closed");
    }
    settings.policy.timeouts.data_block = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, "S: 220\nC: STARTTLS\nS: 220");
    REQUIRE(wire.start_tls());
    play(wire,
         "C: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250\nC: DATA\nS: 354\nS: 421 4.4.2\n"
         "S: closed");
}

TEST_CASE("RFC 8996, 9325: TLS 1.2 and later, no weak suite, no renegotiation") {
    Certificate const certificate("support.example", Certificate::rsa);
    RunningSmtpSite site(site_with(certificate));
    for (std::string const version : {"-tls1_2", "-tls1_3"}) {
        INFO(version);
        CHECK_THAT(s_client(site, {version}), Contains("CN = support.example") && Contains("221 2.0.0 Bye"));
    }
    for (std::string const version : {"-tls1", "-tls1_1"}) {
        INFO(version);
        CHECK_THAT(s_client(site, {version, "-cipher", "ALL:@SECLEVEL=0"}), Contains("Cipher is (NONE)"));
    }
    for (std::string const suite : {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA",
                                    "DHE-RSA-AES256-GCM-SHA384", "NULL", "aNULL", "CAMELLIA", "3DES"}) {
        INFO(suite);
        CHECK_THAT(s_client(site, {"-tls1_2", "-cipher", suite + ":@SECLEVEL=0"}), !Contains("221 2.0.0 Bye"));
    }
    CHECK_THAT(s_client(site, {"-tls1_2"}), Contains("Compression: NONE") && !Contains("TLS session ticket:"));
    auto const renegotiated = run_program(
        {"openssl", "s_client", "-starttls", "smtp", "-tls1_2", "-connect", "127.0.0.1:" + std::to_string(site.port())},
        "R\n");
    CHECK_THAT(renegotiated.err, Contains("no renegotiation"));
}

TEST_CASE("a certificate loaded anew is for sessions to come") {
    Certificate const old("old.example"), fresh("fresh.example");
    auto settings = site_with(old);
    RunningSmtpSite site(settings);
    SocketWire before(site.port());
    play(before, "S: 220\nC: STARTTLS\nS: 220");
    CHECK_THAT(s_client(site, {}), Contains("CN = old.example"));
    settings.policy.tls = fresh.load();
    site.listener().set_policy(std::make_shared<SmtpPolicy const>(settings.policy));
    settings = {};
    CHECK_THAT(s_client(site, {}), Contains("CN = fresh.example"));
    REQUIRE(before.start_tls());
    play(before, "C: NOOP\nS: 250");
}

TEST_CASE("a certificate or key that can't be used is named") {
    Certificate const one("one.example"), other("other.example");
    Certificate const locked("locked.example", Certificate::locked);
    CHECK_THROWS_WITH(load_smtp_tls("/nowhere/tls.crt", one.key()), Contains("/nowhere/tls.crt: "));
    CHECK_THROWS_WITH(load_smtp_tls(one.certificate(), "/nowhere/tls.key"), Contains("/nowhere/tls.key: "));
    CHECK_THROWS_WITH(load_smtp_tls(one.certificate(), other.key()), Contains(other.key() + ": "));
    CHECK_THROWS_WITH(load_smtp_tls(one.key(), one.key()), Contains(one.key() + ": "));
    CHECK_THROWS_WITH(load_smtp_tls(locked.certificate(), locked.key()), Contains(locked.key() + ": "));
}
