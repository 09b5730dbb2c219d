// The outbox against a relay that does wrong: after each fault no mail is lost, none sent twice that a relay has not
// swallowed without a word, the mails behind it go out, a ticket's in their order, and the log says what happened.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/daemon/outbox_rig.h"
#include "tests/daemon/wire_fault_table.h"
#include "tests/support/captured_log.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

using Relay = ScriptedRelay;

constexpr auto ana = "ana@northwind.example", bo = "bo@northwind.example", cy = "cy@northwind.example";

struct Fault {
    char const* name;
    Relay::Script script;
    char const* said;  // in the log; empty: it is no trouble
    bool may_repeat = false;
    // The connection says nothing more: the others go over another, soon; else over this one, however slow the machine.
    bool hangs = false;
};

// Each happens twice, so that the second try meets it too.
Relay::Script twice(std::string const& command, std::string const& reply) {
    return answer(command, reply, 2);
}

std::optional<std::string> offer_and_refuse_tls(std::string const& line) {
    if (line.starts_with("EHLO")) return "250-relay.example\r\n250 STARTTLS";
    if (line.starts_with("STARTTLS")) return "454 4.7.0 TLS not available";
    return std::nullopt;
}

std::vector<Fault> passing_faults() {
    auto const many_lines = [](std::string const& line, std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += line + "\r\n";
        return text;
    };
    return {
        {"closed at once", twice("CONNECT", Relay::drop), "trouble=relay"},
        {"no greeting", twice("CONNECT", Relay::hang), "event=relay-connection-refused", false, true},
        {"greeting 421", twice("CONNECT", "421 4.3.2 Shutting down"), "421 4.3.2 Shutting down"},
        {"greeting 554", twice("CONNECT", "554 No service"), "554 No service"},
        {"a greeting that is none", twice("CONNECT", "HTTP/1.1 400 Bad Request"), "event=relay-connection-refused",
         false, true},
        {"closed at EHLO", twice("EHLO", Relay::drop), "trouble=relay"},
        {"silent at EHLO", twice("EHLO", Relay::hang), "event=relay-connection-refused", false, true},
        {"EHLO 421", twice("EHLO", "421 4.3.2 Later"), "421 4.3.2 Later"},
        {"EHLO unknown, HELO known", twice("EHLO", "502 5.5.1 What"), ""},
        {"STARTTLS offered and refused", &offer_and_refuse_tls, ""},
        {"MAIL 421", twice("MAIL", "421 4.7.0 Enough"), "421 4.7.0 Enough"},
        {"MAIL 451", twice("MAIL", "451 4.3.0 Not now"), "451 4.3.0 Not now"},
        {"MAIL 452, its disk is full", twice("MAIL", "452 4.3.1 Full"), "452 4.3.1 Full"},
        {"MAIL 530, it wants a login", twice("MAIL", "530 5.7.0 Log in first"), "530 5.7.0 Log in first"},
        {"closed at MAIL", twice("MAIL", Relay::drop), "event=send-again-later"},
        {"silent at MAIL", twice("MAIL", Relay::hang), "Timeout", false, true},
        {"RCPT 450, greylisted", twice("RCPT TO:<bo", "450 4.2.0 Greylisted"), "450 4.2.0 Greylisted"},
        {"RCPT 452, the mailbox is full", twice("RCPT TO:<bo", "452 4.2.2 Full"), "452 4.2.2 Full"},
        {"RCPT 421", twice("RCPT", "421 4.7.0 Too many"), "421 4.7.0 Too many"},
        {"closed at RCPT", twice("RCPT", Relay::drop), "event=send-again-later"},
        {"silent at RCPT", twice("RCPT", Relay::hang), "Timeout", false, true},
        {"DATA 451", twice("DATA", "451 4.3.0 Later"), "451 4.3.0 Later"},
        {"DATA 421", twice("DATA", "421 4.3.2 Closing"), "421 4.3.2 Closing"},
        {"closed at DATA", twice("DATA", Relay::drop), "event=send-again-later"},
        {"silent at DATA", twice("DATA", Relay::hang), "Timeout", false, true},
        {"DATA 250 where 354 belongs", twice("DATA", "250 2.0.0 Ok"), "event=send-again-later"},
        {"the mail 451", twice(".", "451 4.7.1 Later"), "451 4.7.1 Later"},
        {"the mail 421", twice(".", "421 4.3.2 Closing"), "421 4.3.2 Closing"},
        {"closed behind the mail", twice(".", Relay::drop), "event=send-again-later"},
        {"silent behind the mail", twice(".", Relay::hang), "Timeout", false, true},
        {"taken, and closed before the 250", twice(".", Relay::taken_and_drop), "event=send-again-later", true},
        {"taken, and the 250 never comes", twice(".", Relay::taken_and_hang), "Timeout", true, true},
        {"a reply that is none", twice("RCPT", "hello there"), "event=send-again-later", false, true},
        {"a reply of 5,000 lines", twice("RCPT", many_lines("450-4.2.0 Later", 5'000) + "450 4.2.0 Later"), "4.2.0"},
        {"a line without end", twice("RCPT", "450 " + std::string(1 << 20, 'x')), "event=send-again-later"},
        {"a reply that a terminal would obey", twice("RCPT", "450 \x1b[2J\x07gone\x7f"), "gone"},
        {"silent at QUIT", twice("QUIT", Relay::hang), ""},
    };
}

// Never said of a mail twice: it is given up at once, and the others go.
std::vector<Fault> lasting_refusals() {
    return {
        {"MAIL 550, no null reverse-path", answer("MAIL", "550 5.7.1 No null sender", 1), "550 5.7.1 No null sender"},
        {"MAIL 552, SIZE too small", answer("MAIL", "552 5.3.4 Too big", 1), "552 5.3.4 Too big"},
        {"RCPT 550, no such user", answer("RCPT TO:<ana", "550 5.1.1 No such user", 1), "550 5.1.1 No such user"},
        {"RCPT 553, a name it does not like", answer("RCPT", "553 5.1.3 Odd name", 1), "553 5.1.3 Odd name"},
        {"DATA 554", answer("DATA", "554 5.5.1 No valid recipients", 1), "554 5.5.1 No valid recipients"},
        {"the mail 554, spam", answer(".", "554 5.7.1 Spam", 1), "554 5.7.1 Spam"},
        {"the mail 552, too large", answer(".", "552 5.3.4 Too big", 1), "552 5.3.4 Too big"},
    };
}

// Times in which an hour passes within a second.
OutboxTimes short_times() {
    OutboxTimes times;
    times.connect = 1s;
    times.mail = 1s;
    times.mail_again = times.relay_again = {10ms, 40ms};
    times.look_again = 10ms;
    times.another_connection = 20ms;
    return times;
}

struct Site {
    explicit Site(std::string const& url) : outbox(url, make_memory_store(), LogOptions::Level::info) {
        outbox.times = short_times();
    }
    // Two mails to Ana in one ticket, and one to each of the others.
    void queue() {
        outbox.queue({outgoing_mail(ana, "ana-1"), outgoing_mail(ana, "ana-2")}, true);
        outbox.queue({outgoing_mail(bo, "bo-1")}, true);
        outbox.queue({outgoing_mail(cy, "cy-1")}, true);
    }
    void said(std::string const& name, char const* what) const {
        auto const row = wire_fault("Relay", name);
        INFO(log.text());
        if (*what != '\0') CHECK(log.text().find(what) != std::string::npos);
        for (auto const& event : row.events()) CHECK(log.count(event) > 0);
        // A trouble is told once, however often it was met.
        CHECK(log.count("trouble") <= 1);
    }

    CapturedLog log;
    OutboxRig outbox;
};

// How often each mail came to the relay, by its subject; and their order.
std::vector<std::string> subjects(Relay const& relay) {
    std::vector<std::string> subjects;
    for (auto const& each : relay.mails()) {
        auto const begin = each.octets.find("Hello ") + 6;
        subjects.push_back(each.octets.substr(begin, each.octets.find("\r\n", begin) - begin));
    }
    return subjects;
}

bool nothing_queued(std::vector<OutboxMail> const& mails) {
    return std::none_of(mails.begin(), mails.end(),
                        [](OutboxMail const& each) { return each.state == OutboxState::queued; });
}

void came_in_order(Relay const& relay, std::vector<std::string> const& wanted, bool may_repeat = false) {
    auto const came = subjects(relay);
    std::map<std::string, std::size_t> times;
    for (auto const& each : came) ++times[each];
    CHECK(times.size() == wanted.size());
    for (auto const& each : wanted) {
        CHECK(times[each] >= 1);
        CHECK(times[each] <= (may_repeat ? 3 : 1));
    }
    auto const at = [&](std::string const& name) { return std::find(came.begin(), came.end(), name); };
    if (times.contains("ana-1") && times.contains("ana-2")) {
        CHECK(at("ana-1") < at("ana-2"));
        CHECK(std::find(at("ana-2"), came.end(), "ana-1") == came.end());
    }
}

}  // namespace

TEST_CASE("relay faults that pass: nothing lost, nothing doubled, a ticket's order kept, told in the log") {
    for (auto const& fault : passing_faults()) {
        DYNAMIC_SECTION(fault.name) {
            Relay const relay(fault.script);
            Site site(relay.url());
            if (!fault.hangs) site.outbox.times.another_connection = 1h;
            site.queue();
            site.outbox.start();
            bool const drained = site.outbox.wait_until([](auto const& mails) { return mails.empty(); });
            INFO(site.log.text());
            REQUIRE(drained);
            CHECK(site.outbox.trouble().empty());
            site.outbox.stop();
            came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"}, fault.may_repeat);
            site.said(fault.name, fault.said);
        }
    }
}

TEST_CASE("what a relay will never take is given up at once, visibly, and holds up no other mail") {
    for (auto const& fault : lasting_refusals()) {
        DYNAMIC_SECTION(fault.name) {
            Relay const relay(fault.script);
            Site site(relay.url());
            site.queue();
            site.outbox.start();
            REQUIRE(site.outbox.wait_until(nothing_queued));
            auto const left = site.outbox.unsent();
            REQUIRE(left.size() == 1);
            CHECK(left.front().message_id == "<ana-1@support.acme.example>");
            CHECK(left.front().state == OutboxState::failed);
            CHECK(left.front().last_error == fault.said);
            CHECK(left.front().attempts == 1);
            std::vector<std::string> events;
            site.outbox.writer.run([&](Store& store) {
                auto const history = store.ticket(*left.front().ticket);
                for (auto const& each : history.value().events) events.push_back(each.what);
            });
            CHECK(std::count(events.begin(), events.end(), "receipt-failed") == 1);
            came_in_order(relay, {"ana-2", "bo-1", "cy-1"});
            site.said(fault.name, fault.said);
            // An operator mended it.
            site.outbox.retry(left.front().id);
            CHECK(relay.wait_for_mails(4));
        }
    }
}

namespace {

// Nothing passes until an operator changes the configuration.
struct Lasting {
    char const* name;
    Relay::Script script;
    std::function<void(RelayOptions&)> wrong;
    char const* said;
};

std::vector<Lasting> lasting_troubles() {
    return {
        {"STARTTLS required, not offered",
         {},
         [](RelayOptions& options) { options.starttls = StartTls::require; },
         "STARTTLS not supported"},
        {"STARTTLS required, refused", &offer_and_refuse_tls,
         [](RelayOptions& options) { options.starttls = StartTls::require; }, "454 4.7.0 TLS not available"},
        {"the password file is gone",
         {},
         [](RelayOptions& options) {
             options.user = "support";
             options.password = Secret{"/nowhere/password"};
         },
         "password file cannot be read"},
    };
}

}  // namespace

TEST_CASE("a relay that lets nobody in: all mail waits, status says why, and goes out when it is mended") {
    for (auto const& trouble : lasting_troubles()) {
        DYNAMIC_SECTION(trouble.name) {
            Relay const relay(trouble.script);
            Site site(relay.url());
            trouble.wrong(site.outbox.options);
            site.queue();
            site.outbox.start();
            REQUIRE(site.outbox.wait_until([](auto const& mails) {
                return std::any_of(mails.begin(), mails.end(), [](auto const& each) { return each.attempts > 2; });
            }));
            auto const lasting = site.outbox.trouble();
            REQUIRE(lasting.size() == 1);
            CHECK(lasting.front().find("relay: ") == 0);
            CHECK(lasting.front().find(trouble.said) != std::string::npos);
            CHECK(site.outbox.unsent().size() == 4);
            CHECK(relay.mails().empty());
            site.outbox.stop();
            CHECK(site.outbox.trouble().empty());
            site.outbox.options = {};
            site.outbox.options.url = relay.url();
            site.outbox.options.starttls = StartTls::never;
            site.outbox.start();
            REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
            came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
            site.said(trouble.name, trouble.said);
        }
    }
}

TEST_CASE("silent on every connection", "[relay-fault]") {
    std::atomic<bool> is_silent{true};
    Relay const relay([&is_silent](std::string const& line) -> std::optional<std::string> {
        if (line.starts_with("EHLO") && is_silent) return Relay::hang;
        return std::nullopt;
    });
    Site site(relay.url());
    site.queue();
    site.outbox.start();
    REQUIRE(site.outbox.wait_until([&](auto const&) { return !site.outbox.trouble().empty(); }));
    CHECK(site.outbox.trouble().front().find("relay: ") == 0);
    is_silent = false;
    REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
    site.outbox.stop();
    came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
    site.said("silent on every connection", "trouble=relay");
}

TEST_CASE("a slow relay", "[relay-fault]") {
    Relay const relay([](std::string const& line) -> std::optional<std::string> {
        if (line == ".") std::this_thread::sleep_for(50ms);
        return std::nullopt;
    });
    Site site(relay.url());
    site.outbox.times.another_connection = 1ms;
    constexpr std::size_t tickets = 20, mails_each = 3;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < tickets * mails_each; ++i) wanted.push_back(std::to_string(i));
    for (std::size_t ticket = 0; ticket < tickets; ++ticket) {
        std::vector<OutgoingMail> mails;
        for (std::size_t i = 0; i < mails_each; ++i)
            mails.push_back(outgoing_mail(ana, wanted[ticket * mails_each + i]));
        site.outbox.queue(mails, true);
    }
    site.outbox.start();
    REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
    CHECK(relay.connections() == site.outbox.times.most_connections);
    came_in_order(relay, wanted);
    auto const came = subjects(relay);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (i % mails_each == 0) continue;
        CHECK(std::ranges::find(came, wanted[i - 1]) < std::ranges::find(came, wanted[i]));
    }
    site.said("a slow relay", "");
}

TEST_CASE("lets in two connections, and no third", "[relay-fault]") {
    std::atomic<int> conversations{0};
    Relay const relay([&conversations](std::string const& line) -> std::optional<std::string> {
        if (line == "CONNECT" && ++conversations > 2) return "421 4.7.0 Too many connections";
        if (line == ".") std::this_thread::sleep_for(30ms);
        return std::nullopt;
    });
    Site site(relay.url());
    site.outbox.times.another_connection = 1ms;
    std::vector<std::string> wanted;
    for (int i = 0; i < 30; ++i) {
        wanted.push_back(std::to_string(i));
        site.outbox.queue({outgoing_mail(ana, wanted.back())}, true);
    }
    site.outbox.start();
    REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
    CHECK(relay.connections() <= 5);  // those that were opened before the first refusal, and no more
    came_in_order(relay, wanted);
    CHECK(site.log.text().find("attempt=2") == std::string::npos);
    CHECK(site.log.count("trouble") == 0);
    site.said("lets in two connections, and no third", "421 4.7.0 Too many connections");
}

TEST_CASE("the login is refused twice, with 535 and 454", "[relay-fault]") {
    auto left = std::make_shared<std::atomic<int>>(2);
    Relay const relay([left](std::string const& line) -> std::optional<std::string> {
        if (line.starts_with("EHLO")) return "250-relay.example\r\n250 AUTH PLAIN";
        if (line.starts_with("AHN1cHBvcnQAc2VjcmV0")) return "235 2.7.0 Come in";
        if (!line.starts_with("AUTH")) return std::nullopt;
        auto const tries = left->fetch_sub(1);
        return tries == 2 ? "535 5.7.8 Wrong" : tries == 1 ? "454 4.7.0 Later" : "334 ";
    });
    TemporaryFolder const folder;
    write_file(folder.path() / "password", "secret\n");
    Site site(relay.url());
    site.outbox.options.user = "support";
    site.outbox.options.password = Secret{folder.path() / "password"};
    // Where nobody listens a password may go in the open; this relay has no certificate.
    site.outbox.options.starttls = StartTls::never;
    site.queue();
    site.outbox.start();
    bool const drained = site.outbox.wait_until([](auto const& mails) { return mails.empty(); });
    INFO(site.log.text());
    REQUIRE(drained);
    came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
    CHECK(site.log.text().find("535 5.7.8 Wrong") != std::string::npos);
    CHECK(site.log.text().find("454 4.7.0 Later") != std::string::npos);
}

TEST_CASE("nobody listens, for an hour of retries", "[relay-fault]") {
    auto const port = free_port();
    Site site("smtp://127.0.0.1:" + std::to_string(port));
    site.queue();
    site.outbox.start();
    // 60 tries are an hour at the daemon's pace, one a minute.
    REQUIRE(site.outbox.wait_until([](auto const& mails) {
        unsigned tries = 0;
        for (auto const& each : mails) tries += each.attempts;
        return tries >= 60;
    }));
    CHECK(site.outbox.unsent().size() == 4);
    CHECK(site.outbox.trouble().size() == 1);
    CHECK(site.log.count("trouble") == 1);
    site.outbox.stop();
    Relay const relay;
    site.outbox.options.url = relay.url();
    site.outbox.start();
    REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
    came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
}

TEST_CASE("dead for an hour with a full queue", "[relay-fault]") {
    std::atomic<bool> is_dead{true};
    Relay const relay([&is_dead](std::string const& line) -> std::optional<std::string> {
        if (line == "CONNECT" && is_dead) return Relay::drop;
        return std::nullopt;
    });
    Site site(relay.url());
    site.outbox.start();
    constexpr std::size_t tickets = 40, mails_each = 5;
    for (std::size_t ticket = 0; ticket < tickets; ++ticket) {
        std::vector<OutgoingMail> mails;
        for (std::size_t i = 0; i < mails_each; ++i)
            mails.push_back(outgoing_mail(ana, std::to_string(ticket) + "-" + std::to_string(i)));
        site.outbox.queue(mails, true);
    }
    REQUIRE(relay.wait_until([](Relay const& each) { return each.connections() >= 60; }));
    CHECK(site.log.count("trouble") == 1);
    is_dead = false;
    REQUIRE(site.outbox.wait_until([](auto const& mails) { return mails.empty(); }));
    auto const came = subjects(relay);
    CHECK(came.size() == tickets * mails_each);
    std::map<std::string, int> next;
    for (auto const& each : came) {
        auto const dash = each.find('-');
        CHECK(std::to_string(next[each.substr(0, dash)]++) == each.substr(dash + 1));
    }
}

TEST_CASE("greylisted beyond give_up_after", "[relay-fault]") {
    Relay const relay(answer("RCPT TO:<ana", "450 4.2.0 Greylisted"));
    Site site(relay.url());
    site.outbox.options.give_up_after = 1s;
    site.queue();
    site.outbox.start();
    REQUIRE(site.outbox.wait_until(nothing_queued));
    auto const left = site.outbox.unsent();
    REQUIRE(left.size() == 2);
    for (auto const& each : left) {
        CHECK(each.recipient == ana);
        CHECK(each.last_error == "given up: 450 4.2.0 Greylisted");
    }
    CHECK(left.front().attempts > 1);
    CHECK(relay.mails().size() == 2);
    CHECK(site.log.count("send-failed") == 2);
}

TEST_CASE("the postmaster is told once of what was given up, and not of an alarm that was", "[relay-fault]") {
    bool const takes_alarms = GENERATE(true, false);
    Relay const relay([=](std::string const& line) -> std::optional<std::string> {
        bool const is_alarm = line.find("ops@acme.example") != std::string::npos;
        if (!line.starts_with("RCPT") || (is_alarm && takes_alarms)) return std::nullopt;
        return "550 5.1.1 No such user";
    });
    Options options;
    options.site.name = "Acme Support";
    options.site.hostname = "support.acme.example";
    options.site.postmaster = Mailbox{"ops", "acme.example"};
    Site site(relay.url());
    site.outbox.alarms = Alarms(options);
    site.queue();
    site.outbox.start();
    std::size_t const given_up = takes_alarms ? 4 : 5;
    REQUIRE(
        site.outbox.wait_until([=](auto const& mails) { return mails.size() == given_up && nothing_queued(mails); }));
    if (!takes_alarms) {
        CHECK(site.outbox.unsent().back().kind == OutgoingKind::alarm);
        return;
    }
    REQUIRE(relay.wait_for_mails(1));
    CHECK(relay.mails().size() == 1);
    auto const octets = relay.mails().front().octets;
    CHECK(relay.mails().front().from.starts_with("MAIL FROM:<>"));
    CHECK(octets.find("Auto-Submitted: auto-generated\r\n") != std::string::npos);
    CHECK(octets.find("Subject: Acme Support: outgoing mail was given up\r\n") != std::string::npos);
    CHECK(octets.find("550 5.1.1 No such user") != std::string::npos);
    CHECK(octets.find("postern outbox retry") != std::string::npos);
}

TEST_CASE("an address beyond US-ASCII and no SMTPUTF8", "[relay-fault]") {
    Relay const relay;
    Site site(relay.url());
    site.outbox.queue({outgoing_mail("jürgen@northwind.example", "utf8")});
    site.queue();
    site.outbox.start();
    REQUIRE(site.outbox.wait_until(nothing_queued));
    REQUIRE(site.outbox.unsent().size() == 1);
    CHECK(site.outbox.unsent().front().last_error.find("SMTPUTF8") != std::string::npos);
    came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
}

TEST_CASE("an address that would write commands", "[relay-fault]") {
    Relay const relay;
    Site site(relay.url());
    site.outbox.queue({outgoing_mail("a@b.example>\r\nRCPT TO:<all@evil.example", "evil")});
    site.queue();
    site.outbox.start();
    REQUIRE(site.outbox.wait_until(nothing_queued));
    REQUIRE(site.outbox.unsent().size() == 1);
    came_in_order(relay, {"ana-1", "ana-2", "bo-1", "cy-1"});
    CHECK(site.log.count("send-failed") == 1);
}

std::vector<std::string> postern::testing::relay_fault_cases() {
    std::vector<std::string> names;
    for (auto const& each : passing_faults()) names.emplace_back(each.name);
    for (auto const& each : lasting_refusals()) names.emplace_back(each.name);
    for (auto const& each : lasting_troubles()) names.emplace_back(each.name);
    return names;
}
