// The poller against a real Dovecot over TLS.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/imap_poller.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/dovecot_server.h"
#include "tests/support/imap_rig.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

std::string mail(std::string const& subject, std::string const& body = "Hello\r\n") {
    return "From: Ana <ana@northwind.example>\r\nTo: support@acme.example\r\nSubject: " + subject + "\r\n\r\n" + body;
}

std::vector<std::string> numbered_mails(std::size_t count, std::string const& prefix = "mail ") {
    std::vector<std::string> mails;
    for (std::size_t i = 1; i <= count; ++i) mails.push_back(mail(prefix + std::to_string(i)));
    return mails;
}

struct Site {
    explicit Site(std::string const& of_dovecot = {}) : dovecot(of_dovecot) {
        rig.options.url = "imaps://127.0.0.1:" + std::to_string(dovecot.tls_port());
        rig.options.ca_file = dovecot.authority();
    }
    void through(CuttingProxy const& proxy) { rig.options.url = "imaps://127.0.0.1:" + std::to_string(proxy.port()); }
    std::unique_ptr<ImapPoller> poller(std::uint64_t max_message = 25ULL << 20U) {
        return std::make_unique<ImapPoller>(rig.options, max_message, rig.desk, rig.writer, rig.in_flight, rig.log,
                                            rig.times);
    }
    bool all_flagged(std::string const& flag, std::size_t count) {
        auto const mails = dovecot.mails("support");
        return mails.size() == count && std::all_of(mails.begin(), mails.end(), [&](auto const& each) {
                   return each.flags.find(flag) != std::string::npos;
               });
    }

    DovecotServer dovecot;
    ImapRig rig;
};

}  // namespace

TEST_CASE("Dovecot: a folder of 2,000 mails is drained once, and marked") {
    Site site;
    auto const mails = numbered_mails(2000);
    site.dovecot.deliver("support", mails);
    auto poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(2000));
    REQUIRE(eventually([&] { return site.all_flagged("\\Seen", 2000); }));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == 2000 && state.backlog == 0; }));
    CHECK(site.rig.state().error.value_or("") == "");
    poller.reset();
    poller = site.poller();  // a restart takes nothing again
    site.dovecot.deliver("support", {mail("one more")});
    REQUIRE(site.rig.desk.wait_for_first_time(2001));
    CHECK(site.rig.desk.submitted() == 2001);
    auto const taken = site.rig.desk.taken();
    for (std::size_t i = 0; i < mails.size(); ++i) {
        if (taken[i].octets != mails[i]) FAIL("mail " << i << " differs");
    }
}

TEST_CASE("Dovecot: a connection that drops in mid-FETCH, again and again, takes no mail twice") {
    Site site;
    CuttingProxy proxy(site.dovecot.tls_port());
    site.through(proxy);
    std::vector<std::string> mails;
    for (int i = 0; i < 60; ++i) mails.push_back(mail(std::to_string(i), std::string(20'000, 'x') + "\r\n"));
    site.dovecot.deliver("support", mails);
    proxy.cut_after({100'000, 5'000, 2'000, 250'000, 100, 400'000, 9'000});
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(60));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == 60 && !state.error; }));
    CHECK(site.rig.desk.submitted() == 60);
    CHECK(proxy.connections() >= 8);
    CHECK(site.rig.log_count("imap-failing") >= 1);
    CHECK(eventually([&] { return site.rig.log_count("imap-recovered") >= 1; }));
}

TEST_CASE("Dovecot: a changed UIDVALIDITY takes all again, which makes duplicates and no second ticket") {
    Site site;
    site.dovecot.deliver("support", numbered_mails(50));
    auto poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(50));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == 50; }));
    poller.reset();
    site.dovecot.doveadm({"mailbox", "update", "-u", "support", "--uid-validity", "4711", "INBOX"});
    site.dovecot.deliver("support", {mail("new")});
    poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(51));
    REQUIRE(
        site.rig.wait_for_state([](auto const& state) { return state.uid_validity == 4711 && state.backlog == 0; }));
    CHECK(site.rig.desk.submitted() == 101);
    CHECK(site.rig.desk.first_time() == 51);
    CHECK(site.rig.log_count("imap-uidvalidity-changed") == 1);
    REQUIRE(eventually([&] { return site.all_flagged("\\Seen", 51); }));
}

TEST_CASE("Dovecot: start = \"new\" leaves out what was there, also after UIDVALIDITY changed") {
    Site site;
    site.rig.options.start = ImapOptions::Start::only_new;
    site.rig.options.after = ImapOptions::After::keep;
    site.dovecot.deliver("support", numbered_mails(10, "old "));
    site.dovecot.doveadm({"fetch", "-u", "support", "uid", "mailbox", "INBOX"});
    auto poller = site.poller();
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success.has_value(); }));
    site.dovecot.deliver("support", {mail("new")});
    REQUIRE(site.rig.desk.wait_for_first_time(1));
    CHECK(site.rig.desk.taken()[0].uid == 11);
    CHECK(site.rig.desk.taken()[0].octets == mail("new"));
    CHECK(site.all_flagged("", 11));
    CHECK(site.dovecot.mails("support")[10].flags.find("Seen") == std::string::npos);
}

TEST_CASE("Dovecot: mails that hurt other gateways pass byte for byte") {
    Site site;
    std::string nul = mail("nul", "before");
    nul += '\0';
    nul += "behind\r\n";
    auto const tagged = mail("tagged", "A005 OK done\r\n* BYE\r\np1 OK done\r\n)\r\n{3}\r\n");
    std::string large = mail("large", "");
    for (int i = 0; large.size() < (20U << 20U); ++i) large += "line " + std::to_string(i) + "\r\n";
    auto const bare = mail("bare", "a\nb\rc\r\n\xFF\xFE\r\n");
    std::vector<std::string> const mails{nul, tagged, large, bare, mail("last")};
    site.dovecot.deliver("support", mails);
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails.size()));
    auto const taken = site.rig.desk.taken();
    for (auto const& each : taken) {
        INFO("UID " << each.uid);
        auto const& sent = mails.at(each.uid - 1);
        // Dovecot itself makes CRLF of every bare LF, and 0x80 of NUL (RFC 9051 4.3.1 forbids it in a literal).
        std::string wanted;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (sent[i] == '\n' && (i == 0 || sent[i - 1] != '\r')) wanted += '\r';
            wanted += sent[i] == '\0' ? '\x80' : sent[i];
        }
        CHECK((each.octets == wanted));
    }
}

TEST_CASE("Dovecot: \\Seen is set only after the commit, and a crash in between leaves no mail unmarked") {
    Site site;
    CuttingProxy proxy(site.dovecot.tls_port());
    site.through(proxy);
    site.rig.desk.hold();
    site.dovecot.deliver("support", numbered_mails(3));
    auto poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_submitted(3));
    for (auto const& each : site.dovecot.mails("support")) CHECK(each.flags.find("Seen") == std::string::npos);
    site.rig.desk.release();
    REQUIRE(eventually([&] { return site.all_flagged("\\Seen", 3); }));
    REQUIRE(eventually([&] { return site.rig.marks_owed() == 0; }));

    // Committed while the connection is gone: the mark stays owed and is paid by the next session.
    site.rig.desk.hold();
    site.dovecot.deliver("support", {mail("4")});
    REQUIRE(site.rig.desk.wait_for_submitted(4));
    site.dovecot.stop();  // lets no one in any more
    proxy.cut_now();
    site.rig.desk.release();
    REQUIRE(site.rig.desk.wait_for_taken(4));
    CHECK(site.rig.marks_owed() == 1);
    poller.reset();
    site.dovecot.start();
    poller = site.poller();
    REQUIRE(eventually([&] { return site.all_flagged("\\Seen", 4); }));
    CHECK(site.rig.desk.submitted() == 4);
}

TEST_CASE("Dovecot: mail that a person has read already is taken") {
    Site site;
    site.dovecot.deliver("support", numbered_mails(2));
    site.dovecot.doveadm({"flags", "add", "-u", "support", "\\Seen", "mailbox", "INBOX", "all"});
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(2));
}

TEST_CASE("Dovecot: move and delete, with the folder made where it is missing") {
    Site site;
    SECTION("move") {
        site.rig.options.after = ImapOptions::After::move;
        site.rig.options.move_to = "Erledigt/Fälle";
        site.dovecot.deliver("support", numbered_mails(120));
        auto const poller = site.poller();
        REQUIRE(site.rig.desk.wait_for_first_time(120));
        REQUIRE(eventually([&] { return site.dovecot.mails("support").empty(); }));
        CHECK(site.dovecot.mails("support", "Erledigt/Fälle").size() == 120);
    }
    SECTION("delete, and only our own") {
        site.rig.options.after = ImapOptions::After::remove;
        site.rig.options.start = ImapOptions::Start::only_new;
        site.dovecot.deliver("support", numbered_mails(2, "theirs "));
        site.dovecot.doveadm({"flags", "add", "-u", "support", "\\Deleted", "mailbox", "INBOX", "all"});
        auto const poller = site.poller();
        REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success.has_value(); }));
        site.dovecot.deliver("support", numbered_mails(5, "ours "));
        REQUIRE(site.rig.desk.wait_for_first_time(5));
        REQUIRE(eventually([&] { return site.dovecot.mails("support").size() == 2; }));
        CHECK(site.rig.desk.submitted() == 5);
    }
}

TEST_CASE("Dovecot: a mail over the limit is held by its header, stays unmarked, and blocks nothing") {
    Site site;
    auto const large = mail("large", std::string(300'000, 'x'));
    site.dovecot.deliver("support", {mail("before"), large, mail("behind")});
    auto const poller = site.poller(100'000);
    REQUIRE(site.rig.desk.wait_for_first_time(3));
    auto const taken = site.rig.desk.taken();
    auto const by_header = std::find_if(taken.begin(), taken.end(), [](auto const& each) { return each.uid == 2; });
    REQUIRE(by_header != taken.end());
    CHECK(by_header->octets == mail("large", ""));
    CHECK(by_header->only_header);
    CHECK(by_header->unread.value_or("").find("larger than [limits] message") != std::string::npos);
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == 3 && state.error.has_value(); }));
    CHECK(site.rig.state().error->find("UID 2") != std::string::npos);
    REQUIRE(eventually([&] { return site.dovecot.mails("support")[2].flags.find("Seen") != std::string::npos; }));
    CHECK(site.dovecot.mails("support")[1].flags.find("Seen") == std::string::npos);
    CHECK(site.rig.log_count("imap-mail-by-header") == 1);
}

TEST_CASE("Dovecot: IDLE brings new mail at once") {
    Site site;
    site.rig.options.idle = true;
    site.rig.options.poll = 1h;
    site.dovecot.deliver("support", numbered_mails(1));
    auto poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(1));
    for (std::size_t i = 2; i < 6; ++i) {
        site.dovecot.deliver("support", {mail("new " + std::to_string(i))});
        REQUIRE(site.rig.desk.wait_for_first_time(i));
    }
    auto const before = std::chrono::steady_clock::now();
    poller.reset();
    CHECK(std::chrono::steady_clock::now() - before < 10s);
}

namespace {

// Of the connection to this port on loopback: when the kernel will ask a silent peer whether it lives (proc(5), tcp:
// timer 02 is keep-alive's, in hundredths of a second). Nullopt: it will not.
std::optional<double> seconds_to_keep_alive_probe(unsigned short port) {
    std::ifstream lines("/proc/net/tcp");
    char remote[16];
    std::snprintf(remote, sizeof remote, "0100007F:%04X", port);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string number, local, to, state, queues, timer;
        fields >> number >> local >> to >> state >> queues >> timer;
        if (to == remote && state == "01" && timer.starts_with("02:"))
            return static_cast<double>(std::stoul(timer.substr(3), nullptr, 16)) / 100;
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("Dovecot: in IDLE the kernel asks a silent peer within 20 s whether it lives") {
    Site site;
    site.rig.options.idle = true;
    site.rig.options.poll = 1h;
    auto const poller = site.poller();
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success.has_value(); }));
    REQUIRE(eventually([&] { return seconds_to_keep_alive_probe(site.dovecot.tls_port()).has_value(); }));
    CHECK(*seconds_to_keep_alive_probe(site.dovecot.tls_port()) <= 20.0);
}

TEST_CASE("Dovecot: a target folder without room left keeps the mail here, marked as owed, until there is room") {
    Site site(R"(mail_plugins = quota
protocol imap {
 mail_plugins = $mail_plugins imap_quota
 imap_capability = IMAP4rev1 UIDPLUS
}
plugin {
 quota = maildir:Everything
 quota_rule = *:bytes=31K
 quota_grace = 0
}
)");
    site.rig.options.after = ImapOptions::After::move;
    site.rig.options.move_to = "Processed";
    site.rig.options.poll = 100ms;
    site.dovecot.deliver("support", {mail("of others", std::string(30'000, 'x') + "\r\n")});
    site.dovecot.doveadm({"mailbox", "create", "-u", "support", "Other"});
    site.dovecot.doveadm({"move", "-u", "support", "Other", "mailbox", "INBOX", "all"});
    std::string const body(2'000, 'x');
    std::vector<std::string> const ours{mail("one", body), mail("two", body), mail("three", body)};
    site.dovecot.deliver("support", ours);
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(ours.size()));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.error.has_value(); }));
    CHECK(site.rig.state().error->find("[OVERQUOTA]") != std::string::npos);
    CHECK(site.dovecot.mails("support").size() == ours.size());
    CHECK(site.rig.log_count("imap-marks-owed") == 1);
    // Somebody makes room.
    site.dovecot.doveadm({"expunge", "-u", "support", "mailbox", "Other", "all"});
    REQUIRE(eventually([&] { return site.dovecot.mails("support").empty(); }));
    CHECK(site.dovecot.mails("support", "Processed").size() == ours.size());
    CHECK(site.rig.desk.submitted() == ours.size());
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return !state.error.has_value(); }));
}

TEST_CASE("Dovecot: what is wrong is said in one line, told once, and mended without a restart") {
    Site site;
    site.dovecot.deliver("support", numbered_mails(1));
    auto const fails_with = [&](std::string const& text) {
        INFO(text);
        REQUIRE(site.rig.wait_for_state(
            [&](auto const& state) { return state.error.value_or("").find(text) != std::string::npos; }));
        auto const error = *site.rig.state().error;
        CHECK(error.find('\n') == std::string::npos);
        CHECK(site.rig.log_count("imap-failing") == 1);
    };
    auto const password = site.rig.options.password->file;
    SECTION("wrong password") {
        write_file(password, "guess");
        auto const poller = site.poller();
        fails_with("cannot log in to 127.0.0.1:" + std::to_string(site.dovecot.tls_port()) +
                   " as support: [AUTHENTICATIONFAILED]");
        write_file(password, "secret\n");
        REQUIRE(site.rig.desk.wait_for_first_time(1));
    }
    SECTION("no password file") {
        std::filesystem::remove(password);
        auto const poller = site.poller();
        fails_with("cannot read password_file");
        write_file(password, "secret");
        REQUIRE(site.rig.desk.wait_for_first_time(1));
    }
    SECTION("a certificate by nobody we know") {
        site.rig.options.ca_file.reset();
        auto const poller = site.poller();
        fails_with("no trusted TLS with");
        CHECK(site.rig.desk.submitted() == 0);
    }
    SECTION("a certificate of another host") {
        site.rig.options.url = "imaps://127.0.0.2:" + std::to_string(site.dovecot.tls_port());
        auto const poller = site.poller();
        fails_with("no trusted TLS with");
    }
    SECTION("missing folder") {
        site.rig.options.folder = "Anfragen";
        auto const poller = site.poller();
        fails_with("folder \"Anfragen\": NO");
        site.dovecot.doveadm({"mailbox", "create", "-u", "support", "Anfragen"});
        REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success && !state.error; }));
    }
    SECTION("server down") {
        site.dovecot.stop();
        auto const poller = site.poller();
        fails_with("cannot reach 127.0.0.1:");
        site.dovecot.start();
        REQUIRE(site.rig.desk.wait_for_first_time(1));
        REQUIRE(site.rig.wait_for_state([](auto const& state) { return !state.error; }));
        CHECK(eventually([&] { return site.rig.log_count("imap-recovered") == 1; }));
    }
}

TEST_CASE("Dovecot: STARTTLS") {
    Site site;
    site.dovecot.deliver("support", numbered_mails(1));
    site.rig.options.url = "imap://127.0.0.1:" + std::to_string(site.dovecot.plain_port());
    SECTION("required") {
        site.rig.options.starttls = StartTls::require;
    }
    SECTION("if offered") {
        site.rig.options.starttls = StartTls::if_offered;
    }
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(1));
}
