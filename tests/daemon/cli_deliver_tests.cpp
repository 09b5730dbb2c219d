// `postern deliver`: the pipe of an MTA.
#include <catch2/catch.hpp>

#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

Terminal terminal_with_mail() {
    Terminal terminal;
    terminal.files = {{"printer.eml", crlf(printer_mail)}, {"eve.eml", crlf(strangers_mail)}, {"empty.eml", ""}};
    return terminal;
}

}  // namespace

TEST_CASE("deliver: a contact's mail opens a ticket, the same mail again is a duplicate") {
    auto terminal = terminal_with_mail();
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example --from ana@northwind.example < printer.eml
        MAIL000000000001 opened ACME-1000
        $ postern deliver --mailbox HELP@acme.example < printer.eml
        MAIL000000000002 duplicate ACME-1000
        $ postern ticket list
        TICKET     STATUS  SEVERITY  ORGANIZATION  CONTACT                ASSIGNEE  UPDATED               SUBJECT
        ACME-1000  open    Low       Northwind     ana@northwind.example  -         2026-11-21 09:00:00Z  The printer smokes
    )");
    CHECK(terminal.store->raw_octets(terminal.store->ledger({})[0].id) == crlf(printer_mail));
}

TEST_CASE("deliver: a stranger's mail is taken and recorded as refused: a bounce would go to a forged address") {
    auto terminal = terminal_with_mail();
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example --from eve@evil.example < eve.eml
        MAIL000000000001 refused
        $ postern outbox list
        ! postern: no mail waits to be sent
    )");
}

TEST_CASE("deliver: what is not there to take, or not for us") {
    terminal_with_mail().session(R"(
        $ postern deliver --mailbox support@acme.example < empty.eml
        ! postern: nothing to take in: stdin is empty
        [65]
        $ postern deliver --mailbox nobody@acme.example < printer.eml
        ! postern: nobody@acme.example is no [[mailbox]] of /etc/postern/postern.toml
        [67]
    )");
}

TEST_CASE("deliver: a mistyped command line is the operator's to mend, and leaves the mail in the MTA's queue") {
    auto terminal = terminal_with_mail();
    terminal.session(R"(
        $ postern deliver < printer.eml
        ! postern: --mailbox is required
        ! Try 'postern deliver --help'.
        [75]
        $ postern deliver --mailbox support < printer.eml
        ! postern: 'support' is no address: no @ and domain
        [75]
    )");
    for (std::string const mistyped : {"deliver --mailbx support@acme.example",
                                       "deliver --mailbox support@acme.example --sender ana@northwind.example",
                                       "deliver --mailbox", "deliver --mailbox support@acme.example more"}) {
        INFO(mistyped);
        CHECK(terminal.run("postern " + mistyped + " < printer.eml").code == 75);
    }
    CHECK(terminal.run("postern delver --mailbox support@acme.example < printer.eml").code == 64);
    CHECK(terminal.store->ledger({}).empty());
}

TEST_CASE("deliver: a mail over [limits] message is bad data") {
    auto terminal = terminal_with_mail();
    terminal.options.limits.message = 500;
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example < printer.eml
        ! postern: the mail is larger than [limits] message, 500 B
        [65]
    )");
    terminal.options.limits.message = crlf(printer_mail).size();
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < printer.eml").code == 0);
}

TEST_CASE("deliver: an MTA's $sender may be empty, <> or no address at all") {
    for (auto const* const sender : {"''", "'<>'"}) {
        auto terminal = terminal_with_mail();
        CHECK(
            terminal
                .run("postern deliver --mailbox support@acme.example --from " + std::string(sender) + " < printer.eml")
                .code == 0);
        auto const entry = terminal.store->ledger({}).at(0);
        CHECK(entry.disposition == Disposition::opened);
        CHECK(entry.receipt_why == "the reverse-path is null");
    }
    auto terminal = terminal_with_mail();
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example --from 'root@' < printer.eml
        MAIL000000000001 opened ACME-1000
        ! postern: --from 'root@' is no address; going on without
    )");
    CHECK(terminal.store->receipt_state(terminal.store->ledger({}).at(0).id) == ReceiptState::queued);
}

TEST_CASE("deliver: what is ours to mend leaves the mail in the MTA's queue") {
    auto terminal = terminal_with_mail();
    terminal.open_store_error = StoreError(StoreError::Kind::broken, "disk image is malformed");
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example < printer.eml
        ! postern: disk image is malformed
        [75]
        $ postern ticket list
        ! postern: disk image is malformed
        [74]
    )");
    terminal.findings = {{.severity = Finding::Severity::error,
                          .file = "postern.toml",
                          .line = 3,
                          .column = 1,
                          .what = "no",
                          .cure = ""}};
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < printer.eml").code == 75);
    CHECK(terminal.run("postern ticket list").code == 78);
}

TEST_CASE("deliver: more mail than may be held is tried again later") {
    auto terminal = terminal_with_mail();
    terminal.files["both.eml"] = crlf(ambiguous_mail);
    terminal.options.limits.held = 0;
    terminal.session(R"(
        $ postern deliver --mailbox support@acme.example < both.eml
        ! postern: too many mails are held: release or drop some
        [75]
        $ postern message list
        ! postern: no such mails
    )");
}
