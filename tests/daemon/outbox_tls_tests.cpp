// Encryption and login on the way to the relay.
#include <catch2/catch.hpp>

#include "daemon/relay.h"
#include "tests/daemon/scripted_relay.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
namespace fs = std::filesystem;

namespace {

// Signs itself, for 127.0.0.1.
ScriptedRelay::Certificate make_certificate(fs::path const& folder, std::string const& name) {
    ScriptedRelay::Certificate made{folder / (name + ".crt"), folder / (name + ".key")};
    auto const ran =
        run_program({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-days", "2", "-subj", "/CN=relay.example", "-addext", "subjectAltName=IP:127.0.0.1",
                     "-keyout", made.key.string(), "-out", made.certificate.string()});
    REQUIRE(ran.exit_code == 0);
    return made;
}

OutboxMail mail() {
    OutboxMail mail;
    mail.recipient = "ana@northwind.example";
    mail.octets = "Subject: Hello\r\n\r\nHello\r\n";
    return mail;
}

RelayResult send(RelayOptions const& options) {
    return make_relay(options, "support.acme.example", [] { return false; })->send(mail());
}

bool holds(std::vector<std::string> const& commands, std::string const& begin) {
    return std::any_of(commands.begin(), commands.end(),
                       [&](std::string const& line) { return line.starts_with(begin); });
}

}  // namespace

TEST_CASE("RFC 3207: STARTTLS as it is asked for") {
    TemporaryFolder const folder;
    auto const certificate = make_certificate(folder.path(), "relay");
    ScriptedRelay const relay({}, certificate);
    RelayOptions options;
    options.url = relay.url();
    SECTION("if offered: used, whoever vouches for it") {
        CHECK(send(options).kind == RelayResult::Kind::sent);
        CHECK(relay.mails().at(0).encrypted);
    }
    SECTION("never") {
        options.starttls = StartTls::never;
        CHECK(send(options).kind == RelayResult::Kind::sent);
        CHECK_FALSE(relay.mails().at(0).encrypted);
    }
    SECTION("required: the certificate must be one that is trusted") {
        options.starttls = StartTls::require;
        CHECK(send(options).kind == RelayResult::Kind::relay_down);
        CHECK(relay.mails().empty());
        options.ca_file = certificate.certificate;
        CHECK(send(options).kind == RelayResult::Kind::sent);
        CHECK(relay.mails().at(0).encrypted);
    }
    SECTION("required: another's certificate is none") {
        options.starttls = StartTls::require;
        options.ca_file = make_certificate(folder.path(), "other").certificate;
        CHECK(send(options).kind == RelayResult::Kind::relay_down);
        CHECK_FALSE(holds(relay.commands(), "MAIL"));
    }
}

TEST_CASE("RFC 8314 3.3: smtps is encrypted from the first octet") {
    TemporaryFolder const folder;
    auto certificate = make_certificate(folder.path(), "relay");
    certificate.from_the_start = true;
    ScriptedRelay const relay({}, certificate);
    RelayOptions options;
    options.url = relay.url();
    CHECK(send(options).kind == RelayResult::Kind::relay_down);
    options.ca_file = certificate.certificate;
    CHECK(send(options).kind == RelayResult::Kind::sent);
    CHECK(relay.mails().at(0).encrypted);
}

TEST_CASE("RFC 4954: the relay's password is read when it is needed, and said to nobody else") {
    TemporaryFolder const folder;
    auto const certificate = make_certificate(folder.path(), "relay");
    ScriptedRelay const relay(
        [](std::string const& line) -> std::optional<std::string> {
            if (line == "AUTH PLAIN") return "334 ";
            if (line == "AHN1cHBvcnQAcmlnaHQ=") return "235 2.7.0 Welcome";  // \0support\0right
            if (line == "AHN1cHBvcnQAd3Jvbmc=") return "535 5.7.8 Wrong";    // \0support\0wrong
            return std::nullopt;
        },
        certificate);
    RelayOptions options;
    options.url = relay.url();
    options.ca_file = certificate.certificate;
    options.user = "support";
    options.password = Secret{folder.path() / "password"};
    write_file(options.password->file, "wrong\n");
    auto const sender = make_relay(options, "support.acme.example", [] { return false; });
    auto const refused = sender->send(mail());
    CHECK(refused.kind == RelayResult::Kind::relay_down);
    CHECK(refused.detail == "535 5.7.8 Wrong");
    CHECK_FALSE(holds(relay.commands(), "MAIL"));
    write_file(options.password->file, "right\n");
    CHECK(sender->send(mail()).kind == RelayResult::Kind::sent);
    CHECK(relay.mails().at(0).encrypted);
}
