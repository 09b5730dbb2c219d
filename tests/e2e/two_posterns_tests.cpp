// Two daemons whose support addresses are each other's contacts, over real SMTP on loopback.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/daemon_process.h"

using namespace postern::testing;
using Catch::Matchers::StartsWith;

namespace {

using namespace std::chrono_literals;

// The other one's mailbox is a contact here; its receipts go there.
std::string contacts_of(std::string_view other) {
    return "[[organization]]\nid = \"other\"\nname = \"Other\"\ncontacts = [\"" + std::string(other) + "\"]\n";
}

std::string relay_to(DaemonProcess const& other) {
    return "smtp://127.0.0.1:" + std::to_string(other.smtp_port());
}

std::size_t queued(DaemonProcess const& daemon) {
    return daemon.json({"outbox", "list"}).size();
}

}  // namespace

TEST_CASE("two Posterns that are each other's contacts fall silent by themselves within three mails") {
    DaemonProcess one, two;
    one.setup.limits = two.setup.limits = "";
    one.setup.extra = "[[mailbox]]\naddress = \"one@one.example\"\nname = \"One\"\ntag = \"ONE\"\n";
    two.setup.extra = "[[mailbox]]\naddress = \"two@two.example\"\nname = \"Two\"\ntag = \"TWO\"\n";
    one.setup.contacts = contacts_of("two@two.example");
    two.setup.contacts = contacts_of("one@one.example");
    one.setup.relay = relay_to(two);
    two.setup.relay = relay_to(one);
    one.write_config();
    two.write_config();
    one.start();
    two.start();

    // One mail in the other's name, with which a war would begin.
    SmtpClient client(one.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    REQUIRE_THAT(
        client.mail("two@two.example", "one@one.example",
                    "From: two@two.example\nTo: one@one.example\nSubject: Hello\nMessage-ID: <1@two.example>\n\nHi\n"),
        StartsWith("250"));
    // The receipt is the only mail that follows: it arrives, is known for what it is, and nobody has anything to send.
    auto const limit = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < limit && two.json({"message", "list"}).empty()) {
        std::this_thread::sleep_for(20ms);
    }
    auto const arrived = two.json({"message", "list"});
    REQUIRE(arrived.size() == 1);
    CHECK(arrived[0]["disposition"] == "ignored");
    CHECK(arrived[0]["rule"] == "automatic-reply");
    CHECK(arrived[0]["from"] == "one@one.example");
    CHECK(two.json({"ticket", "list"}).empty());
    // Whatever was queued by that commit would be there by now.
    CHECK(queued(two) == 0);
    CHECK(one.json({"message", "list"}).size() == 1);
    CHECK(one.json({"ticket", "show", "ONE-1000"})["articles"].size() == 2);
    CHECK(one.stop() == 0);
    CHECK(two.stop() == 0);
}
