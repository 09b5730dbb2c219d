// `postern ticket …`: look and work.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

// ACME-1000 with a reply, five minutes later; ACME-1001 of Globex.
Terminal terminal_with_tickets() {
    Terminal terminal;
    terminal.files = {
        {"printer.eml", crlf(printer_mail)},
        {"reply.eml", crlf(reply_mail)},
        {"globex.eml", crlf("From: cy@globex.example\nSubject: 打印机着火了\nMessage-ID: <1@globex.example>\n"
                            "Auto-Submitted: auto-generated\n\nDisk full.\n")},
        {"hostile.eml", crlf(hostile_mail)}};
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < printer.eml").code == 0);
    terminal.now += 5min;
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < reply.eml").code == 0);
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < globex.eml").code == 0);
    return terminal;
}

}  // namespace

TEST_CASE("ticket list: aligned, oldest first") {
    terminal_with_tickets().session(R"(
        $ postern ticket list
        TICKET     STATUS  SEVERITY  ORGANIZATION  CONTACT                ASSIGNEE  UPDATED               SUBJECT
        ACME-1000  open    Low       Northwind     ana@northwind.example  -         2026-11-21 09:05:00Z  The printer smokes
        ACME-1001  open    Low       Globex        cy@globex.example      -         2026-11-21 09:05:00Z  打印机着火了
        $ postern ticket list --organization globex --json
        [
          {
            "ticket": "ACME-1001",
            "mailbox": "support@acme.example",
            "subject": "打印机着火了",
            "status": "open",
            "severity": "Low",
            "organization": "Globex",
            "contact": "cy@globex.example",
            "assignee": null,
            "created": "2026-11-21T09:05:00Z",
            "updated": "2026-11-21T09:05:00Z",
            "articles": 1,
            "folded": 0
          }
        ]
    )");
}

TEST_CASE("ticket list: by status, severity and text") {
    terminal_with_tickets().session(R"(
        $ postern ticket status ACME-1001 resolved
        ACME-1001 is resolved, severity Low
        $ postern ticket severity acme-1000 high
        ACME-1000 is open, severity High
        $ postern ticket list --status open --severity High
        TICKET     STATUS  SEVERITY  ORGANIZATION  CONTACT                ASSIGNEE  UPDATED               SUBJECT
        ACME-1000  open    High      Northwind     ana@northwind.example  -         2026-11-21 09:05:00Z  The printer smokes
        $ postern ticket list --search BURNS
        TICKET     STATUS  SEVERITY  ORGANIZATION  CONTACT                ASSIGNEE  UPDATED               SUBJECT
        ACME-1000  open    High      Northwind     ana@northwind.example  -         2026-11-21 09:05:00Z  The printer smokes
        $ postern ticket list --status closed
        ! postern: no such status 'closed': open, in-progress or resolved
        [64]
        $ postern ticket list --assignee kim@acme.example
        ! postern: no such tickets
        $ postern ticket list --assignee kim@acme.example --json
        []
    )");
}

TEST_CASE("ticket show: reads like a conversation") {
    Terminal terminal;
    terminal.files = {{"printer.eml", crlf("X-Auto-Response-Suppress: All\n" + std::string(printer_mail.substr(1)))},
                      {"reply.eml", crlf(reply_mail)}};
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < printer.eml").code == 0);
    terminal.now += 5min;
    terminal.session(R"(
        $ postern ticket status ACME-1000 resolved
        ACME-1000 is resolved, severity Low
        $ postern deliver --mailbox support@acme.example < reply.eml
        MAIL000000000002 appended ACME-1000
        $ postern ticket show ACME-1000
        ACME-1000  The printer smokes
        status    open
        severity  Low
        contact   ana@northwind.example of Northwind
        assignee  -
        mailbox   support@acme.example
        opened    2026-11-21 09:00:00Z
        updated   2026-11-21 09:05:00Z

        1  customer  ana@northwind.example  2026-11-21 08:59:00Z  cc bo@northwind.example
            It has smoked since this morning.
            Please help.

          attachment  1  18 B  application/octet-stream  smoke.log

        2  customer  bo@northwind.example  2026-11-21 09:04:00Z
            It burns now.

        Events
        2026-11-21 09:00:00Z  opened    ana@northwind.example  MAIL000000000001
        2026-11-21 09:05:00Z  status    operator               open -> resolved
        2026-11-21 09:05:00Z  appended  bo@northwind.example   MAIL000000000002
        2026-11-21 09:05:00Z  status    postern                resolved -> open: a reply came
    )");
}

TEST_CASE("ticket show --json: the ticket with its articles and events") {
    auto terminal = terminal_with_tickets();
    auto const ran = terminal.run("postern ticket show '[ACME-1000]' --json");
    REQUIRE(ran.code == 0);
    auto const ticket = nlohmann::json::parse(ran.out);
    CHECK(ticket["ticket"] == "ACME-1000");
    REQUIRE(ticket["articles"].size() == 3);
    auto const& first = ticket["articles"][0];
    CHECK(first["id"] == 1);
    CHECK(first["kind"] == "customer");
    CHECK(first["direction"] == "in");
    CHECK(first["from"] == "ana@northwind.example");
    CHECK(first["to"] == nlohmann::json::array({"support@acme.example"}));
    CHECK(first["cc"] == nlohmann::json::array({"bo@northwind.example"}));
    CHECK(first["date"] == "2026-11-21T08:59:00Z");
    CHECK(first["message_id"] == "<1@northwind.example>");
    CHECK(first["authentication"] == "none");
    auto const& attachment = first["attachments"].at(0);
    CHECK(attachment["id"] == 1);
    CHECK(attachment["type"] == "application/octet-stream");
    CHECK(attachment["size"] == 18);
    CHECK(attachment["inline"] == false);
    CHECK(ticket["articles"][1]["kind"] == "receipt");
    CHECK(ticket["articles"][1]["direction"] == "out");
    CHECK(ticket["articles"][2]["text"] == "It burns now.");
    CHECK(ticket["events"][0]["what"] == "opened");
    CHECK(ticket["events"][0]["by"] == "ana@northwind.example");
    CHECK(ticket["events"][0]["at"] == "2026-11-21T09:00:00Z");
}

TEST_CASE("ticket show: what a sender wrote can't pass for ours, nor move the cursor") {
    auto terminal = terminal_with_tickets();
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example < hostile.eml
        MAIL000000000004 opened ACME-1002
    )");
    auto const shown = terminal.run("postern ticket show ACME-1002").out;
    CHECK(shown.find('\x1b') == std::string::npos);
    CHECK(shown.find("\u202e") == std::string::npos);
    CHECK(shown.find("\n    Events\n    2026-11-21 09:00:00Z  resolved  operator\n    \uFFFD[2Jgone\n") !=
          std::string::npos);
    auto const json = terminal.run("postern ticket show ACME-1002 --json").out;
    CHECK(json.find('\x1b') == std::string::npos);
    CHECK(json.find("\u202e") == std::string::npos);
}

TEST_CASE("ticket show, status, severity: what is wrong with the command") {
    terminal_with_tickets().session(R"(
        $ postern ticket show 1000
        ! postern: '1000' is no ticket number (like ACME-1042)
        [64]
        $ postern ticket show ACME-77
        ! postern: there is no ticket ACME-77
        [66]
        $ postern ticket status ACME-77 resolved
        ! postern: there is no ticket ACME-77
        [66]
        $ postern ticket status ACME-1000 done
        ! postern: no such status 'done': open, in-progress or resolved
        [64]
        $ postern ticket severity ACME-1000 Urgent
        ! postern: no such severity 'Urgent': Critical, High, Medium, Low
        [64]
    )");
}

TEST_CASE("ticket attachment: the octets, to stdout or a file of the operator's choice") {
    auto terminal = terminal_with_tickets();
    TemporaryFolder const folder;
    auto const file = folder.path() / "smoke.log";
    CHECK(terminal.run("postern ticket attachment ACME-1000 1").out == "smoke\x1b\x7fmore smoke\n");
    auto const command = "postern ticket attachment ACME-1000 1 --output " + file.string();
    CHECK(terminal.run(command).code == 0);
    CHECK(read_file(file) == "smoke\x1b\x7fmore smoke\n");
    write_file(file, "mine");
    auto const refused = terminal.run(command);
    CHECK(refused.code == 73);
    CHECK(refused.err == "postern: " + file.string() + " exists already; --force overwrites it\n");
    CHECK(read_file(file) == "mine");
    CHECK(terminal.run(command + " --force").code == 0);
    CHECK(read_file(file) == "smoke\x1b\x7fmore smoke\n");
    std::filesystem::create_symlink(folder.path() / "elsewhere", folder.path() / "link");
    CHECK(terminal.run("postern ticket attachment ACME-1000 1 --output " + (folder.path() / "link").string()).code ==
          73);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "elsewhere"));
}

TEST_CASE("ticket attachment: never to a terminal, never what is not there") {
    auto terminal = terminal_with_tickets();
    terminal.session(R"(
        $ postern ticket attachment ACME-1000 7
        ! postern: ticket ACME-1000 has no attachment 7
        [66]
        $ postern ticket attachment ACME-1000 smoke.log
        ! postern: 'smoke.log' is no attachment id (a number)
        [64]
        $ postern ticket attachment ACME-1000 1 --output /nowhere/smoke.log
        ! postern: cannot write /nowhere/smoke.log: No such file or directory
        [73]
    )");
    terminal.is_terminal = true;
    auto const ran = terminal.run("postern ticket attachment ACME-1000 1");
    CHECK(ran.code == 64);
    CHECK(ran.out.empty());
    auto const json = nlohmann::json::parse(terminal.run("postern ticket attachment ACME-1000 1 --json").out);
    CHECK(json["octets_base64"] == "c21va2Ubf21vcmUgc21va2UK");
}

TEST_CASE("ticket unfold: each mail of a flood becomes a ticket of its own, and the first stays") {
    Terminal terminal;
    terminal.options.limits.fold_after.count = 1;
    for (auto const* n : {"1", "2", "3", "4"}) {
        terminal.files["alarm"] = crlf("From: ana@northwind.example\nSubject: [ACME-9] Disk " + std::string(n) +
                                       "% full\nMessage-ID: <" + n + "@northwind.example>\n\nIt is at " + n + "%.\n");
        REQUIRE(terminal.run("postern deliver --mailbox support@acme.example < alarm").code == 0);
    }
    REQUIRE(terminal.store->tickets({}).size() == 2);
    CHECK(nlohmann::json::parse(terminal.run("postern ticket show ACME-1001 --json").out)["folded"] == 2);
    CHECK(terminal.run("postern ticket show ACME-1001").out.find("2 mails of a flood") != std::string::npos);
    terminal.session(R"(
        $ postern ticket unfold ACME-1001
        2 mails of ACME-1001 are tickets of their own now: ACME-1002 to ACME-1003
        $ postern ticket unfold ACME-1001
        ! postern: no mail is folded into ACME-1001
        $ postern ticket unfold ACME-1001 --json
        {
          "ticket": "ACME-1001",
          "unfolded": []
        }
        $ postern ticket unfold ACME-7
        ! postern: there is no ticket ACME-7
        [66]
    )");
    CHECK(terminal.store->ticket({"ACME", 1003})->ticket.subject == "Disk 4% full");
    CHECK(terminal.store->ticket({"ACME", 1001})->articles.at(0).text == "It is at 2%.");
    auto const why = terminal.run("postern message why '<4@northwind.example>'").out;
    CHECK(why.find("unfold ") != std::string::npos);
    CHECK(why.find("taken out by operator: ACME-1003") != std::string::npos);
    CHECK(why.find("So it was opened ACME-1003, by the rule unfold") != std::string::npos);
    CHECK(why.find("No receipt: a mail of a flood gets none.") != std::string::npos);
}
