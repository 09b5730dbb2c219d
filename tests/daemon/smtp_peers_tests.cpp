// Real clients against the listener: swaks and Postfix's smtp-source.
#include <catch2/catch.hpp>
#include <set>

#include "tests/daemon/smtp_site.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> swaks(RunningSmtpSite& site, std::vector<std::string> const& further) {
    std::vector<std::string> arguments{"swaks",
                                       "--server",
                                       "127.0.0.1",
                                       "--port",
                                       std::to_string(site.port()),
                                       "--ehlo",
                                       "client.example",
                                       "--from",
                                       "ana@northwind.example",
                                       "--timeout",
                                       "20"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    return arguments;
}

}  // namespace

TEST_CASE("swaks delivers a mail with an attachment") {
    RunningSmtpSite site;
    auto const ran =
        run_program(swaks(site, {"--to", "support@acme.example,help@acme.example", "--header", "Subject: printer",
                                 "--body", ".one dot\n..two dots\n.\nend", "--attach", "@/etc/os-release"}));
    INFO(ran.out << ran.err);
    CHECK(ran.exit_code == 0);
    CHECK_THAT(ran.out, Contains("250 2.0.0 Ok: ") && Contains("221 2.0.0 Bye"));
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].envelope.forward_path.size() == 2);
    CHECK(mails[0].envelope.helo == "client.example");
    CHECK_THAT(mails[0].octets,
               Contains("Subject: printer\r\n") && Contains("\r\n.one dot\r\n..two dots\r\n.\r\nend\r\n"));
}

TEST_CASE("swaks with commands and mail in one go") {
    RunningSmtpSite site;
    auto const ran = run_program(swaks(site, {"--to", "support@acme.example", "--pipeline"}));
    INFO(ran.out << ran.err);
    CHECK(ran.exit_code == 0);
    CHECK(site.desk().take().size() == 1);
}

TEST_CASE("swaks is told of an unknown recipient and of a refusal") {
    SmtpSite settings;
    settings.receipt = committed(Disposition::refused, "Please write to lnd@northwind.example");
    RunningSmtpSite site(settings);
    auto const unknown = run_program(swaks(site, {"--to", "victim@elsewhere.example"}));
    CHECK(unknown.exit_code == 24);  // no recipient was accepted
    CHECK_THAT(unknown.out, Contains("550 5.1.1 No such mailbox here"));
    auto const refused = run_program(swaks(site, {"--to", "support@acme.example"}));
    CHECK(refused.exit_code == 26);  // the mail was not
    CHECK_THAT(refused.out, Contains("550 5.7.1 Please write to lnd@northwind.example"));
}

TEST_CASE("smtp-source brings 500 mails over 20 sessions, one a connection and many") {
    for (std::string const connections : {"-v", "-d"}) {  // -d: connections are kept
        SmtpSite settings;
        settings.in_flight = 64 * 1024 * 1024;  // the desk of the tests keeps them all
        RunningSmtpSite site(settings);
        auto const ran = run_program({"/usr/sbin/smtp-source", connections, "-s", "20", "-m", "500", "-l", "5000", "-f",
                                      "ana@northwind.example", "-t", "support@acme.example",
                                      "127.0.0.1:" + std::to_string(site.port())});
        INFO(ran.out << ran.err);
        CHECK(ran.exit_code == 0);
        std::set<MailId> ids;
        for (auto const& mail : site.desk().take()) {
            ids.insert(mail.id);
            CHECK(mail.octets.size() > 5000);
        }
        CHECK(ids.size() == 500);
    }
}
