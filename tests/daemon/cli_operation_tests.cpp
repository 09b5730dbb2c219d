// `postern check`, `status`, `outbox …`, `contact check`, `parse`: what an operator asks of a running site.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

Terminal terminal_with_receipt() {
    Terminal terminal;
    terminal.files = {{"printer.eml", crlf(printer_mail)}};
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < printer.eml").code == 0);
    return terminal;
}

// The relay refused the one mail that waits.
void fail_receipt(Terminal& terminal) {
    auto const claimed = terminal.store->claim_due(terminal.now, terminal.now + 1min, 10);
    REQUIRE(claimed.size() == 1);
    terminal.store->settle(claimed[0].id, {SendOutcome::Result::failed, "550 5.1.1 no such user", terminal.now, {}});
}

}  // namespace

TEST_CASE("check: findings with file, line, column and cure, 78") {
    Terminal terminal;
    terminal.findings = {{.severity = Finding::Severity::error,
                          .file = "postern.toml",
                          .line = 3,
                          .column = 1,
                          .what = "unknown key 'hostnam'",
                          .cure = "did you mean 'hostname'?"},
                         {.severity = Finding::Severity::notice,
                          .file = "postern.toml",
                          .line = 9,
                          .column = 1,
                          .what = "'ask' is not in this build yet",
                          .cure = ""}};
    terminal.session(R"(
        $ postern check
        postern.toml:3:1: error: unknown key 'hostnam' (did you mean 'hostname'?)
        postern.toml:9:1: notice: 'ask' is not in this build yet
        [78]
        $ postern check --json
        [
          {
            "file": "postern.toml",
            "line": 3,
            "column": 1,
            "what": "unknown key 'hostnam'",
            "cure": "did you mean 'hostname'?",
            "severity": "error"
          },
          {
            "file": "postern.toml",
            "line": 9,
            "column": 1,
            "what": "'ask' is not in this build yet",
            "cure": null,
            "severity": "notice"
          }
        ]
        [78]
    )");
}

TEST_CASE("check: notices alone are good") {
    Terminal terminal;
    terminal.findings = {{.severity = Finding::Severity::notice,
                          .file = "postern.toml",
                          .line = 9,
                          .column = 1,
                          .what = "not yet",
                          .cure = ""}};
    terminal.session(R"(
        $ postern check
        postern.toml:9:1: notice: not yet
        ! postern: /etc/postern/postern.toml is good: 2 mailboxes, 2 organizations, 3 contacts
    )");
}

TEST_CASE("check finds a broken template") {
    Terminal terminal;
    TemporaryFolder const folder;
    std::filesystem::create_directory(folder.path() / "en");
    write_file(folder.path() / "en" / "receipt.txt", "Dear {{contact_nam}},\n");
    terminal.options.site.templates = folder.path();
    auto const ran = terminal.run("postern check --json");
    CHECK(ran.code == 78);
    auto const findings = nlohmann::json::parse(ran.out);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0]["line"] == 1);
    CHECK(findings[0]["what"].get<std::string>().find("contact_nam") != std::string::npos);
}

TEST_CASE("status: up or down, mailboxes, what waits") {
    auto terminal = terminal_with_receipt();
    ImapOptions imap;
    imap.mailbox = terminal.options.mailboxes[0].address;
    terminal.options.imap = {imap};
    terminal.store->save_imap_folder({.folder = "support@imap.acme.example:993/INBOX",
                                      .mailbox = "support@acme.example",
                                      .name = "INBOX",
                                      .uid_validity = 7,
                                      .last_uid = 12,
                                      .last_success = terminal.now - 30s,
                                      .error = "timeout",
                                      .backlog = 4});
    terminal.now += 3min;
    terminal.session(R"(
        $ postern status
        posternd is up; this is postern 0.1.0

        MAILBOX               FOLDER  LAST SUCCESS  BACKLOG  ERROR
        support@acme.example  INBOX   3 min ago     4        timeout
        sales@acme.example    -       -             -        -

        outbox   1 queued, the oldest from 3 min ago, 0 failed
        held     0
        senders  0 pass, 0 fail, 1 neither, in a day
        tickets  1 open, 0 in progress, 0 resolved
        $ postern status --json
        {
          "up": true,
          "trouble": null,
          "version": "0.1.0",
          "mailboxes": [
            {
              "address": "support@acme.example",
              "folder": "INBOX",
              "last_success": "2026-11-21T08:59:30Z",
              "backlog": 4,
              "error": "timeout"
            },
            {
              "address": "sales@acme.example",
              "folder": null,
              "last_success": null,
              "backlog": 0,
              "error": null
            }
          ],
          "outbox": {
            "queued": 1,
            "failed": 0,
            "oldest": "2026-11-21T09:00:00Z"
          },
          "held": 0,
          "authentication": {
            "hours": 24,
            "pass": 0,
            "fail": 0,
            "none": 1
          },
          "tickets": {
            "open": 1,
            "in-progress": 0,
            "resolved": 0
          },
          "oldest_unprocessed": "2026-11-21T08:59:30Z"
        }
    )");
    terminal.troubles = {"store: disk full", "smtp-accept: Too many open files"};
    CHECK(terminal.run("postern status").out.find("\ntrouble: store: disk full\ntrouble: smtp-accept: Too") !=
          std::string::npos);
    CHECK(nlohmann::json::parse(terminal.run("postern status --json").out)["trouble"] ==
          "store: disk full; smtp-accept: Too many open files");
    terminal.daemon_is_up = false;
    CHECK(terminal.run("postern status").out.starts_with("posternd is down; "));
}

TEST_CASE("outbox: a receipt that failed is seen, tried again, dropped") {
    auto terminal = terminal_with_receipt();
    fail_receipt(terminal);
    terminal.session(R"(
        $ postern outbox list
        ID  KIND     STATE   TICKET     TO                     TRIES  NEXT TRY  LAST ERROR
        1   receipt  failed  ACME-1000  ana@northwind.example  1      -         550 5.1.1 no such user
    )");
    auto const list = nlohmann::json::parse(terminal.run("postern outbox list --json").out);
    REQUIRE(list.size() == 1);
    auto const id = list[0]["id"].get<std::string>();
    CHECK(list[0]["kind"] == "receipt");
    CHECK(list[0]["to"] == "ana@northwind.example");
    CHECK(list[0]["ticket"] == "ACME-1000");
    CHECK(list[0]["state"] == "failed");
    CHECK(list[0]["attempts"] == 1);
    CHECK(list[0]["next_attempt"] == nullptr);
    CHECK(list[0]["last_error"] == "550 5.1.1 no such user");
    auto const message = nlohmann::json::parse(terminal.run("postern message show '<1@northwind.example>' --json").out);
    CHECK(message["receipt"] == nlohmann::json{{"state", "failed"},
                                               {"why", "550 5.1.1 no such user"},
                                               {"to", "ana@northwind.example"},
                                               {"attempts", 1},
                                               {"queued", "2026-11-21T09:00:00Z"}});
    CHECK(terminal.run("postern outbox retry " + id).out == id + " is due now\n");
    CHECK(terminal.store->outbox().at(0).state == OutboxState::queued);
    CHECK(terminal.run("postern outbox drop " + id).out == id + " dropped: it will not be sent\n");
    CHECK(terminal.store->outbox().empty());
    CHECK(terminal.run("postern outbox drop " + id).code == 66);
    CHECK(terminal.run("postern outbox retry seven").code == 64);
}

TEST_CASE("contact check: listed, of an organization's domain, a stranger's") {
    Terminal().session(R"(
        $ postern contact check Ana@Northwind.example
        address         Ana@northwind.example
        listed          yes
        organization    Northwind
        its mail would  open
        authentication  mark
        says            contacts.toml:5
        $ postern contact check carl@northwind.example --json
        {
          "address": "carl@northwind.example",
          "listed": false,
          "organization": "Northwind",
          "refer_to": "Northwind L&D <lnd@northwind.example>",
          "would": "refuse",
          "authentication": "mark",
          "undelivered": null
        }
        $ postern contact check eve@evil.example --json
        {
          "address": "eve@evil.example",
          "listed": false,
          "organization": null,
          "refer_to": null,
          "would": "refuse",
          "authentication": null,
          "undelivered": null
        }
        $ postern contact check nobody
        ! postern: 'nobody' is no address: no @ and domain
        [64]
    )");
    Terminal holding;
    holding.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    auto const would = [&](std::string const& address) {
        return nlohmann::json::parse(holding.run("postern contact check --json " + address).out)["would"];
    };
    CHECK(would("carl@northwind.example") == "hold");
    CHECK(would("eve@evil.example") == "refuse");
    CHECK(would("ana@northwind.example") == "open");
}

TEST_CASE("contact check: tells of a receipt that did not arrive, until the operator drops it") {
    Terminal terminal;
    terminal.files["1.eml"] =
        crlf("From: ana@northwind.example\nSubject: Hi\nMessage-ID: <1@northwind.example>\n\nHi\n");
    terminal.files["2.eml"] =
        crlf("From: ana@northwind.example\nSubject: Ho\nMessage-ID: <2@northwind.example>\n\nHo\n");
    for (auto const* file : {"1.eml", "2.eml"}) {
        REQUIRE(terminal.run(std::string("postern deliver --mailbox support@acme.example < ") + file).code == 0);
    }
    auto const mails = terminal.store->outbox();
    REQUIRE(mails.size() == 2);
    terminal.store->settle(mails[0].id, {SendOutcome::Result::failed, "550 5.1.1 No such user", noon, {}});
    terminal.store->settle(mails[1].id, {SendOutcome::Result::sent, "250 2.0.0 Ok", noon, {}});
    terminal.session(R"(
        $ postern contact check ana@northwind.example
        address         ana@northwind.example
        listed          yes
        organization    Northwind
        its mail would  open
        authentication  mark
        says            contacts.toml:5
        undelivered     receipt of 2026-11-21 09:00:00Z for ACME-1000: 550 5.1.1 No such user; since then 1 receipt went out
    )");
    auto const checked = [&] {
        return nlohmann::json::parse(terminal.run("postern contact check --json ANA@northwind.example").out);
    };
    CHECK(checked()["undelivered"]["kind"] == "receipt");
    CHECK(checked()["undelivered"]["ticket"] == "ACME-1000");
    CHECK(checked()["undelivered"]["why"] == "550 5.1.1 No such user");
    CHECK(checked()["undelivered"]["sent_since"] == 1);
    REQUIRE(terminal.run("postern outbox drop " + std::to_string(mails[0].id.value)).code == 0);
    CHECK(checked()["undelivered"] == nullptr);
}

TEST_CASE("contact check: who may write in is told without a store, too") {
    Terminal terminal;
    terminal.open_store_error = StoreError{StoreError::Kind::broken, "store: file is not a database"};
    auto const ran = terminal.run("postern contact check --json ana@northwind.example");
    CHECK(ran.code == 0);
    CHECK(nlohmann::json::parse(ran.out)["listed"] == true);
    CHECK(ran.err == "postern: whether our mail reached it is not known: store: file is not a database\n");
}

TEST_CASE("parse: any octets give an object, nothing at all is bad data") {
    Terminal terminal;
    terminal.files = {{"printer.eml", crlf(printer_mail)}, {"noise", std::string("\0\xff\x1b", 3)}, {"empty", ""}};
    terminal.findings = {{.severity = Finding::Severity::error,
                          .file = "postern.toml",
                          .line = 1,
                          .column = 1,
                          .what = "not asked for",
                          .cure = ""}};
    auto const parsed = nlohmann::json::parse(terminal.run("postern parse - < printer.eml").out);
    CHECK(parsed["from"] == "ana@northwind.example");
    CHECK(parsed["subject"] == "The printer smokes");
    CHECK(parsed["attachments"][0]["size"] == 18);
    auto const noise = terminal.run("postern parse - < noise");
    CHECK(noise.code == 0);
    CHECK(nlohmann::json::parse(noise.out).is_object());
    terminal.session(R"(
        $ postern parse - < empty
        ! postern: nothing to read: - is empty
        [65]
        $ postern parse /nowhere/mail.eml
        ! postern: cannot read /nowhere/mail.eml: No such file or directory
        [66]
    )");
}
