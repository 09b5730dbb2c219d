#include "daemon/outbox_sender.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "daemon/retry_schedule.h"
#include "tests/daemon/outbox_rig.h"
#include "tests/daemon/scripted_relay.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

bool is_empty(std::vector<OutboxMail> const& mails) {
    return mails.empty();
}
bool was_tried(std::vector<OutboxMail> const& mails) {
    return !mails.empty() && mails.front().attempts > 0;
}
bool has_failed(std::vector<OutboxMail> const& mails) {
    return !mails.empty() && mails.front().state == OutboxState::failed;
}

std::size_t count(std::vector<std::string> const& commands, std::string const& begin) {
    return static_cast<std::size_t>(std::count_if(commands.begin(), commands.end(),
                                                  [&](std::string const& line) { return line.starts_with(begin); }));
}

}  // namespace

TEST_CASE("RFC 5321 4.5.5: a receipt goes out with the null reverse-path, as it was made") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(relay.wait_for_mails(1));
    auto const taken = relay.mails().front();
    CHECK(taken.from.starts_with("MAIL FROM:<>"));
    CHECK(taken.to == "RCPT TO:<ana@northwind.example>");
    CHECK(taken.octets == "From: support@acme.example\r\nSubject: Hello 1\r\n\r\n..dots\r\n...two\r\nend\r\n");
    CHECK(relay.commands().front() == "EHLO support.acme.example");
    CHECK(outbox.wait_until(is_empty));
}

TEST_CASE("many mails go over one connection, which is given back with QUIT") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    outbox.times.another_connection = std::chrono::hours{1};  // a quick relay, on however slow a machine
    for (int i = 0; i < 150; ++i) outbox.queue({outgoing_mail("ana@northwind.example", std::to_string(i))});
    outbox.start();
    REQUIRE(relay.wait_for_mails(150));
    CHECK(outbox.wait_until(is_empty));
    outbox.stop();
    CHECK(relay.wait_until([](ScriptedRelay const& r) { return count(r.commands(), "QUIT") == 1; }));
    CHECK(relay.connections() == 1);
    CHECK(relay.mails().size() == 150);
}

TEST_CASE("RFC 5321 4.2.1: 4yz is tried again later, 5yz is given up and stays visible") {
    struct Case {
        char const *command, *reply;
        OutboxState state;
    };
    auto const refused =
        GENERATE(Case{"MAIL", "451 4.3.0 Not now", OutboxState::queued},
                 Case{"RCPT", "450 4.2.0 Greylisted", OutboxState::queued},
                 Case{"DATA", "452 4.3.1 Full", OutboxState::queued}, Case{".", "451 4.7.1 Later", OutboxState::queued},
                 Case{"MAIL", "550 5.7.1 No null sender here", OutboxState::failed},
                 Case{"RCPT", "550 5.1.1 No such user", OutboxState::failed},
                 Case{"DATA", "554 5.6.0 No", OutboxState::failed}, Case{".", "554 5.7.1 Spam", OutboxState::failed});
    ScriptedRelay const relay(answer(refused.command, refused.reply, 1));
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(outbox.wait_until(was_tried));
    auto const left = outbox.unsent().front();
    CHECK(left.state == refused.state);
    CHECK(left.attempts == 1);
    CHECK(left.last_error == refused.reply);
    if (left.state == OutboxState::queued) CHECK(left.next_attempt - now() > 2s);
    CHECK(relay.mails().empty());
    // The next mail is not held up, and an operator's word sends this one.
    outbox.queue({outgoing_mail("bo@northwind.example", "2")});
    REQUIRE(relay.wait_for_mails(1));
    outbox.retry(left.id);
    CHECK(relay.wait_for_mails(2));
    CHECK(outbox.wait_until(is_empty));
}

TEST_CASE("a reply of several lines is kept as one, without what a terminal would obey") {
    ScriptedRelay const relay(answer("RCPT", "550-5.1.1 \x1b[2JNo such\r\n550-5.1.1 user\r\n550 5.1.1 here"));
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(outbox.wait_until(has_failed));
    CHECK(outbox.unsent().front().last_error == "550 5.1.1 [2JNo such 5.1.1 user 5.1.1 here");
}

TEST_CASE("a relay that is down is asked by one mail, not by each") {
    auto const script = GENERATE(answer("CONNECT", "421 4.3.2 Shutting down"), answer("CONNECT", "554 No service"),
                                 answer("EHLO", ScriptedRelay::drop), answer("MAIL", "421 4.7.0 Enough"),
                                 answer("MAIL", "530 5.7.0 Log in first"), answer("DATA", ScriptedRelay::drop));
    ScriptedRelay const relay(script);
    OutboxRig outbox(relay.url());
    for (int i = 0; i < 100; ++i) outbox.queue({outgoing_mail("ana@northwind.example", std::to_string(i))});
    outbox.start();
    REQUIRE(outbox.wait_until([](std::vector<OutboxMail> const& mails) {
        return std::any_of(mails.begin(), mails.end(), [](OutboxMail const& one) { return one.attempts > 0; });
    }));
    REQUIRE(relay.wait_until([](ScriptedRelay const& r) { return r.connections() >= 3; }));
    auto const mails = outbox.unsent();
    CHECK(mails.size() == 100);
    unsigned attempts = 0;
    for (auto const& one : mails) {
        CHECK(one.state == OutboxState::queued);
        attempts += one.attempts;
    }
    CHECK(attempts <= relay.connections());
    CHECK(relay.connections() < 10);
}

TEST_CASE("what waited for a relay goes out when it is back") {
    ScriptedRelay const relay(answer("CONNECT", "421 4.3.2 Not yet", 2));
    OutboxRig outbox(relay.url());
    for (int i = 0; i < 10; ++i) outbox.queue({outgoing_mail("ana@northwind.example", std::to_string(i))});
    outbox.start();
    REQUIRE(relay.wait_for_mails(8));  // two mails were the ones that asked; they wait for their own time
    for (auto const& one : outbox.unsent()) outbox.retry_if_unsent(one.id);
    CHECK(relay.wait_for_mails(10));
}

TEST_CASE("a kept connection that the relay closed meanwhile costs no attempt") {
    auto const script = GENERATE(answer("MAIL", ScriptedRelay::drop, 1), answer("MAIL", "421 4.4.2 Idle too long", 1));
    auto const armed = std::make_shared<std::atomic<bool>>(false);
    ScriptedRelay const relay([=](std::string const& line) { return *armed ? script(line) : std::nullopt; });
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(relay.wait_for_mails(1));
    *armed = true;
    outbox.queue({outgoing_mail("ana@northwind.example", "2")});
    REQUIRE(relay.wait_for_mails(2));
    CHECK(outbox.wait_until(is_empty));
    CHECK(relay.connections() == 2);
}

TEST_CASE("a mail is given up after its time, and stays visible") {
    ScriptedRelay const relay(answer("RCPT", "450 4.2.0 Later"));
    OutboxRig outbox(relay.url());
    outbox.options.give_up_after = 1h;
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")}, false, now() - 2h);
    REQUIRE(outbox.wait_until(has_failed));
    CHECK(outbox.unsent().front().last_error == "given up: 450 4.2.0 Later");
}

TEST_CASE("a ticket's mails to one person keep their order") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    std::vector<OutgoingMail> mails;
    for (int i = 0; i < 20; ++i) mails.push_back(outgoing_mail("ana@northwind.example", std::to_string(i)));
    outbox.queue(mails, true);
    outbox.start();
    REQUIRE(relay.wait_for_mails(20));
    auto const taken = relay.mails();
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(taken[i].octets.find("Subject: Hello " + std::to_string(i) + "\r\n") != std::string::npos);
}

TEST_CASE("an address writes no commands of its own") {
    auto const address = GENERATE(as<std::string>{}, "a@b.example>\r\nRCPT TO:<all@evil.example", "a b@c.example",
                                  "a@b\n.example", "<a@b.example", "nobody", "", "@b.example");
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail(address, "1")});
    REQUIRE(outbox.wait_until(has_failed));
    CHECK(outbox.unsent().front().last_error == "the address can't be written in an envelope");
    CHECK(relay.connections() == 0);
}

TEST_CASE("RFC 5321 2.3.8: line ends are CRLF whatever the mail holds") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    auto one = outgoing_mail("ana@northwind.example", "1");
    one.octets = std::string("Subject: x\n\na\n.\nMAIL FROM:<x@y>\r\rb\r\n\0c\r", 38);
    outbox.start();
    outbox.queue({one});
    REQUIRE(relay.wait_for_mails(1));
    CHECK(relay.mails().front().octets == "Subject: x\r\n\r\na\r\n..\r\nMAIL FROM:<x@y>\r\n\r\nb\r\nc\r\n");
}

TEST_CASE("RFC 6531 3.2: an address beyond US-ASCII needs a relay that offers SMTPUTF8") {
    bool const offers = GENERATE(true, false);
    ScriptedRelay const relay(answer(
        "EHLO", offers ? "250-relay.example\r\n250-SMTPUTF8\r\n250 8BITMIME" : "250-relay.example\r\n250 8BITMIME"));
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("jürgen@northwind.example", "1")});
    if (offers) {
        REQUIRE(relay.wait_for_mails(1));
        CHECK(relay.mails().front().from.find("SMTPUTF8") != std::string::npos);
        CHECK(relay.mails().front().to == "RCPT TO:<jürgen@northwind.example>");
        CHECK(relay.connections() == 1);
    } else {
        REQUIRE(outbox.wait_until(has_failed));
        CHECK(outbox.unsent().front().last_error.find("SMTPUTF8") != std::string::npos);
        CHECK(count(relay.commands(), "MAIL") == 0);
    }
}

TEST_CASE("a relay that hangs does not keep the sender from leaving") {
    auto const where = GENERATE(as<std::string>{}, "CONNECT", "RCPT", ".", "QUIT");
    ScriptedRelay const relay(answer(where, ScriptedRelay::hang));
    OutboxRig outbox(relay.url());
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1"), outgoing_mail("bo@northwind.example", "2")});
    REQUIRE(relay.wait_until([&](ScriptedRelay const& r) {
        if (where == "CONNECT") return r.connections() > 0;
        if (where == "QUIT") return r.mails().size() == 2;
        return count(r.commands(), where == "." ? "DATA" : where) > 0;
    }));
    auto const begin = std::chrono::steady_clock::now();
    outbox.stop();
    CHECK(std::chrono::steady_clock::now() - begin < 8s);
    // What was not sent is due again, for the next start, and was not tried.
    for (auto const& one : outbox.unsent()) {
        CHECK(one.attempts == 0);
        CHECK(one.next_attempt <= now());
    }
    if (where != "QUIT") CHECK(outbox.unsent().size() == 2);
}

TEST_CASE("a relay that needs a login without a password to be had is told to nobody") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    outbox.options.user = "support";
    outbox.options.password = Secret{"/nowhere/password"};
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(outbox.wait_until(was_tried));
    CHECK(outbox.unsent().front().last_error == "the relay's password file cannot be read");
    CHECK(outbox.unsent().front().state == OutboxState::queued);
    CHECK(relay.connections() == 0);
}

TEST_CASE("starttls = require sends nothing to a relay without it") {
    ScriptedRelay const relay;
    OutboxRig outbox(relay.url());
    outbox.options.starttls = StartTls::require;
    outbox.start();
    outbox.queue({outgoing_mail("ana@northwind.example", "1")});
    REQUIRE(outbox.wait_until(was_tried));
    CHECK(count(relay.commands(), "MAIL") == 0);
    CHECK(outbox.unsent().front().state == OutboxState::queued);
}

TEST_CASE("retries come later and later, within bounds") {
    CHECK(mail_retry.delay(1, 0.5) == 5s);
    CHECK(mail_retry.delay(2, 0.5) == 10s);
    CHECK(mail_retry.delay(9, 0.5) == 1280s);
    CHECK(mail_retry.delay(10, 0.5) == 1800s);
    CHECK(mail_retry.delay(4'000'000'000U, 0.5) == 1800s);
    CHECK(mail_retry.delay(1, 0.0) == 4s);
    CHECK(mail_retry.delay(1, 1.0) == 6s);
    CHECK(relay_retry.delay(1, 0.5) == 1s);
    CHECK(relay_retry.delay(100, 0.5) == 60s);
}
