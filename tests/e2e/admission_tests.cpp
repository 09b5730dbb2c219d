// Admission as a site runs it: posternd asks, a point of contact answers by SMTP, the ticket is there; also when the
// daemon dies between the answer and what follows from it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "parsers/message.h"
#include "tests/support/daemon_process.h"
#include "tests/support/nsd_server.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr auto zone = "@ IN TXT \"v=spf1 ip4:127.0.0.1 -all\"\n_dmarc IN TXT \"v=DMARC1; p=reject\"\n";

struct Site {
    NsdServer dns{NsdServer::Zones{{"northwind.example", zone}}};
    DaemonProcess daemon;
    std::string address, word;

    Site() {
        daemon.setup.extra = "[authentication]\nresolver = \"" + dns.address() + "\"\n";
        daemon.setup.contacts_keys = "unlisted = \"hold\"\nask = true\n";
        daemon.write_config();
        daemon.start();
    }
    std::string send(std::string const& from, std::string const& to, std::string const& rest) {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        return client.mail(from, to, "From: " + from + "\nTo: " + to + "\n" + rest);
    }
    void hold_and_ask() {
        REQUIRE_THAT(send("carl@northwind.example", "support@acme.example",
                          "Subject: The printer smokes\nMessage-ID: <c@northwind.example>\n\nPlease help.\n"),
                     StartsWith("250 "));
        auto const question = parse_message(daemon.sent(1).at(0));
        REQUIRE(question.to.at(0).mailbox.address() == "lnd@northwind.example");
        address = question.reply_to.at(0).mailbox.address();
        auto const at = question.body_text.find("Word: ") + 6;
        word = question.body_text.substr(at, question.body_text.find('\n', at) - at);
    }
    std::string answer() {
        return send("lnd@northwind.example", address,
                    "Subject: Re: May this sender write\nMessage-ID: <a@northwind.example>\n\n" + word + "\n");
    }
    void require_one_ticket() {
        auto const mails = daemon.sent(3);
        REQUIRE(mails.size() == 3);
        std::vector<std::string> to;
        for (auto const& mail : mails) to.push_back(parse_message(mail).to.at(0).mailbox.address());
        std::ranges::sort(to);
        CHECK(to ==
              std::vector<std::string>{"carl@northwind.example", "lnd@northwind.example", "lnd@northwind.example"});
        auto const tickets = daemon.json({"ticket", "list"});
        REQUIRE(tickets.size() == 1);
        CHECK(tickets[0]["organization"] == "Northwind");
        CHECK(tickets[0]["contact"] == "carl@northwind.example");
        auto const events = daemon.json({"ticket", "show", "ACME-1000"})["events"];
        CHECK(events[0]["what"] == "admitted");
        CHECK(events[0]["by"] == "lnd@northwind.example");
        CHECK(daemon.postern({"audit"}).exit_code == 0);
        CHECK(daemon.json({"held", "list"}).empty());
    }
};

}  // namespace

TEST_CASE("a colleague writes, the point of contact is asked and answers, and the ticket is theirs") {
    Site site;
    site.hold_and_ask();
    CHECK_THAT(site.send("carl@northwind.example", "support+" + std::string(34, '0') + "@acme.example", "\nHi.\n"),
               StartsWith("550 5.1.1") || StartsWith("503"));
    REQUIRE_THAT(site.answer(), StartsWith("250 "));
    site.require_one_ticket();
    CHECK_THAT(site.send("carl@northwind.example", "support@acme.example", "Subject: Re: [ACME-1000] x\n\nIt burns.\n"),
               StartsWith("250 "));
    CHECK(site.daemon.json({"ticket", "show", "ACME-1000"})["ticket"] == "ACME-1000");
    CHECK(site.daemon.json({"message", "list"}).back()["disposition"] == "appended");
    // What would let others in stands in no log.
    CHECK_THAT(site.daemon.log(), !Contains(site.address.substr(8, 34)) && !Contains(site.word));
    CHECK(site.daemon.stop() == 0);
}

TEST_CASE("a daemon that dies between the answer and the ticket opens it when it is back, once") {
    Site site;
    site.hold_and_ask();
    CHECK(site.daemon.stop() == 0);
    // The answer is the first mail to be parsed, what was held the second.
    auto const point = GENERATE("intake.submitted:2", "intake.written:2", "intake.composed:1");
    CAPTURE(point);
    site.daemon.setup.environment = {std::string("POSTERN_FAULT=") + point};
    site.daemon.start();
    (void)site.answer();
    if (site.daemon.wait_for_end(std::chrono::seconds{20}) == -1) site.daemon.kill();
    site.daemon.setup.environment.clear();
    site.daemon.start();
    (void)site.answer();  // as its MTA does that got no 250, or lost it
    site.require_one_ticket();
    CHECK(site.daemon.stop() == 0);
}
