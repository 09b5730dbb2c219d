// Signed mail as a site sends it: the key that `postern dkim keygen` makes, its record in a real nsd, posternd's
// receipts, verified by opendkim and dkimpy.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/dkim_verifier.h"
#include "tests/support/nsd_server.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Site {
    DaemonProcess daemon;
    int mails = 0;

    Site() { sign_by("s1"); }
    void sign_by(std::string const& selector) {
        daemon.setup.extra =
            "[dkim]\ndomain = \"acme.example\"\nselector = \"" + selector + "\"\nkey_file = \"" + selector + ".pem\"\n";
        daemon.write_config();
    }
    [[nodiscard]] std::filesystem::path key_file(std::string const& selector) const {
        return daemon.folder() / (selector + ".pem");
    }
    // Of the key that it makes.
    PublishedKey keygen(std::vector<std::string> const& more = {}) {
        std::vector<std::string> command{"dkim", "keygen"};
        command.insert(command.end(), more.begin(), more.end());
        auto const made = daemon.json(command);
        return {made["name"], made["record"]};
    }
    void from_ana(std::string const& name, std::string const& subject, std::string const& more = "") {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        auto const number = std::to_string(++mails);
        CHECK_THAT(client.mail(
                       "ana@northwind.example", "support@acme.example",
                       "From: " + name + " <ana@northwind.example>\r\nTo: support@acme.example\r\nSubject: " + subject +
                           "\r\nMessage-ID: <" + number + "@northwind.example>\r\n" + more + "\r\nIt smokes.\r\n"),
                   StartsWith("250 "));
    }
    // In the order in which they were sent.
    [[nodiscard]] std::string sent_last(std::size_t count) const {
        auto all = daemon.sent(count);
        REQUIRE(all.size() == count);
        auto const about_last = [&](std::string const& mail) {
            return mail.find("In-Reply-To: <" + std::to_string(mails) + "@northwind.example>") != std::string::npos;
        };
        auto const found = std::find_if(all.begin(), all.end(), about_last);
        REQUIRE(found != all.end());
        return *found;
    }
};

// By opendkim, which asks a name server for the key.
std::string verified_by_dns(std::string const& mail, NsdServer const& dns) {
    TemporaryFolder const folder;
    auto const resolver = folder.path() / "unbound.conf", conf = folder.path() / "conf", file = folder.path() / "mail";
    write_file(resolver,
               "server:\n do-not-query-localhost: no\nstub-zone:\n name: \"acme.example\"\n stub-addr: 127.0.0.1@" +
                   std::to_string(dns.port()) + "\n");
    write_file(conf, "Mode v\nResolverConfiguration " + resolver.string() + "\n");
    write_file(file, mail);
    auto const ran = run_program({"/usr/sbin/opendkim", "-x", conf.string(), "-v", "-t", file.string()});
    return ran.out + ran.err;
}

}  // namespace

TEST_CASE("keygen's record, put into the zone as it is printed, verifies the receipt") {
    auto const type = GENERATE(as<std::string>{}, "rsa", "ed25519");
    Site site;
    auto const made = site.daemon.json({"dkim", "keygen", "--type", type});
    NsdServer const dns("acme.example", made["zone_line"].get<std::string>() + "\n");
    site.daemon.start();
    site.from_ana("Ana Ruiz", "The printer");
    auto const receipt = site.sent_last(1);
    CHECK_THAT(receipt, Contains("a=" + type + "-sha256;") && Contains("multipart/alternative"));
    CHECK_THAT(verified_by_dns(receipt, dns), Contains("verification (s=s1, d=acme.example") && Contains("succeeded"));
    CHECK(verified_by_others(receipt, {made["name"], made["record"]}) == "pass");
    auto changed = receipt;
    changed.insert(changed.find("\r\nTo: "), "\r\nCc: eve@evil.example");
    CHECK_THAT(verified_by_dns(changed, dns), Contains("failed: signature verification failed"));
}

TEST_CASE("whatever a customer puts into a mail, its receipt and what is forwarded to the postmaster verify") {
    Site site;
    auto const key = site.keygen();
    auto toml = read_file(site.daemon.folder() / "postern.toml");
    toml.insert(toml.find("state_dir"), "postmaster = \"ops@elsewhere.example\"\n");
    write_file(site.daemon.folder() / "postern.toml", toml);
    site.daemon.start();
    std::string references = "References:";
    for (int i = 0; i < 200; ++i) references += "\r\n <" + std::to_string(i) + "@northwind.example>";
    site.from_ana("\"Ana, =?UTF-8?Q?=0D=0ABcc:_eve?= \\\" <x@y>\"", "=?UTF-8?B?w5xyw7xt?= folded\r\n\t and  more");
    site.from_ana("=?UTF-8?Q?=E2=80=AE_=F0=9F=96=A8?=", std::string(300, 'x'), references + "\r\n");
    site.from_ana("", "");
    auto const forwarded =
        site.daemon.postern({"deliver", "--mailbox", "postmaster@acme.example"},
                            std::string("From: x@y.example\nSubject: a\rb\n\nbare\rCR \0 NUL\xFF", 48));
    CHECK(forwarded.exit_code == 0);
    auto const sent = site.daemon.sent(4);
    REQUIRE(sent.size() == 4);
    CHECK(std::count_if(sent.begin(), sent.end(), [](std::string const& mail) {
              return mail.find("multipart/mixed") != std::string::npos;
          }) == 1);
    CHECK(verified_by_opendkim(sent, key) == DkimVerdicts(4, "pass"));
    CHECK(verified_by_dkimpy(sent, key) == DkimVerdicts(4, "pass"));
}

TEST_CASE("a reload exchanges the key, for what waits still, too, and a bad key changes nothing") {
    Site site;
    auto const first = site.keygen();
    site.daemon.setup.relay = "smtp://127.0.0.1:" + std::to_string(free_port());
    site.daemon.write_config();
    site.daemon.start();
    site.from_ana("Ana", "waits");
    site.sign_by("s2");
    auto const second = site.keygen({"--type", "ed25519"});
    site.daemon.setup.relay = "";
    site.daemon.write_config();
    site.daemon.reload();
    CHECK(verified_by_others(site.sent_last(1), second) == "pass");
    CHECK_THAT(verified_by_others(site.sent_last(1), first), StartsWith("opendkim: "));

    write_file(site.key_file("s2"), "no key");
    site.daemon.reload();
    CHECK_THAT(site.daemon.log(), Contains("dkim-key") && Contains("s2.pem: holds no private key in PEM") &&
                                      Contains("postern dkim keygen") && Contains("reload-failed"));
    site.from_ana("Ana", "by the key from before");
    CHECK(verified_by_others(site.sent_last(2), second) == "pass");

    // The same file and selector, another key.
    std::filesystem::remove(site.key_file("s2"));
    auto const third = site.keygen();
    site.daemon.reload();
    site.from_ana("Ana", "by the third");
    CHECK(verified_by_others(site.sent_last(3), third) == "pass");

    site.daemon.setup.extra.clear();
    site.daemon.write_config();
    site.daemon.reload();
    site.from_ana("Ana", "by none");
    CHECK(site.sent_last(4).find("DKIM-Signature") == std::string::npos);
    // Nothing of any of the keys was told.
    CHECK(site.daemon.log().find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("posternd does not start with a key that can't sign: 78, and says what would mend it") {
    Site site;
    write_file(site.key_file("s1"), "no key");
    auto const ran = site.daemon.start_and_wait();
    CHECK(ran.exit_code == 78);
    CHECK_THAT(ran.err + ran.out + site.daemon.log(),
               Contains("s1.pem: holds no private key in PEM") && Contains("postern dkim keygen"));
    CHECK(site.daemon.postern({"check"}).exit_code == 78);
    std::filesystem::remove(site.key_file("s1"));
    CHECK_THAT(site.daemon.postern({"check"}).out, Contains("can't read") && Contains("postern dkim keygen"));
}
