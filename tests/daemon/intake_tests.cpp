// What is written down of a mail, and what goes out for it.
#include "daemon/intake.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "store/memory_store.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

struct Site {
    std::shared_ptr<Policy const> policy = site_policy();
    std::unique_ptr<Store> store = make_memory_store();

    Receipt take(RawMessage const& raw, TimePoint now = noon) {
        Receipt receipt;
        store->atomically(
            [&] { receipt = intake(raw, parse_message(raw.octets), SenderAuthentication{}, *policy, *store, now); });
        return receipt;
    }
    std::vector<OutboxMail> outgoing() {
        return store->claim_due(noon + std::chrono::hours{1}, noon + std::chrono::hours{2}, 100);
    }
};

constexpr auto with_attachment = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example, Boss <boss@northwind.example>
Subject: The printer smokes
Message-ID: <1@northwind.example>
References: <0@northwind.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

Please help.
--b
Content-Type: text/plain; name="log.txt"
Content-Disposition: attachment; filename="log.txt"

smoke
--b--
)";

std::string reply(std::string_view subject, std::string_view id, std::string_view extra = "") {
    return "From: bo@northwind.example\nTo: support@acme.example\nSubject: " + std::string(subject) +
           "\nMessage-ID: <" + std::string(id) + ">\n" + std::string(extra) + "\nStill smoking.\n";
}

}  // namespace

TEST_CASE("an opened ticket: number, article with its attachment, event, receipt, ledger row") {
    Site site;
    auto const receipt = site.take(by_smtp("ana@northwind.example", with_attachment, "mail-1"));
    CHECK(receipt.outcome == Receipt::Outcome::committed);
    CHECK(receipt.disposition == Disposition::opened);
    CHECK(receipt.queued_mail);

    auto const history = site.store->ticket({"ACME", 1000});
    REQUIRE(history);
    CHECK(history->ticket.severity == "Low");
    CHECK(history->ticket.organization == "Northwind");
    REQUIRE(history->articles.size() == 2);
    CHECK(history->articles[0].kind == ArticleKind::customer);
    CHECK(history->articles[0].to == std::vector<std::string>{"support@acme.example", "boss@northwind.example"});
    CHECK(history->articles[1].kind == ArticleKind::receipt);
    REQUIRE(history->articles[0].attachments.size() == 1);
    CHECK(history->articles[0].attachments[0].name == "log.txt");
    auto const source = site.store->attachment({"ACME", 1000}, 1);
    REQUIRE(source);
    CHECK(attachment_octets(source->octets, source->attachment.locator) == "smoke");
    REQUIRE_FALSE(history->events.empty());
    CHECK(history->events[0].what == "opened");
    CHECK(history->events[0].by == "ana@northwind.example");

    auto const mails = site.outgoing();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].recipient == "ana@northwind.example");
    CHECK(mails[0].reverse_path.empty());
    CHECK(mails[0].message_id == "<mail-1.receipt@support.acme.example>");
    CHECK_THAT(mails[0].octets,
               Contains("References: <0@northwind.example>") && Contains("Auto-Submitted: auto-replied"));
    CHECK_THAT(mails[0].text, Contains("This address on your mail is not one of them"));
    CHECK_THAT(mails[0].text, Contains("- boss@northwind.example\n"));

    auto const row = site.store->ledger_entry("mail-1");
    REQUIRE(row);
    CHECK(row->rule == "new-ticket");
    CHECK(site.store->receipt_state(row->id) == ReceiptState::queued);
    CHECK(site.store->raw_octets(row->id) == crlf(with_attachment));
}

TEST_CASE("the receipt names a pasted screenshot, and asks for nothing that the forwarded part says") {
    constexpr auto forwarded = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example
Subject: Fwd: error
Message-ID: <1@northwind.example>
MIME-Version: 1.0
Content-Type: multipart/related; boundary="b"

--b
Content-Type: text/html

<p>Please help Carl.</p><img src="cid:shot">
<blockquote type="cite"><p>On https://shop.example/cart with Firefox 120 on Windows 11: I click on Pay.</p></blockquote>
--b
Content-Type: image/png; name="shot.png"
Content-ID: <shot>
Content-Disposition: inline; filename="shot.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--b--
)";
    Site site;
    site.take(by_smtp("ana@northwind.example", forwarded));
    auto const mails = site.outgoing();
    REQUIRE(mails.size() == 1);
    auto const receipt = parse_message(mails[0].octets);
    CHECK_THAT(receipt.body_text, Contains("shot.png"));
    CHECK_THAT(receipt.body_text, !Contains("browser"));
}

TEST_CASE("a reply by subject, and one to the receipt by its identifier alone, join the ticket") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment, "mail-1"));
    CHECK(
        site.take(by_smtp("bo@northwind.example", reply("AW: [ACME-1000] smoke", "2@northwind.example"))).disposition ==
        Disposition::appended);
    CHECK(site.take(by_smtp("bo@northwind.example", reply("smoke", "3@northwind.example",
                                                          "In-Reply-To: <mail-1.receipt@support.acme.example>\n")))
              .disposition == Disposition::appended);
    CHECK(site.store->tickets({}).size() == 1);
    CHECK(site.outgoing().size() == 1);
}

TEST_CASE("a reply to a resolved ticket reopens it, an automatic one does not") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment));
    site.store->set_status({"ACME", 1000}, TicketStatus::resolved, "operator", noon);
    site.take(by_smtp("bo@northwind.example",
                      reply("Away [ACME-1000]", "2@northwind.example", "Auto-Submitted: auto-replied\n")));
    CHECK(site.store->ticket({"ACME", 1000})->ticket.status == TicketStatus::resolved);
    site.take(by_smtp("bo@northwind.example", reply("Re: [ACME-1000]", "3@northwind.example")));
    CHECK(site.store->ticket({"ACME", 1000})->ticket.status == TicketStatus::open);
}

TEST_CASE("another customer's number opens a new ticket that notes the claim, and is in nothing we send") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment));
    auto const receipt = site.take(
        by_smtp("cy@globex.example",
                "From: cy@globex.example\nSubject: Re: [ACME-1000] mine\nMessage-ID: <9@globex.example>\n\nHi\n"));
    CHECK(receipt.ticket->text() == "ACME-1001");
    auto const history = site.store->ticket({"ACME", 1001});
    CHECK(history->ticket.subject == "Re: mine");
    bool claimed = false;
    for (auto const& event : history->events) claimed |= event.what == "claimed" && event.detail == "ACME-1000";
    CHECK(claimed);
    for (auto const& mail : site.outgoing()) {
        if (mail.recipient == "cy@globex.example") CHECK_THAT(mail.octets, !Contains("ACME-1000"));
    }
    CHECK(site.store->ticket({"ACME", 1000})->articles.size() == 2);
}

TEST_CASE("the same mail by SMTP and by IMAP is one ticket, the IMAP mark is owed all the same") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment, "first"));
    auto const again = site.take(by_imap(17, with_attachment));
    CHECK(again.disposition == Disposition::duplicate);
    CHECK(again.ticket->text() == "ACME-1000");
    CHECK(site.store->tickets({}).size() == 1);
    CHECK(site.store->imap_marks_owed("support@imap.acme.example:993/INBOX", 7, 10).size() == 1);
}

TEST_CASE("what was refused makes no duplicate of the real one") {
    Site site;
    auto const text =
        std::string("From: dan@northwind.example\nSubject: Hi\nMessage-ID: <1@northwind.example>\n\nHi\n");
    CHECK(site.take(by_smtp("eve@evil.example", text)).disposition == Disposition::refused);
    auto options = site_options();
    auto organizations = options.contact_list.organizations();
    organizations[0].contacts.push_back({parse_name_addr("dan@northwind.example").value(), "contacts.toml:7"});
    options.contact_list = ContactList(organizations);
    site.policy = site_policy(options);
    CHECK(site.take(by_smtp("dan@northwind.example", text)).disposition == Disposition::opened);
}

TEST_CASE("without a Message-ID the same octets a day later are a new mail") {
    Site site;
    auto const text = "From: ana@northwind.example\nSubject: Backup failed\n\nIt failed.\n";
    CHECK(site.take(by_smtp("ana@northwind.example", text)).disposition == Disposition::opened);
    CHECK(site.take(by_smtp("ana@northwind.example", text), noon + std::chrono::hours{23}).disposition ==
          Disposition::duplicate);
    CHECK(site.take(by_smtp("ana@northwind.example", text), noon + std::chrono::hours{25}).disposition ==
          Disposition::opened);
}

TEST_CASE("a held mail is released into a ticket, once") {
    Site site;
    auto raw = by_smtp("ana@northwind.example",
                       "From: ana@northwind.example, eve@evil.example\nSubject: Hi\nMessage-ID: <1@x.example>\n\nHi\n",
                       "held-1");
    CHECK(site.take(raw).disposition == Disposition::held);
    CHECK(
        site.take(by_smtp(
                      "ana@northwind.example",
                      "From: ana@northwind.example, eve@evil.example\nSubject: Hi\nMessage-ID: <1@x.example>\n\nHi\n"))
            .disposition == Disposition::duplicate);
    raw.released = true;
    CHECK(site.take(raw, noon + std::chrono::hours{5}).disposition == Disposition::opened);
    auto const history = site.store->ticket({"ACME", 1000});
    REQUIRE(history);
    CHECK(history->events[0].what == "released");
    CHECK(site.store->ledger_entry("held-1")->received == noon);
    CHECK(site.store->ledger({}).size() == 2);
}

TEST_CASE("a contact whose mail is held by its header is told that it is too large, and nobody else is") {
    auto const header_only = [](std::string_view fields) {
        auto raw = by_smtp("ana@northwind.example", std::string(fields) + "Subject: The film\nMessage-ID: <1@x>\n\n");
        raw.source = Source::imap;
        raw.envelope.reverse_path_known = false;
        raw.only_header = true;
        raw.unread = "larger than [limits] message: 30 MiB";
        return raw;
    };
    Site site;
    auto raw = header_only("From: Ana Ruiz <ana@northwind.example>\n");
    CHECK(site.take(raw).disposition == Disposition::held);
    auto const told = site.outgoing();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == OutgoingKind::notification);
    CHECK(told[0].recipient == "ana@northwind.example");
    CHECK(told[0].message_id == "<" + raw.id.text + ".too-large@support.acme.example>");
    CHECK_THAT(told[0].octets, Contains("Auto-Submitted: auto-replied"));
    CHECK_THAT(told[0].text, Contains("larger than 25 MB"));
    CHECK_THAT(site.store->ledger_entry(raw.id.text)->receipt_why, Contains("told that it is too large"));
    CHECK(site.store->audit(noon).problems.empty());
    SECTION("and gets a receipt like any other where it is released") {
        raw.released = true;
        CHECK(site.take(raw).disposition == Disposition::opened);
        CHECK(site.outgoing().at(0).kind == OutgoingKind::receipt);
    }
    SECTION("no stranger, no robot, none of two") {
        for (auto const* const fields :
             {"From: eve@evil.example\n", "From: ana@northwind.example, bo@northwind.example\n",
              "From: ana@northwind.example\nAuto-Submitted: auto-generated\n",
              "From: ana@northwind.example\nPrecedence: bulk\n", "Return-Path: <>\nFrom: ana@northwind.example\n"}) {
            auto other = header_only(fields);
            other.id = {std::string("other-") + std::to_string(other.octets.size())};
            static_cast<void>(site.take(other));
            INFO(fields);
            CHECK(site.outgoing().empty());
        }
    }
}

TEST_CASE("past [limits] held nothing more is held: try again later") {
    Site site;
    auto options = site_options();
    options.limits.held = 1;
    site.policy = site_policy(options);
    CHECK(site.take(by_smtp("ana@northwind.example", "Subject: one\n\nHi\n")).disposition == Disposition::held);
    auto const second = site.take(by_smtp("ana@northwind.example", "Subject: two\n\nHi\n"));
    CHECK(second.outcome == Receipt::Outcome::deferred);
    CHECK(second.no_space);
    CHECK(site.store->ledger({}).size() == 1);
}

TEST_CASE("a refusal names the point of contact in one printable line") {
    Site site;
    auto const receipt =
        site.take(by_smtp("eve@northwind.example", "From: eve@northwind.example\nSubject: Hi\n\nHi\n"));
    CHECK_THAT(receipt.refusal, Contains("lnd@northwind.example"));
    for (char const c : receipt.refusal) CHECK((c >= ' ' && c < '\x7f'));
    CHECK_FALSE(receipt.queued_mail);
}

namespace {

std::string alarm(int n, std::string_view from = "ana@northwind.example") {
    return "From: " + std::string(from) + "\nSubject: Disk " + std::to_string(n) + "% full\nMessage-ID: <alarm" +
           std::to_string(n) + "@northwind.example>\n\nIt is at " + std::to_string(n) + "%.\n";
}

RawMessage arriving(RawMessage raw, TimePoint when) {
    raw.received = raw.arrived = when;
    return raw;
}

}  // namespace

TEST_CASE("a flood folds into one ticket with one receipt, and a person's mail in between is answered") {
    Site site;
    auto options = site_options();
    options.limits.fold_after.count = 3;
    site.policy = site_policy(options);
    for (int n = 1; n <= 8; ++n) site.take(by_smtp("ana@northwind.example", alarm(n)));
    CHECK(site.store->tickets({}).size() == 4);
    CHECK(site.outgoing().size() == 4);
    auto const flood = site.store->ticket({"ACME", 1003});
    CHECK(flood->ticket.folded == 4);
    CHECK(flood->ticket.subject == "Disk 4% full");
    CHECK(flood->articles.back().text == "It is at 8%.");
    CHECK(flood->events.back().what == "folded");
    CHECK(site.store->ledger_entry("<alarm8@northwind.example>")->rule == "fold");
    CHECK(site.store->raw_octets(site.store->ledger_entry("<alarm8@northwind.example>")->id) == crlf(alarm(8)));

    auto const person = site.take(by_smtp("ana@northwind.example", reply("Another thing", "p1@northwind.example")));
    CHECK(person.disposition == Disposition::opened);
    CHECK(person.queued_mail);
    CHECK(site.take(by_smtp("ana@northwind.example", reply("Re: [ACME-1000] Disk 1% full", "p2@northwind.example")))
              .ticket->text() == "ACME-1000");
    CHECK(site.take(by_smtp("bo@northwind.example", alarm(9, "bo@northwind.example"))).disposition ==
          Disposition::opened);
}

TEST_CASE("a flood that goes on folds on, and an hour after it has ended counting begins anew") {
    Site site;
    auto options = site_options();
    options.limits.fold_after.count = 3;
    site.policy = site_policy(options);
    auto when = noon;
    int n = 0;
    // One in ten minutes: six an hour, for two days.
    for (; n < 288; ++n, when += std::chrono::minutes{10}) {
        site.take(arriving(by_smtp("ana@northwind.example", alarm(n)), when), when);
    }
    CHECK(site.store->tickets({}).size() == 4);
    when += std::chrono::hours{1};
    site.take(arriving(by_smtp("ana@northwind.example", alarm(++n)), when), when);
    CHECK(site.store->tickets({}).size() == 5);
}

TEST_CASE("a folder of ten years that is met for the first time is no flood") {
    Site site;
    for (int n = 0; n < 30; ++n) {
        auto raw = by_imap(static_cast<std::uint32_t>(n + 1), alarm(n));
        raw.arrived = noon - std::chrono::hours{24 * 100 * (30 - n)};
        site.take(raw);
    }
    CHECK(site.store->tickets({}).size() == 30);
    CHECK(site.outgoing().empty());
}

TEST_CASE("a bounce of our receipt: noted in the ticket, which stays resolved, and the receipt has failed") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment, "mail-1"));
    REQUIRE(site.outgoing().size() == 1);
    site.store->settle(site.store->outbox().at(0).id, {SendOutcome::Result::sent, "250 Ok", noon, {}});
    site.store->set_status({"ACME", 1000}, TicketStatus::resolved, "operator", noon);
    auto const bounce = [](std::string_view recipient, std::string_view message_id) {
        return "From: MAILER-DAEMON@mx.northwind.example\nSubject: Undelivered: [ACME-1000]\nMIME-Version: 1.0\n"
               "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
               "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; " +
               std::string(recipient) +
               "\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822-headers\n\nMessage-ID: " +
               std::string(message_id) + "\n\n--b--\n";
    };
    auto const id = std::string("<mail-1.receipt@support.acme.example>");
    SECTION("of ours") {
        CHECK(site.take(by_smtp("", bounce("ana@northwind.example", id))).disposition == Disposition::noted);
        CHECK(site.store->receipt_state({"mail-1"}) == ReceiptState::failed);
        CHECK(site.store->undelivered_to("ana@northwind.example")->mail.last_error == "came back: 5.1.1");
        auto const history = site.store->ticket({"ACME", 1000});
        CHECK(history->ticket.status == TicketStatus::resolved);
        CHECK(history->articles.back().kind == ArticleKind::automatic);
        CHECK(std::ranges::count(history->events, "bounced", &TicketEvent::what) == 1);
    }
    SECTION("to another recipient, or with a Message-ID that is not ours: nothing enters the ticket") {
        CHECK(site.take(by_smtp("", bounce("bo@northwind.example", id))).disposition == Disposition::ignored);
        CHECK(site.take(by_smtp("", bounce("ana@northwind.example", "<forged.receipt@support.acme.example>")))
                  .disposition == Disposition::ignored);
        CHECK(site.store->receipt_state({"mail-1"}) == ReceiptState::sent);
        CHECK(site.store->ticket({"ACME", 1000})->articles.size() == 2);
    }
    CHECK(site.outgoing().empty());
}

TEST_CASE("a list that sends our receipt back to us is met with silence, whatever it makes of it") {
    Site site;
    site.take(by_smtp("ana@northwind.example", with_attachment, "mail-1"));
    auto const receipt = site.outgoing().at(0).octets;
    CHECK(site.take(by_smtp("list-bounces@northwind.example", receipt)).disposition == Disposition::ignored);
    auto from_list = receipt;
    from_list.replace(from_list.find("From: "),
                      from_list.find("\r\n", from_list.find("From: ")) - from_list.find("From: "),
                      "From: Ana's list <ana@northwind.example>");
    CHECK(site.take(by_smtp("list-bounces@northwind.example", from_list)).disposition == Disposition::ignored);
    CHECK(site.outgoing().empty());
    CHECK(site.store->tickets({}).size() == 1);
}
