// The open port as an operator sets it up: certificates, balancers, refusals; over reloads.
#include <catch2/catch.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/test_certificate.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string handshake(DaemonProcess const& daemon) {
    return run_program({"openssl", "s_client", "-ign_eof", "-starttls", "smtp", "-showcerts", "-connect",
                        "127.0.0.1:" + std::to_string(daemon.smtp_port())},
                       "QUIT\r\n")
        .out;
}

// As certificates are written: base64 without what openssl puts around it.
std::string octets_of(std::filesystem::path const& certificate) {
    auto const text = read_file(certificate);
    auto const begin = text.find("-----BEGIN CERTIFICATE-----");
    return text.substr(begin, text.find("-----END CERTIFICATE-----", begin) - begin);
}

std::string mail(std::string const& from) {
    return "From: " + from + "\r\nSubject: printer\r\nMessage-ID: <1@x.example>\r\n\r\nPlease help.\r\n";
}

}  // namespace

TEST_CASE("a certificate that was renewed is used after SIGHUP, a broken one changes nothing") {
    TemporaryFolder const old_folder, fresh_folder;
    auto const old = make_certificate(old_folder.path()), fresh = make_certificate(fresh_folder.path());
    DaemonSetup setup;
    setup.smtp =
        "tls_certificate_file = \"" + old.certificate.string() + "\"\ntls_key_file = \"" + old.key.string() + "\"\n";
    DaemonProcess daemon(setup);
    daemon.start();
    auto const old_octets = octets_of(old.certificate), fresh_octets = octets_of(fresh.certificate);
    REQUIRE(old_octets != fresh_octets);
    CHECK_THAT(handshake(daemon), Contains(old_octets) && Contains("221 2.0.0 Bye"));
    write_file(old.certificate, "not a certificate");
    daemon.reload();
    CHECK_THAT(handshake(daemon), Contains(old_octets));
    CHECK_THAT(daemon.log(), Contains("event=certificate"));
    write_file(old.certificate, read_file(fresh.certificate));
    write_file(old.key, read_file(fresh.key));
    daemon.reload();
    CHECK_THAT(handshake(daemon), Contains(fresh_octets) && Contains("221 2.0.0 Bye"));
    CHECK(daemon.stop() == 0);
}

TEST_CASE("through a balancer the ledger has the client, and refusals_per_ip counts it, over a reload") {
    DaemonSetup setup;
    setup.smtp = "proxy_protocol_from = [\"127.0.0.1\"]\n";
    setup.limits = "refusals_per_ip = \"2/h\"\n";
    DaemonProcess daemon(setup);
    daemon.start();
    auto const greeting = [&](SmtpClient& client, std::string const& address) {
        client.send("PROXY TCP4 " + address + " 127.0.0.1 4096 25\r\n");
        return client.reply();
    };
    {
        SmtpClient client(daemon.smtp_port());
        CHECK_THAT(greeting(client, "192.0.2.7"), StartsWith("220"));
        static_cast<void>(client.say("EHLO x.example"));
        CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example", mail("ana@northwind.example")),
                   StartsWith("250"));
        for (int n = 0; n < 2; ++n)
            CHECK_THAT(client.mail("eve@x.example", "support@acme.example", mail("eve@x.example")),
                       StartsWith("550 5.7.1"));
        CHECK(client.say("NOOP") == "421 4.7.0 Too many refusals, try again later");
    }
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 3);
    CHECK_THAT(daemon.postern({"message", "why", messages[0]["id"]}).out, Contains("192.0.2.7"));
    daemon.reload();
    SmtpClient again(daemon.smtp_port()), other(daemon.smtp_port());
    CHECK(greeting(again, "192.0.2.7") == "421 4.7.0 Too many refusals, try again later");
    CHECK_THAT(greeting(other, "192.0.2.8"), StartsWith("220"));
    CHECK_THAT(daemon.log(), Contains("event=refusals-reached source=smtp client=192.0.2.7"));
    CHECK(daemon.stop() == 0);
}
