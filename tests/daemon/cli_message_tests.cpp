// `postern message …` and `postern held …`: the ledger.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/intake.h"
#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

// Opened, refused, held.
Terminal terminal_with_ledger() {
    Terminal terminal;
    terminal.files = {
        {"printer.eml", crlf(printer_mail)}, {"eve.eml", crlf(strangers_mail)}, {"both.eml", crlf(ambiguous_mail)}};
    for (auto const* const mail : {"printer.eml", "eve.eml", "both.eml"}) {
        auto const ran = terminal.run("postern deliver --mailbox support@acme.example < " + std::string(mail));
        CHECK(ran.code == 0);
        terminal.now += 1s;
    }
    terminal.now += 1h;
    return terminal;
}

}  // namespace

TEST_CASE("message list: every mail, oldest first, and what became of it") {
    terminal_with_ledger().session(R"(
        $ postern message list
        ID                RECEIVED              SOURCE   DISPOSITION  TICKET     FROM                   SUBJECT
        MAIL000000000001  2026-11-21 09:00:00Z  deliver  opened       ACME-1000  ana@northwind.example  The printer smokes
        MAIL000000000002  2026-11-21 09:00:01Z  deliver  refused      -          eve@evil.example       Hello
        MAIL000000000003  2026-11-21 09:00:02Z  deliver  held         -          ana@northwind.example  Whose is it
        $ postern message list --newest 1
        ID                RECEIVED              SOURCE   DISPOSITION  TICKET  FROM                   SUBJECT
        MAIL000000000003  2026-11-21 09:00:02Z  deliver  held         -       ana@northwind.example  Whose is it
        $ postern message list --disposition refused --json
        [
          {
            "id": "MAIL000000000002",
            "received": "2026-11-21T09:00:01Z",
            "source": "deliver",
            "mailbox": "support@acme.example",
            "from": "eve@evil.example",
            "message_id": "<1@evil.example>",
            "subject": "Hello",
            "size": 116,
            "disposition": "refused",
            "rule": "listed-contact",
            "ticket": null
          }
        ]
        $ postern message list --disposition lost
        ! postern: no such disposition 'lost': opened, appended, noted, refused, held, ignored, duplicate, dropped, erased
        [64]
    )");
}

TEST_CASE("message why: the story in words, rule by rule") {
    terminal_with_ledger().session(R"(
        $ postern message why '<1@evil.example>'
        Mail MAIL000000000002 from eve@evil.example to support@acme.example, "Hello", came by deliver on 2026-11-21 09:00:01Z.

          arrival-key     arrival key            not seen before
          own-mail        From                   none of our mailboxes
          postmaster      recipients             none is the postmaster
          bounce          kind of mail           no bounce
          clear-sender    eve@evil.example       From is one mailbox
          authentication  sender authentication  not asked: no organisation has the domain
          admission       recipients             no address of a question
          listed-contact  eve@evil.example       not a contact, nor of an organisation's domain

        So it was refused, by the rule listed-contact on 2026-11-21 09:00:01Z.
        No receipt: refused mail gets none.
        $ postern message why MAIL000000000001
        Mail MAIL000000000001 from ana@northwind.example to support@acme.example, "The printer smokes", came by deliver on 2026-11-21 09:00:00Z.

          arrival-key      arrival key                 not seen before
          own-mail         From                        none of our mailboxes
          postmaster       recipients                  none is the postmaster
          bounce           kind of mail                no bounce
          clear-sender     ana@northwind.example       From is one mailbox
          authentication   sender authentication       not asked
          admission        recipients                  no address of a question
          listed-contact   ana@northwind.example       contact of Northwind (contacts.toml:5)
          unlisted         [contacts] unlisted         not asked: the sender may write
          automatic-reply  kind of mail                no automatic reply
          ticket-tag       subject                     no ticket number
          thread           In-Reply-To and References  name no mail of a ticket of the sender's
          fold             0 like this lately          no flood
          new-ticket       support@acme.example        belongs to no ticket: a new one

        So it was opened ACME-1000, by the rule new-ticket on 2026-11-21 09:00:00Z.
        Its receipt to ana@northwind.example waits to be sent: the next try is due on 2026-11-21 09:00:00Z.
    )");
}

TEST_CASE("message why: what became of the receipt, and of a held mail") {
    auto terminal = terminal_with_ledger();
    auto const opened = terminal.store->ledger_entry("<1@northwind.example>")->id;
    auto const receipt = terminal.store->answers_to(opened).at(0).id;
    auto const end_of_story = [&](std::string const& id) {
        auto const out = terminal.run("postern message why " + id).out;
        return out.substr(out.rfind("\n\n") + 2);
    };
    terminal.store->settle(receipt, {SendOutcome::Result::try_again, "451 4.3.0 busy", noon + 1s, noon + 61s});
    CHECK(
        end_of_story("MAIL000000000001") ==
        "So it was opened ACME-1000, by the rule new-ticket on 2026-11-21 09:00:00Z.\n"
        "Its receipt to ana@northwind.example waits after 1 try, of which the last said: 451 4.3.0 busy; the next try "
        "is due on 2026-11-21 09:01:01Z.\n");
    terminal.store->settle(receipt, {SendOutcome::Result::sent, "250 2.0.0 Ok", noon + 62s, {}});
    CHECK(end_of_story("MAIL000000000001") ==
          "So it was opened ACME-1000, by the rule new-ticket on 2026-11-21 09:00:00Z.\n"
          "Its receipt to ana@northwind.example was sent at try 2, on 2026-11-21 09:01:02Z: 250 2.0.0 Ok\n");
    CHECK(end_of_story("MAIL000000000003") ==
          "So it was held, by the rule clear-sender on 2026-11-21 09:00:02Z. It waits for 'postern held release' or "
          "'postern held drop'.\nNo receipt: held mail gets none.\n");
    CHECK(terminal.run("postern held drop MAIL000000000003").code == 0);
    CHECK(end_of_story("MAIL000000000003") ==
          "So it was held, by the rule clear-sender; an operator dropped it on 2026-11-21 10:00:03Z.\n"
          "No receipt: held mail gets none.\n");
}

TEST_CASE("message show: by our id or a Message-ID") {
    auto terminal = terminal_with_ledger();
    terminal.session(R"(
        $ postern message show MAIL000000000001
        id              MAIL000000000001
        received        2026-11-21 09:00:00Z by deliver
        mailbox         support@acme.example
        from            ana@northwind.example
        reverse path    <>
        message id      <1@northwind.example>
        subject         The printer smokes
        size            538 B
        authentication  none
        disposition     opened ACME-1000
        rule            new-ticket
        reason          belongs to no ticket: a new one
        receipt         queued
    )");
    auto const message = nlohmann::json::parse(terminal.run("postern message show '<1@northwind.example>' --json").out);
    CHECK(message["id"] == "MAIL000000000001");
    CHECK(message["disposition"] == "opened");
    CHECK(message["ticket"] == "ACME-1000");
    CHECK(message["story"].size() == 14);
    CHECK(message["story"][7]["rule"] == "listed-contact");
    CHECK(message["story"][7]["saw"] == "ana@northwind.example");
    CHECK(message["story"][7]["result"] == "contact of Northwind");
    CHECK(message["story"][7]["config"] == "contacts.toml:5");
    CHECK(message["receipt"]["state"] == "queued");
    CHECK(message["receipt"]["why"] == nullptr);
    auto const refused = nlohmann::json::parse(terminal.run("postern message show MAIL000000000002 --json").out);
    CHECK(refused["receipt"]["state"] == "none");
    CHECK(refused["receipt"]["why"] == "refused mail gets none");
}

TEST_CASE("message raw: octet for octet, on a terminal in visible form") {
    auto terminal = terminal_with_ledger();
    CHECK(terminal.run("postern message raw '<1@northwind.example>'").out == crlf(printer_mail));
    terminal.is_terminal = true;
    terminal.files["hostile.eml"] = crlf(hostile_mail);
    CHECK(terminal.run("postern deliver --mailbox support@acme.example < hostile.eml").code == 0);
    CHECK(terminal.run("postern message raw '<4@northwind.example>'").out.find('\x1b') == std::string::npos);
    terminal.session(R"(
        $ postern message raw nothing
        ! postern: the ledger knows no mail nothing
        [66]
    )");
}

TEST_CASE("held: looked at, released with its original time, dropped") {
    auto terminal = terminal_with_ledger();
    terminal.session(R"(
        $ postern held list
        ID                RECEIVED              FROM                   REASON                  SUBJECT
        MAIL000000000003  2026-11-21 09:00:02Z  ana@northwind.example  From names 2 mailboxes  Whose is it
        $ postern held list --json
        [
          {
            "id": "MAIL000000000003",
            "received": "2026-11-21T09:00:02Z",
            "from": "ana@northwind.example",
            "subject": "Whose is it",
            "reason": "From names 2 mailboxes",
            "mailbox": "support@acme.example",
            "message_id": "<3@northwind.example>",
            "question": null
          }
        ]
        $ postern held show MAIL000000000003
        id            MAIL000000000003
        received      2026-11-21 09:00:02Z by deliver
        mailbox       support@acme.example
        from          ana@northwind.example
        from          eve@evil.example
        reverse path  <>
        subject       Whose is it
        size          191 B
        held because  From names 2 mailboxes

        Open this, please.
        $ postern held release MAIL000000000003
        MAIL000000000003 released: opened ACME-1001
        $ postern held release MAIL000000000003
        ! postern: mail MAIL000000000003 is not held: it is opened
        [66]
        $ postern held list
        ! postern: no mail is held
    )");
    auto const entry = terminal.store->ledger_entry("<3@northwind.example>");
    REQUIRE(entry);
    CHECK(to_iso8601(entry->received) == "2026-11-21T09:00:02Z");
    CHECK(terminal.store->ledger({}).size() == 3);
    CHECK(terminal.store->receipt_state(entry->id) == ReceiptState::queued);
}

TEST_CASE("held release: a mail that lay in its folder for years opens a ticket and gets no answer") {
    Terminal terminal;
    auto old_mail = std::string(ambiguous_mail);
    old_mail.replace(old_mail.find("2026"), 4, "2016");
    auto const raw = by_imap(1, old_mail);
    terminal.store->atomically([&] {
        (void)intake(raw, parse_message(raw.octets), SenderAuthentication{}, *site_policy(), *terminal.store, noon);
    });
    terminal.session(R"(
        $ postern held release '<3@northwind.example>'
        MAIL000000000001 released: opened ACME-1000
        $ postern outbox list
        ! postern: no mail waits to be sent
    )");
    CHECK(terminal.store->ledger({}).at(0).receipt_why == "the mail is older than answer_within");
}

TEST_CASE("held drop: what was dropped may come again") {
    terminal_with_ledger().session(R"(
        $ postern held drop MAIL000000000003
        MAIL000000000003 dropped
        $ postern held drop MAIL000000000003
        ! postern: mail MAIL000000000003 is not held: it is dropped
        [66]
        $ postern held drop MAIL000000000001
        ! postern: mail MAIL000000000001 is not held: it is opened
        [66]
        $ postern deliver --mailbox support@acme.example < both.eml
        MAIL000000000004 held
    )");
}
