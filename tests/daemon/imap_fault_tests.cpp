// The poller against a server that does wrong: after each fault no mail is lost, none taken twice, the mails behind it
// come through, the log says in one line what happened, and `status` has recovered.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/imap_handover.h"
#include "daemon/imap_poller.h"
#include "tests/daemon/wire_fault_table.h"
#include "tests/support/imap_rig.h"
#include "tests/support/scripted_imap_server.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

using Session = ScriptedImapServer::Session;
using Command = ScriptedImapServer::Command;
using Fault = ScriptedImapServer::Fault;

constexpr std::size_t mails_there = 5;

std::string mail(std::string const& subject) {
    return "From: ana@northwind.example\r\nSubject: " + subject + "\r\n\r\nHello\r\n";
}

std::vector<std::string> numbered_mails() {
    std::vector<std::string> mails;
    for (std::size_t i = 1; i <= mails_there; ++i) mails.push_back(mail(std::to_string(i)));
    return mails;
}

bool asks_for_bodies(Command const& command) {
    return command.arguments.find("BODY.PEEK[]") != std::string::npos;
}
bool asks_for_facts(Command const& command) {
    return command.arguments.find("RFC822.SIZE") != std::string::npos;
}

// Whether a FETCH is for this mail too.
bool names(Command const& command, std::uint32_t uid) {
    auto const set = parse_uid_set(command.arguments.substr(0, command.arguments.find(' ')));
    return set && set->contains(uid);
}

std::string fetch_line(std::uint32_t uid, std::string const& rest) {
    return "* " + std::to_string(uid) + " FETCH (UID " + std::to_string(uid) + " " + rest;
}

struct Site {
    Site() {
        rig.options.url = "imap://127.0.0.1:" + std::to_string(server.port());
        rig.options.starttls = StartTls::never;
        rig.times.connect = 500ms;
        rig.times.silence = 300ms;
        rig.times.command = 3s;
        server.add(numbered_mails());
    }
    std::unique_ptr<ImapPoller> poller() {
        return std::make_unique<ImapPoller>(rig.options, 25ULL << 20U, rig.desk, rig.writer, rig.in_flight, rig.log,
                                            rig.times);
    }
    // All were taken, once, as they are, and a later one is too.
    void all_taken_once() {
        bool const came = rig.desk.wait_for_first_time(mails_there);
        INFO(rig.log_text());
        REQUIRE(came);
        server.add({mail("behind")});
        REQUIRE(rig.desk.wait_for_first_time(mails_there + 1));
        auto const expected = numbered_mails();
        auto const taken = rig.desk.taken();
        CHECK(taken.size() == mails_there + 1);
        for (auto const& each : expected) {
            CHECK(std::count_if(taken.begin(), taken.end(), [&](auto const& one) { return one.octets == each; }) == 1);
        }
        CHECK(rig.wait_for_state(
            [](auto const& state) { return state.last_uid == mails_there + 1 && !state.error && state.backlog == 0; }));
    }
    // What docs/wire-faults.md says of the fault.
    void is_logged(std::string const& fault) const {
        for (auto const& event : wire_fault("IMAP", fault).events())
            CHECK(eventually([&] { return rig.log_count(event) > 0; }));
    }
    std::size_t marked() {
        auto const mails = server.mails();
        return static_cast<std::size_t>(
            std::count_if(mails.begin(), mails.end(), [](auto const& each) { return each.flags.contains("\\Seen"); }));
    }

    ScriptedImapServer server;
    ImapRig rig;
};

struct Case {
    char const* name;
    char const* verb;
    Fault fault;
    // In the log; empty: it is no failure. A connection that is closed on octets of ours "broke": then the kernel
    // resets it.
    char const* said;
};

// Faults that pass: each happens twice.
std::vector<Case> passing_faults() {
    auto const drop = [](Session& session, Command const&) { return session.close(), true; };
    auto const silence = [](Session&, Command const&) { return true; };
    auto const says = [](std::string const& text) {
        return [text](Session& session, Command const& command) {
            return session.line(text == "*" ? "*" : command.tag + " " + text), true;
        };
    };
    auto const untagged = [](std::string const& text) {
        return [text](Session& session, Command const&) { return session.line(text), true; };
    };
    auto const first = [](std::string const& text) {
        return [text](Session& session, Command const& command) {
            return session.line(text), session.answer(command), true;
        };
    };
    auto const bodies = [](Fault const& fault) {
        return [fault](Session& session, Command const& command) {
            return asks_for_bodies(command) && fault(session, command);
        };
    };
    auto const facts = [](Fault const& fault) {
        return [fault](Session& session, Command const& command) {
            return asks_for_facts(command) && fault(session, command);
        };
    };
    auto const half = [](Session& session, Command const&) {
        session.send(fetch_line(1, "BODY[] {" + std::to_string(mail("1").size()) + "}\r\n") + mail("1").substr(0, 20));
        return session.close(), true;
    };
    auto const hung_half = [](Session& session, Command const&) {
        return session.send(fetch_line(1, "BODY[] {100}\r\nSubject:")), true;
    };
    auto const endless = [](Session& session, Command const&) {
        std::string const piece(1 << 20, 'x');
        session.send("* OK ");
        for (int i = 0; i < 8; ++i) session.send(piece);
        return session.close(), true;
    };
    return {
        {"closed at once", "GREETING", drop, "cannot begin"},
        {"no greeting", "GREETING", silence, "no answer from"},
        {"a greeting that is none", "GREETING", untagged("220 smtp ready"), "no answer from"},
        {"BYE for a greeting", "GREETING",
         [](Session& session, Command const&) { return session.line("* BYE busy"), session.close(), true; },
         "cannot begin"},
        {"login refused", "LOGIN", says("NO [AUTHENTICATIONFAILED] no"), "[AUTHENTICATIONFAILED] no"},
        {"login unavailable", "LOGIN", says("NO [UNAVAILABLE] later"), "[UNAVAILABLE] later"},
        {"login BAD", "LOGIN", says("BAD what"), "what"},
        {"closed at the login", "LOGIN", drop, "cannot begin"},
        {"closed behind the login", "LOGIN",
         [](Session& session, Command const& command) { return session.answer(command), session.close(), true; },
         "the connection"},
        {"SELECT refused", "SELECT", says("NO [NONEXISTENT] no such folder"), "NONEXISTENT"},
        {"SELECT unavailable", "SELECT", says("NO [UNAVAILABLE] later"), "UNAVAILABLE"},
        {"no UIDVALIDITY", "SELECT", says("OK done"), "no UIDVALIDITY"},
        {"closed at SELECT", "SELECT", drop, "the connection"},
        {"silent at SELECT", "SELECT", silence, "went silent"},
        {"SEARCH refused", "UID SEARCH", says("NO [SERVERBUG] no"), "SERVERBUG"},
        {"SEARCH BAD", "UID SEARCH", says("BAD no"), "BAD no"},
        {"SEARCH finds 4 milliards", "UID SEARCH",
         [](Session& session, Command const& command) {
             return session.line("* ESEARCH (TAG \"" + command.tag + "\") UID ALL 1:4294967295"), session.ok(command),
                    true;
         },
         "more mails than it has"},
        {"SEARCH finds UID 0", "UID SEARCH", first("* SEARCH 0"), "not a response"},
        {"BYE at SEARCH", "UID SEARCH", untagged("* BYE shutting down"), "shutting down"},
        {"garbage", "UID SEARCH", untagged(std::string("\x16\x03\x01\x00nonsense", 12)), "not a response"},
        {"sizes: dropped", "UID FETCH", facts(drop), "the connection"},
        {"sizes: garbage", "UID FETCH", facts(first("* 1 FETCH (UID x)")), "not a response"},
        {"dropped in mid-literal", "UID FETCH", bodies(half), "the connection"},
        {"silent in mid-literal", "UID FETCH", bodies(hung_half), "went silent"},
        {"a literal of 4 GB", "UID FETCH", bodies(untagged("* 1 FETCH (UID 1 BODY[] {4294967296}")),
         "larger than was asked for"},
        {"BYE in mid-FETCH", "UID FETCH", bodies(untagged("* BYE")), "BYE"},
        {"FETCH unavailable", "UID FETCH", bodies(says("NO [UNAVAILABLE] later")), "imap-fetch-refused"},
        {"FETCH says OK and gives nothing", "UID FETCH", bodies(says("OK done")), "imap-fetch-refused"},
        {"FETCH gives NIL", "UID FETCH", bodies([](Session& session, Command const& command) {
             return session.line(fetch_line(1, "BODY[] NIL)")), session.ok(command), true;
         }),
         "imap-fetch-refused"},
        {"somebody else's tag", "UID FETCH", bodies(first("A005 OK done")), "not given"},
        {"a line without end", "UID FETCH", bodies(endless), "longer than any"},
        {"unasked-for things in between", "UID FETCH", bodies([](Session& session, Command const& command) {
             session.line("* 3 FETCH (FLAGS (\\Seen))");
             session.line(fetch_line(77, "BODY[] {3}\r\nabc)"));
             session.line(fetch_line(2, "FLAGS (\\Answered))"));
             session.line("* OK [ALERT] the disk is full");
             session.line("* 9 RECENT");
             session.answer(command);
             return true;
         }),
         "the disk is full"},
        {"a mail twice in one answer", "UID FETCH", bodies([](Session& session, Command const& command) {
             session.send(fetch_line(2, "BODY[] {" + std::to_string(mail("2").size()) + "}\r\n") + mail("2") + ")\r\n");
             session.answer(command);
             return true;
         }),
         ""},
        {"STORE refused", "UID STORE", says("NO not now"), ""},
        {"STORE: dropped", "UID STORE", drop, "the connection"},
        {"STORE over quota", "UID STORE", says("NO [OVERQUOTA] full"), "OVERQUOTA"},
    };
}

}  // namespace

TEST_CASE("IMAP faults that pass: nothing lost, nothing doubled, one line in the log") {
    for (auto const& fault : passing_faults()) {
        DYNAMIC_SECTION(fault.name) {
            Site site;
            site.server.on_first(2, fault.verb, fault.fault);
            auto const poller = site.poller();
            site.all_taken_once();
            CHECK(eventually([&] { return site.marked() == mails_there + 1; }));
            CHECK(eventually([&] { return site.rig.log_text().find(fault.said) != std::string::npos; }));
            site.is_logged(fault.name);
        }
    }
}

namespace {

// A mail that never comes, in the ways servers have of not delivering it.
struct Poison {
    char const* name;
    std::function<bool(Session&, Command const&)> breaks;
};

std::vector<Poison> poisons() {
    auto const others_and = [](std::string const& end) {
        return [end](Session& session, Command const& command) {
            for (auto const& each : session.server().mails()) {
                if (each.uid == 3 || !names(command, each.uid)) continue;
                session.send(fetch_line(each.uid, "BODY[] {" + std::to_string(each.octets.size()) + "}\r\n") +
                             each.octets + ")\r\n");
            }
            return session.line(command.tag + " " + end), true;
        };
    };
    return {
        {"the whole FETCH is refused for its sake",
         [](Session& session, Command const& command) { return session.no(command, "cannot read it"), true; }},
        {"the others come, and NO", others_and("NO some failed")},
        {"the others come, and OK", others_and("OK done")},
        {"it breaks the connection",
         [](Session& session, Command const& command) {
             for (std::uint32_t uid = 1; uid < 3; ++uid) {
                 if (names(command, uid))
                     session.send(fetch_line(uid, "BODY[] {" + std::to_string(mail("1").size()) + "}\r\n") +
                                  mail(std::to_string(uid)) + ")\r\n");
             }
             return session.close(), true;
         }},
        {"its literal is counted too short",
         [](Session& session, Command const& command) {
             session.send(fetch_line(3, "BODY[] {10}\r\n") + mail("3") + ")\r\n");
             return session.ok(command), true;
         }},
        {"it is announced with 4 GB",
         [](Session& session, Command const&) { return session.line(fetch_line(3, "BODY[] {4294967296}")), true; }},
    };
}

}  // namespace

TEST_CASE("a mail that the server never delivers is held by its header, and those behind it are taken") {
    for (auto const& poison : poisons()) {
        DYNAMIC_SECTION(poison.name) {
            Site site;
            site.server.on("UID FETCH", [breaks = poison.breaks](Session& session, Command const& command) {
                return asks_for_bodies(command) && names(command, 3) && breaks(session, command);
            });
            auto const poller = site.poller();
            INFO(site.rig.log_text());
            REQUIRE(site.rig.desk.wait_for_first_time(mails_there));
            auto const taken = site.rig.desk.taken();
            CHECK(taken.size() == mails_there);
            CHECK(taken.back().uid == 3);
            CHECK(taken.back().only_header);
            CHECK(taken.back().octets == "From: ana@northwind.example\r\nSubject: 3\r\n\r\n");
            REQUIRE(eventually([&] { return site.marked() == mails_there - 1; }));
            CHECK(site.server.mails()[2].flags.empty());
            CHECK(site.rig.wait_for_state([](auto const& state) { return state.last_uid == mails_there; }));
            site.is_logged(poison.name);
        }
    }
}

TEST_CASE("a mail of which not even the header comes is held empty", "[imap-fault]") {
    Site site;
    site.server.on("UID FETCH", [](Session& session, Command const& command) {
        return names(command, 3) && !asks_for_facts(command) && (session.close(), true);
    });
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there - 1));
    for (std::size_t more = 0; more < 30 && site.rig.desk.first_time() + 0 < mails_there + more; ++more) {
        site.server.add({mail("more " + std::to_string(more))});  // it is the mail, not the folder: others do come
        REQUIRE(site.rig.desk.wait_for_first_time(mails_there + more));
    }
    auto const taken = site.rig.desk.taken();
    auto const empty = std::find_if(taken.begin(), taken.end(), [](auto const& each) { return each.uid == 3; });
    REQUIRE(empty != taken.end());
    CHECK(empty->octets.empty());
    CHECK(empty->unread);
}

TEST_CASE("a mail whose size the server can't tell keeps none of the others", "[imap-fault]") {
    Site site;
    site.server.on("UID FETCH", [](Session& session, Command const& command) {
        return asks_for_facts(command) && names(command, 2) && (session.no(command, "index is broken"), true);
    });
    auto const poller = site.poller();
    site.all_taken_once();
}

TEST_CASE("a mail larger than it said, and than the limit, is held by its header", "[imap-fault]") {
    Site site;
    site.server.add({mail("large") + std::string(200'000, 'x')});
    site.server.on("UID FETCH", [](Session& session, Command const& command) {
        if (!asks_for_facts(command)) return false;
        for (auto const& each : session.server().mails()) {
            if (names(command, each.uid)) session.line(fetch_line(each.uid, "RFC822.SIZE 10)"));
        }
        return session.ok(command), true;
    });
    ImapPoller const poller(site.rig.options, 100'000, site.rig.desk, site.rig.writer, site.rig.in_flight, site.rig.log,
                            site.rig.times);
    REQUIRE(site.rig.desk.wait_for_first_time(6));
    auto const taken = site.rig.desk.taken();
    CHECK(taken.back().octets == "From: ana@northwind.example\r\nSubject: large\r\n\r\n");
    CHECK(taken.back().unread.value_or("").find("larger") != std::string::npos);
}

TEST_CASE("servers without ESEARCH, UIDPLUS, MOVE, IDLE and UIDNEXT", "[imap-fault]") {
    Site site;
    site.server.capabilities = "IMAP4rev1";
    site.server.gives_uid_next = false;
    site.rig.options.idle = true;
    SECTION("seen") {
        auto const poller = site.poller();
        site.all_taken_once();
        CHECK(eventually([&] { return site.marked() == mails_there + 1; }));
    }
    SECTION("move: copied, and flagged \\Deleted, for EXPUNGE would take other people's too") {
        site.rig.options.after = ImapOptions::After::move;
        site.rig.options.move_to = "Done";
        auto const poller = site.poller();
        site.all_taken_once();
        REQUIRE(eventually([&] { return site.rig.marks_owed() == 0; }));
        auto const mails = site.server.mails();
        CHECK(mails.size() == mails_there + 1);
        CHECK(
            std::all_of(mails.begin(), mails.end(), [](auto const& each) { return each.flags.contains("\\Deleted"); }));
        CHECK(site.server.other_folders()["\"Done\""].size() == mails_there + 1);
        CHECK(site.server.count("EXPUNGE") + site.server.count("UID EXPUNGE") + site.server.count("UID MOVE") == 0);
    }
    SECTION("start = \"new\"") {
        site.rig.options.start = ImapOptions::Start::only_new;
        auto const poller = site.poller();
        REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success.has_value(); }));
        site.server.add({mail("new")});
        REQUIRE(site.rig.desk.wait_for_first_time(1));
        CHECK(site.rig.desk.taken()[0].octets == mail("new"));
    }
}

TEST_CASE("a folder that lets us copy and not delete does not fill the other one at each poll", "[imap-fault]") {
    Site site;
    site.server.capabilities = "IMAP4rev1 UIDPLUS";
    site.rig.options.after = ImapOptions::After::move;
    site.rig.options.move_to = "Done";
    site.server.on("UID STORE",
                   [](Session& session, Command const& command) { return session.no(command, "[NOPERM] no"), true; });
    auto const poller = site.poller();
    REQUIRE(site.rig.wait_for_state(
        [](auto const& state) { return state.error.value_or("").find("NOPERM") != std::string::npos; }));
    auto const polls = site.server.count("UID STORE");
    REQUIRE(eventually([&] { return site.server.count("UID STORE") > polls + 5; }));
    CHECK(site.server.other_folders()["\"Done\""].size() == mails_there);
    site.server.on("UID STORE", {});
    REQUIRE(eventually([&] { return site.server.mails().empty(); }));
    CHECK(site.server.other_folders()["\"Done\""].size() == mails_there);
}

namespace {

struct MarkFault {
    char const* name;
    std::function<void(ScriptedImapServer&)> breaks;
    char const* says;
};

std::vector<MarkFault> mark_faults() {
    auto const moves = [](char const* verb, char const* text) {
        return [=](ScriptedImapServer& server) {
            server.on(verb, [=](Session& session, Command const& command) { return session.no(command, text), true; });
        };
    };
    return {
        {"the folder is read-only", [](ScriptedImapServer& server) { server.read_only = true; }, "read-only"},
        {"the target folder can't be made", moves("CREATE", "no"), "TRYCREATE"},
        {"the target folder is full", moves("UID MOVE", "[OVERQUOTA] full"), "OVERQUOTA"},
        {"the target folder takes nothing from us", moves("UID MOVE", "[NOPERM] no"), "NOPERM"},
    };
}

}  // namespace

TEST_CASE("a folder that can't be marked is taken all the same, and says so") {
    for (auto const& fault : mark_faults()) {
        DYNAMIC_SECTION(fault.name) {
            Site site;
            site.rig.options.after = ImapOptions::After::move;
            site.rig.options.move_to = "Done";
            fault.breaks(site.server);
            auto const poller = site.poller();
            REQUIRE(site.rig.desk.wait_for_first_time(mails_there));
            REQUIRE(site.rig.wait_for_state(
                [&](auto const& state) { return state.error.value_or("").find(fault.says) != std::string::npos; }));
            site.server.add({mail("behind")});
            REQUIRE(site.rig.desk.wait_for_first_time(mails_there + 1));
            REQUIRE(eventually([&] { return site.rig.marks_owed() == mails_there + 1; }));
            CHECK(site.rig.desk.submitted() == mails_there + 1);
            site.is_logged(fault.name);
        }
    }
}

TEST_CASE("one mail that can't be moved keeps none of the others", "[imap-fault]") {
    Site site;
    site.rig.options.after = ImapOptions::After::move;
    site.rig.options.move_to = "Done";
    site.server.on("UID MOVE", [](Session& session, Command const& command) {
        return names(command, 3) && (session.no(command, "odd"), true);
    });
    auto const poller = site.poller();
    REQUIRE(eventually([&] { return site.server.mails().size() == 1; }));
    CHECK(site.server.mails()[0].uid == 3);
    CHECK(site.server.other_folders()["\"Done\""].size() == mails_there - 1);
}

TEST_CASE("mail that another client takes away in between is no trouble", "[imap-fault]") {
    Site site;
    site.server.on_first(1, "UID FETCH", [](Session& session, Command const& command) {
        if (!asks_for_bodies(command)) return false;
        session.server().change([](ScriptedImapServer& server) { server.inbox.erase(server.inbox.begin() + 1); });
        session.line("* 2 EXPUNGE");
        return session.answer(command), true;
    });
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there - 1));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == mails_there && !state.error; }));
    CHECK(site.rig.desk.submitted() == mails_there - 1);
}

TEST_CASE("UIDs that come again under the same UIDVALIDITY are new mails", "[imap-fault]") {
    Site site;
    auto poller = site.poller();
    site.all_taken_once();
    poller.reset();
    site.server.change([](ScriptedImapServer& server) {  // put back from a backup of before the last three
        server.inbox.resize(3);
        server.uid_next = 4;
    });
    site.server.add({mail("after the backup")});
    poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there + 2));
    CHECK(site.rig.log_count("imap-uids-went-back") == 1);
}

TEST_CASE("start = \"new\" with a changed UIDVALIDITY takes what came lately, and what was left out stays out",
          "[imap-fault]") {
    Site site;
    site.rig.options.start = ImapOptions::Start::only_new;
    auto poller = site.poller();
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_success.has_value(); }));
    poller.reset();
    std::string asked;
    site.server.on("UID SEARCH", [&asked](Session& session, Command const& command) {
        if (command.arguments.find("SINCE") == std::string::npos) return false;
        asked = command.arguments;
        session.line("* ESEARCH (TAG \"" + command.tag + "\") UID ALL 6:7");
        return session.ok(command), true;
    });
    site.server.change([](ScriptedImapServer& server) { server.uid_validity += 1; });
    site.server.add({mail("new"), mail("newer")});
    poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(2));
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == 7; }));
    CHECK(site.rig.desk.submitted() == 2);
    CHECK(asked.find("SINCE") != std::string::npos);
}

namespace {

struct IdleFault {
    char const* name;
    Fault fault;
};

std::vector<IdleFault> idle_faults() {
    return {
        {"IDLE refused", [](Session& session, Command const& command) { return session.no(command, "no"), true; }},
        {"IDLE without an answer", [](Session&, Command const&) { return true; }},
        {"closed in IDLE",
         [](Session& session, Command const&) { return session.line("+ idling"), session.close(), true; }},
        {"BYE in IDLE", [](Session& session, Command const&) { return session.line("* BYE too long"), true; }},
        {"IDLE ended by the server",
         [](Session& session, Command const& command) { return session.line("+ idling"), session.ok(command), true; }},
        {"IDLE gone deaf",
         [](Session& session, Command const& command) {
             std::string done;
             session.line("+ idling");
             if (session.read_line(done)) session.ok(command);
             return true;
         }},
        {"IDLE that does not end at DONE",
         [](Session& session, Command const&) {
             std::string done;
             session.line("+ idling");
             return static_cast<void>(session.read_line(done)), true;
         }},
    };
}

}  // namespace

TEST_CASE("IDLE that is refused, dropped, ended or deaf: the poll is the safety net") {
    for (auto const& idle : idle_faults()) {
        DYNAMIC_SECTION(idle.name) {
            Site site;
            site.rig.options.idle = true;
            site.server.on("IDLE", idle.fault);
            auto const poller = site.poller();
            REQUIRE(site.rig.desk.wait_for_first_time(mails_there));
            site.server.add({mail("behind")});
            REQUIRE(site.rig.desk.wait_for_first_time(mails_there + 1));
            CHECK(site.rig.desk.submitted() == mails_there + 1);
            site.is_logged(idle.name);
        }
    }
}

TEST_CASE("a quiet poll is one round trip, however many mails lie in the folder") {
    Site site;
    auto const poller = site.poller();
    REQUIRE(site.rig.wait_for_state([](auto const& state) { return state.last_uid == mails_there; }));
    REQUIRE(eventually([&] { return site.server.count("NOOP") > 3; }));
    auto const searches = site.server.count("UID SEARCH"), fetches = site.server.count("UID FETCH");
    auto const noops = site.server.count("NOOP");
    REQUIRE(eventually([&] { return site.server.count("NOOP") > noops + 5; }));
    CHECK(site.server.count("UID SEARCH") == searches);
    CHECK(site.server.count("UID FETCH") == fetches);
    CHECK(site.server.count("SELECT") == 1);
}

TEST_CASE("what the desk defers stays on the server, and the next poll takes it", "[imap-fault]") {
    Site site;
    std::atomic<unsigned> left{7};
    site.rig.desk.defer([&left](RawMessage const&) { return left > 0 && left-- > 0; });
    auto const poller = site.poller();
    site.all_taken_once();
    for (auto const& each : site.rig.desk.taken()) CHECK_FALSE(each.unread);
}

TEST_CASE("a mail that can never be committed is held unread in the end, and blocks no other", "[imap-fault]") {
    Site site;
    site.rig.desk.defer([](RawMessage const& raw) { return raw.imap->uid == 2 && !raw.unread; });
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there - 1));
    CHECK(site.rig.state().last_uid <= 1);
    for (std::size_t more = 0; more < 30 && site.rig.desk.first_time() < mails_there + more; ++more) {
        site.server.add({mail("more " + std::to_string(more))});
        REQUIRE(site.rig.desk.wait_for_first_time(mails_there + more));
    }
    auto const taken = site.rig.desk.taken();
    auto const held = std::find_if(taken.begin(), taken.end(), [](auto const& each) { return each.uid == 2; });
    REQUIRE(held != taken.end());
    CHECK(held->unread.value_or("").find("could not be committed") != std::string::npos);
    CHECK(held->octets == mail("2"));
}

TEST_CASE("mails past [limits] held wait on the server, and block no other", "[imap-fault]") {
    Site site;
    site.rig.times.held_again = 50ms;
    constexpr std::size_t flood = 3 * ImapHandover::most_deferred;
    std::vector<std::string> forged;
    for (std::size_t i = 0; i < flood; ++i) forged.push_back(mail("forged " + std::to_string(i)));
    site.server.add(forged);
    site.server.add({mail("behind")});
    std::atomic<bool> is_full{true};
    Receipt answer;
    answer.no_space = answer.this_one_alone = true;
    site.rig.desk.defer(
        [&is_full](RawMessage const& raw) { return is_full && raw.octets.find("forged") != std::string::npos; },
        answer);
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there + 1));
    REQUIRE(site.rig.wait_for_state([](auto const& state) {
        return state.error.value_or("").find("[limits] held is reached") != std::string::npos;
    }));
    CHECK(site.rig.state().last_uid == mails_there);
    is_full = false;  // an operator released some
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there + 1 + flood));
    for (auto const& each : site.rig.desk.taken()) CHECK_FALSE(each.unread);
}

TEST_CASE("a mail whose reading was begun three times and never finished is held unread", "[imap-fault]") {
    Site site;
    auto const begun = [&site](std::uint32_t uid, unsigned times) {
        ImapPlace const place{imap_folder_key(site.rig.options), site.server.uid_validity, uid};
        site.rig.writer.run([&](Store& store) {
            for (unsigned i = 0; i < times; ++i) CHECK(store.imap_attempt(place) == i);
        });
    };
    begun(3, 2);  // once in a crowd, once alone: that may have been a power cut
    begun(4, 3);
    auto const poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_first_time(mails_there));
    for (auto const& each : site.rig.desk.taken()) {
        CHECK(each.unread.has_value() == (each.uid == 4));
        CHECK(each.octets == mail(std::to_string(each.uid)));
    }
}

TEST_CASE("memory that is taken makes the poller wait, not drop", "[imap-fault]") {
    Site site;
    auto taken = site.rig.in_flight.reserve();
    REQUIRE(taken.grow_to(256ULL << 20U));
    auto const poller = site.poller();
    REQUIRE(eventually([&] { return site.server.count("UID FETCH") > 0; }));
    CHECK(site.rig.desk.submitted() == 0);
    taken = {};
    site.all_taken_once();
    REQUIRE(eventually([&] { return site.rig.in_flight.used() == 0; }));
}

TEST_CASE("stopping does not wait for a server that hangs") {
    for (auto const* const verb :
         {"GREETING", "LOGIN", "CAPABILITY", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "IDLE"}) {
        DYNAMIC_SECTION(verb) {
            Site site;
            site.rig.options.idle = true;
            site.rig.times = ImapTimes{};  // those of the daemon
            site.server.on(verb, [](Session&, Command const&) { return true; });
            auto poller = site.poller();
            REQUIRE(eventually([&] { return site.server.count(verb) > 0; }));
            auto const before = std::chrono::steady_clock::now();
            poller.reset();
            CHECK(std::chrono::steady_clock::now() - before < 10s);
        }
    }
}

TEST_CASE("stopping waits a little for a desk that hangs, and no longer") {
    Site site;
    site.rig.times = ImapTimes{};
    site.rig.desk.hold();
    auto poller = site.poller();
    REQUIRE(site.rig.desk.wait_for_submitted(mails_there));
    auto const before = std::chrono::steady_clock::now();
    poller.reset();
    CHECK(std::chrono::steady_clock::now() - before < 10s);
    site.rig.desk.release();  // late answers find nobody, and nothing breaks
    REQUIRE(site.rig.desk.wait_for_taken(mails_there));
    poller = site.poller();
    REQUIRE(eventually([&] { return site.marked() == mails_there; }));
    CHECK(site.rig.desk.submitted() == mails_there);
}

TEST_CASE("STARTTLS that is required and not offered: no password is sent", "[imap-fault]") {
    Site site;
    site.rig.options.starttls = StartTls::require;
    auto const poller = site.poller();
    REQUIRE(site.rig.wait_for_state(
        [](auto const& state) { return state.error.value_or("").find("no STARTTLS") != std::string::npos; }));
    CHECK(site.server.count("LOGIN") + site.server.count("AUTHENTICATE") == 0);
}

TEST_CASE("a login that is refused again and again is told once, and seen in status", "[imap-fault]") {
    Site site;
    site.server.on("LOGIN", [](Session& session, Command const& command) {
        return session.no(command, "[AUTHENTICATIONFAILED] wrong\x1b[31m"), true;
    });
    Options options;
    options.site.hostname = "support.acme.example";
    options.site.postmaster = Mailbox{"ops", "acme.example"};
    ImapPoller const poller(site.rig.options, 25ULL << 20U, site.rig.desk, site.rig.writer, site.rig.in_flight,
                            site.rig.log, site.rig.times, Alarms(options));
    REQUIRE(eventually([&] { return site.server.count("LOGIN") > 6; }));
    std::vector<OutboxMail> alarms;
    site.rig.writer.run([&](Store& store) { alarms = store.outbox(); });
    REQUIRE(alarms.size() == 1);
    CHECK(alarms[0].kind == OutgoingKind::alarm);
    CHECK(alarms[0].recipient == "ops@acme.example");
    CHECK(alarms[0].text.find("[AUTHENTICATIONFAILED] wrong?[31m") != std::string::npos);
    CHECK(site.rig.log_count("imap-failing") == 1);
    auto const error = site.rig.state().error.value_or("");
    CHECK(error.find("cannot log in") == 0);
    CHECK(error.find("AUTHENTICATIONFAILED] wrong?[31m") != std::string::npos);
    site.server.on("LOGIN", {});
    site.all_taken_once();
    CHECK(eventually([&] { return site.rig.log_count("imap-recovered") == 1; }));
}

std::vector<std::string> postern::testing::imap_fault_cases() {
    std::vector<std::string> names;
    for (auto const& each : passing_faults()) names.emplace_back(each.name);
    for (auto const& each : poisons()) names.emplace_back(each.name);
    for (auto const& each : idle_faults()) names.emplace_back(each.name);
    for (auto const& each : mark_faults()) names.emplace_back(each.name);
    return names;
}
