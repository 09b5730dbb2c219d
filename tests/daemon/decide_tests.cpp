// The rules, each by the mail that meets it.
#include "daemon/decide.h"

#include <catch2/catch.hpp>

#include "parsers/message.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

// A verdict views its policy.
std::shared_ptr<Policy const> const& lasting_policy() {
    static auto const policy = site_policy();
    return policy;
}

struct Case {
    RawMessage raw;
    ArrivalContext context = {};
    std::shared_ptr<Policy const> policy = lasting_policy();
    SenderAuthentication authentication = {};

    Verdict verdict() const {
        auto const message = parse_message(raw.octets);
        return decide({raw, message, authentication, context, *policy, policy->options().mailboxes.front(), noon});
    }
};

TicketFacts ticket(std::string tag, std::int64_t number, std::string organization,
                   TicketStatus status = TicketStatus::open) {
    return {TicketId{number}, {std::move(tag), number}, "support@acme.example", std::move(organization), status,
            "Printer"};
}

constexpr auto plain = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example
Subject: The printer smokes
Message-ID: <1@northwind.example>

Please help.
)";

constexpr auto with_tag = R"(
From: ana@northwind.example
To: support@acme.example
Subject: Re: [ACME-1042] The printer smokes
Message-ID: <2@northwind.example>
In-Reply-To: <receipt@support.acme.example>

Still smoking.
)";

}  // namespace

TEST_CASE("a contact's mail that belongs to no ticket opens one and gets a receipt") {
    auto const verdict = Case{by_smtp("ana@northwind.example", plain)}.verdict();
    CHECK(verdict.disposition == Disposition::opened);
    CHECK(verdict.rule == "new-ticket");
    CHECK(verdict.organization->name == "Northwind");
    CHECK(verdict.sender->display_name == "Ana Ruiz");
    CHECK(verdict.receipt);
    REQUIRE(verdict.story.size() == 14);
    CHECK(verdict.story[7].rule == "listed-contact");
    CHECK(verdict.story[7].config == "contacts.toml:5");
}

TEST_CASE("the address compares without case") {
    auto const verdict = Case{by_smtp("x@y.example", "From: ANA@NorthWind.Example\n\nHi\n")}.verdict();
    CHECK(verdict.disposition == Disposition::opened);
}

TEST_CASE("a colleague who is not a contact is refused, with the organisation to refer to") {
    auto const verdict =
        Case{by_smtp("eve@northwind.example", "From: eve@northwind.example\nSubject: Hi\n\nHi\n")}.verdict();
    CHECK(verdict.disposition == Disposition::refused);
    CHECK(verdict.rule == "listed-contact");
    REQUIRE(verdict.refer_to);
    CHECK(verdict.refer_to->name == "Northwind");
    CHECK_FALSE(verdict.receipt);
}

TEST_CASE("a stranger is refused and learns of no organisation") {
    auto const verdict = Case{by_smtp("eve@evil.example", "From: eve@evil.example\nSubject: Hi\n\nHi\n")}.verdict();
    CHECK(verdict.disposition == Disposition::refused);
    CHECK_FALSE(verdict.refer_to);
}

TEST_CASE("the envelope, Sender and Reply-To let nobody in: From decides") {
    auto const verdict = Case{by_smtp("ana@northwind.example",
                                      "From: eve@evil.example\nSender: ana@northwind.example\n"
                                      "Reply-To: ana@northwind.example\nSubject: Hi\n\nHi\n")}
                             .verdict();
    CHECK(verdict.disposition == Disposition::refused);
}

TEST_CASE("a mail that was taken in before is a duplicate, whoever it is from") {
    Case mail{by_smtp("ana@northwind.example", plain)};
    mail.context.duplicate_of = MailId{"earlier"};
    CHECK(mail.verdict().disposition == Disposition::duplicate);
    CHECK_FALSE(mail.verdict().receipt);
}

TEST_CASE("the tag in the subject finds the ticket") {
    Case mail{by_smtp("ana@northwind.example", with_tag)};
    SECTION("of the sender's organisation: appended, without a receipt") {
        mail.context.by_tag = {ticket("ACME", 1042, "northwind")};
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::appended);
        CHECK(verdict.rule == "ticket-tag");
        CHECK(verdict.ticket->number.text() == "ACME-1042");
        CHECK_FALSE(verdict.reopens);
        CHECK_FALSE(verdict.receipt);
    }
    SECTION("resolved: reopened") {
        mail.context.by_tag = {ticket("ACME", 1042, "northwind", TicketStatus::resolved)};
        CHECK(mail.verdict().reopens);
    }
    SECTION("of another organisation: a new ticket that notes the claim") {
        mail.context.by_tag = {ticket("ACME", 1042, "globex")};
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::opened);
        REQUIRE(verdict.claims.size() == 1);
        CHECK(verdict.claims.front().text() == "ACME-1042");
    }
    SECTION("that does not exist: the same, not told apart") {
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::opened);
        CHECK(verdict.claims.size() == 1);
    }
    SECTION("several: the first that the sender may join") {
        mail.context.by_tag = {ticket("ACME", 1042, "globex"), ticket("SALES", 7, "northwind")};
        CHECK(mail.verdict().ticket->number.text() == "SALES-7");
    }
    SECTION("a number that the sender may not join is not mended by References") {
        mail.context.by_message_id = {ticket("ACME", 1000, "northwind")};
        CHECK(mail.verdict().disposition == Disposition::opened);
    }
}

TEST_CASE("where the tag is gone the mails that it answers decide") {
    Case mail{by_smtp(
        "bo@northwind.example",
        "From: bo@northwind.example\nSubject: Re: printer\nIn-Reply-To: <receipt@support.acme.example>\n\nHi\n")};
    mail.context.by_message_id = {ticket("ACME", 1000, "globex"), ticket("ACME", 1001, "northwind")};
    auto const verdict = mail.verdict();
    CHECK(verdict.disposition == Disposition::appended);
    CHECK(verdict.rule == "thread");
    CHECK(verdict.ticket->number.number == 1001);
}

TEST_CASE("a tag of somebody else's system is no claim") {
    auto const verdict =
        Case{by_smtp("ana@northwind.example", "From: ana@northwind.example\nSubject: [JIRA-12] x\n\nHi\n")}.verdict();
    CHECK(verdict.disposition == Disposition::opened);
    CHECK(verdict.claims.empty());
}

TEST_CASE("From that names two mailboxes is never guessed at") {
    auto const mail = [](std::string_view from) {
        return Case{by_smtp("x@evil.example", "From: " + std::string(from) + "\nSubject: Hi\n\nHi\n")}.verdict();
    };
    CHECK(mail("ana@northwind.example, eve@evil.example").disposition == Disposition::held);
    CHECK(mail("eve@evil.example, mallory@evil.example").disposition == Disposition::refused);
    CHECK(mail("eve@evil.example\nFrom: ana@northwind.example").disposition == Disposition::held);
}

TEST_CASE("no From at all: held where a contact may be behind it") {
    CHECK(Case{by_smtp("ana@northwind.example", "Subject: Hi\n\nHi\n")}.verdict().disposition == Disposition::held);
    CHECK(Case{by_smtp("eve@evil.example", "Subject: Hi\n\nHi\n")}.verdict().disposition == Disposition::refused);
    CHECK(Case{by_imap(1, "\n\n")}.verdict().disposition == Disposition::held);
}

TEST_CASE("unlisted = hold: a colleague's mail waits for an operator, by a rule of its own, a stranger's is refused") {
    auto options = site_options();
    options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    auto const holding = site_policy(std::move(options));
    auto const mail = [&](std::string_view from, std::string_view header = "") {
        auto const text = "From: " + std::string(from) + "\n" + std::string(header) + "Subject: Hi\n\nHi\n";
        return Case{by_smtp("x@evil.example", text), {}, holding}.verdict();
    };
    auto const held = mail("carl@northwind.example");
    CHECK(held.disposition == Disposition::held);
    CHECK(held.rule == "unlisted");
    CHECK(held.reason == "carl@northwind.example is no contact of Northwind, whose domain it is of");
    CHECK_FALSE(held.receipt);
    // Whether a person or a machine wrote it is the operator's to judge.
    CHECK(mail("carl@northwind.example", "Auto-Submitted: auto-replied\n").disposition == Disposition::held);
    CHECK(mail("eve@evil.example").disposition == Disposition::refused);
    CHECK(mail("eve@evil.example, carl@northwind.example").disposition == Disposition::held);
    CHECK(mail("eve@evil.example, mallory@evil.example").disposition == Disposition::refused);
    CHECK(mail("ana@northwind.example").disposition == Disposition::opened);
}

TEST_CASE("who had a held mail released may join the ticket that it opened, and no other") {
    auto released = ticket("ACME", 1000, "");
    released.contact = "carl@northwind.example";
    auto const numbered = [](std::string_view from, std::string_view number, std::string_view header = "") {
        return Case{by_smtp("x@evil.example", "From: " + std::string(from) + "\nSubject: Re: [" + std::string(number) +
                                                  "] Hi\nIn-Reply-To: <1@x.example>\n" + std::string(header) +
                                                  "\nHi\n")};
    };
    SECTION("by its number") {
        auto mail = numbered("Carl@Northwind.example", "ACME-1000");
        mail.context.by_tag = {released};
        CHECK(mail.verdict().disposition == Disposition::appended);
        CHECK(mail.verdict().rule == "ticket-tag");
        CHECK_FALSE(mail.verdict().receipt);
    }
    SECTION("by its thread") {
        Case mail{by_smtp("x@evil.example", "From: carl@northwind.example\nIn-Reply-To: <1@x.example>\n\nHi\n")};
        mail.context.by_message_id = {ticket("ACME", 1001, "northwind"), released};
        CHECK(mail.verdict().disposition == Disposition::appended);
        CHECK(mail.verdict().ticket->number.number == 1000);
    }
    SECTION("with a number that is not theirs, whatever the thread says") {
        auto mail = numbered("carl@northwind.example", "ACME-1001");
        mail.context.by_tag = {ticket("ACME", 1001, "northwind")};
        mail.context.by_message_id = {released};
        CHECK(mail.verdict().disposition == Disposition::refused);
        CHECK(mail.verdict().refer_to);
    }
    SECTION("not somebody else, of the same domain or a contact of its organisation") {
        for (auto const* const from : {"dave@northwind.example", "eve@evil.example"}) {
            auto mail = numbered(from, "ACME-1000");
            mail.context.by_tag = {released};
            CHECK(mail.verdict().disposition == Disposition::refused);
        }
        auto mail = numbered("ana@northwind.example", "ACME-1000");
        mail.context.by_tag = {released};
        CHECK(mail.verdict().disposition == Disposition::opened);
        CHECK(mail.verdict().claims.size() == 1);
    }
    SECTION("also once they are a contact") {
        released.contact = "ana@northwind.example";
        auto mail = numbered("ana@northwind.example", "ACME-1000");
        mail.context.by_tag = {released};
        CHECK(mail.verdict().disposition == Disposition::appended);
    }
    SECTION("their vacation notice is noted there") {
        auto mail = numbered("carl@northwind.example", "ACME-1000", "Auto-Submitted: auto-replied\n");
        mail.context.by_tag = {released};
        CHECK(mail.verdict().disposition == Disposition::noted);
    }
    SECTION("a ticket of nobody's is nobody's") {
        released.contact = "";
        auto mail = numbered("carl@northwind.example", "ACME-1000");
        mail.context.by_tag = {released};
        CHECK(mail.verdict().disposition == Disposition::refused);
    }
}

TEST_CASE("an operator's word outranks the rule that held a mail") {
    auto raw = by_smtp("ana@northwind.example", "From: eve@evil.example, ana@northwind.example\nSubject: Hi\n\nHi\n");
    raw.released = true;
    auto const verdict = Case{std::move(raw)}.verdict();
    CHECK(verdict.disposition == Disposition::opened);
    CHECK(verdict.sender->mailbox.address() == "ana@northwind.example");
    CHECK(verdict.organization->name == "Northwind");
}

TEST_CASE("a contact's vacation notice is noted in its ticket, or ignored, never answered") {
    Case mail{by_smtp(
        "ana@northwind.example",
        "From: ana@northwind.example\nSubject: Out of office: [ACME-1042]\nAuto-Submitted: auto-replied\n\nAway\n")};
    CHECK(mail.verdict().disposition == Disposition::ignored);
    mail.context.by_tag = {ticket("ACME", 1042, "northwind", TicketStatus::resolved)};
    auto const verdict = mail.verdict();
    CHECK(verdict.disposition == Disposition::noted);
    CHECK_FALSE(verdict.reopens);
    CHECK_FALSE(verdict.receipt);
}

TEST_CASE("a contact's monitor opens a ticket without a receipt") {
    auto const verdict =
        Case{by_smtp("bo@northwind.example",
                     "From: bo@northwind.example\nSubject: DOWN\nAuto-Submitted: auto-generated\n\nDown\n")}
            .verdict();
    CHECK(verdict.disposition == Disposition::opened);
    CHECK_FALSE(verdict.receipt);
    CHECK(verdict.receipt_why == "the mail is automatic: auto-generated");
}

TEST_CASE("nobody is answered behind a null reverse-path, or days late") {
    auto late = by_imap(1, plain);
    late.arrived = noon - std::chrono::hours{24 * 4};
    CHECK(Case{std::move(late)}.verdict().receipt_why == "the mail is older than answer_within");
    CHECK(Case{by_imap(1, plain)}.verdict().receipt);
    CHECK(Case{by_smtp("", plain)}.verdict().receipt_why == "the reverse-path is null");
}

TEST_CASE("a bounce counts only where it names a mail that we sent to the recipient it reports") {
    Case mail{by_smtp("", R"(
From: MAILER-DAEMON@mx.northwind.example
To: support@acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.northwind.example

Final-Recipient: rfc822; ana@northwind.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: <1.receipt@support.acme.example>
Subject: [ACME-1042] The printer smokes

--b--
)")};
    SECTION("of ours: noted, and the mail of ours is marked") {
        mail.context.original = SentMail{OutboxId{5}, "ana@northwind.example", ticket("ACME", 1042, "northwind")};
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::noted);
        CHECK(verdict.bounced->id == OutboxId{5});
    }
    SECTION("to somebody else: ignored") {
        mail.context.original = SentMail{OutboxId{5}, "bo@northwind.example", ticket("ACME", 1042, "northwind")};
        CHECK(mail.verdict().disposition == Disposition::ignored);
    }
    SECTION("a number alone lets nothing in") {
        mail.context.by_tag = {ticket("ACME", 1042, "northwind")};
        CHECK(mail.verdict().disposition == Disposition::ignored);
    }
    SECTION("with a reverse-path it is a stranger's mail") {
        mail.raw.envelope.reverse_path.mailbox = Mailbox{"x", "evil.example"};
        CHECK(mail.verdict().disposition == Disposition::refused);
    }
}

TEST_CASE("our own mail that comes back is ignored, our address in a stranger's From is not believed") {
    Case mail{
        by_smtp("", "From: support@acme.example\nMessage-ID: <1.receipt@support.acme.example>\nSubject: Hi\n\nHi\n")};
    CHECK(mail.verdict().disposition == Disposition::refused);
    mail.context.itself = SentMail{OutboxId{5}, "ana@northwind.example", {}};
    CHECK(mail.verdict().disposition == Disposition::ignored);
}

TEST_CASE("our own mail that comes back is known by its Message-ID, whoever a list or forwarder says it is from") {
    Case mail{
        by_smtp("list-bounces@northwind.example",
                "From: ana@northwind.example\nMessage-ID: <1.receipt@support.acme.example>\nSubject: Hi\n\nHi\n")};
    mail.context.itself = SentMail{OutboxId{5}, "ana@northwind.example", ticket("ACME", 1042, "northwind")};
    CHECK(mail.verdict().disposition == Disposition::ignored);
    CHECK(mail.verdict().rule == "own-mail");
}

namespace {

// A report of RFC 3464, about <1.receipt@support.acme.example>.
std::string report(std::string_view recipient_fields, std::string_view action = "failed") {
    return "From: MAILER-DAEMON@mx.northwind.example\nSubject: Delivery report\nMIME-Version: 1.0\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
           "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.northwind.example\n\n" +
           std::string(recipient_fields) + "\nAction: " + std::string(action) +
           "\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n\n"
           "--b\nContent-Type: message/rfc822-headers\n\nMessage-ID: <1.receipt@support.acme.example>\n\n--b--\n";
}

}  // namespace

TEST_CASE("a bounce: the recipient it reports is ours in any case, or as the original one") {
    auto const disposition_of = [](std::string_view recipient_fields, std::string sent_to) {
        Case mail{by_smtp("", report(recipient_fields))};
        REQUIRE(parse_message(mail.raw.octets).original_message_id == "<1.receipt@support.acme.example>");
        mail.context.original = SentMail{OutboxId{5}, std::move(sent_to), ticket("ACME", 1042, "northwind")};
        auto const verdict = mail.verdict();
        CHECK(verdict.bounced.has_value() == (verdict.disposition == Disposition::noted));
        if (verdict.bounced) CHECK(verdict.bounce_why == "came back: 5.1.1 550 5.1.1 No such user");
        CHECK_FALSE(verdict.receipt);
        return verdict.disposition;
    };
    CHECK(disposition_of("Final-Recipient: rfc822; ANA@Northwind.EXAMPLE", "Ana@northwind.example") ==
          Disposition::noted);
    CHECK(
        disposition_of("Original-Recipient: rfc822;ana@northwind.example\nFinal-Recipient: rfc822; a.ruiz@mail.example",
                       "ana@northwind.example") == Disposition::noted);
    CHECK(disposition_of("Final-Recipient: rfc822; a.ruiz@mail.example", "ana@northwind.example") ==
          Disposition::ignored);
}

TEST_CASE("RFC 3464 2.3.3: a mail that is delayed, or arrived, has not come back") {
    for (auto const* action : {"delayed", "delivered", "relayed", "expanded"}) {
        CAPTURE(action);
        Case mail{by_smtp("", report("Final-Recipient: rfc822; ana@northwind.example", action))};
        mail.context.original = SentMail{OutboxId{5}, "ana@northwind.example", ticket("ACME", 1042, "northwind")};
        CHECK(mail.verdict().disposition == Disposition::noted);
        CHECK_FALSE(mail.verdict().bounced);
    }
}

TEST_CASE("a mail that has gone in circles is held and never answered, by whatever way it comes") {
    std::string circles;
    for (int hop = 0; hop < 51; ++hop)
        circles += "Received: from a.example by b.example; Sat, 21 Nov 2026 09:00:00 +0000\n";
    Case mail{by_imap(1, circles + "From: ana@northwind.example\nSubject: Hi\n\nHi\n")};
    CHECK(mail.verdict().disposition == Disposition::held);
    CHECK(mail.verdict().reason == "a mail loop: 51 Received fields");
    mail.raw.released = true;
    CHECK(mail.verdict().disposition == Disposition::opened);
    CHECK(mail.verdict().receipt_why == "the mail has gone in circles");
    // One fewer is a long way.
    auto const one = circles.size() / 51;
    CHECK(Case{by_imap(1, circles.substr(one) + "From: ana@northwind.example\nSubject: Hi\n\nHi\n")}.verdict().receipt);
    CHECK(Case{by_imap(1, circles + "From: eve@evil.example\nSubject: Hi\n\nHi\n")}.verdict().disposition ==
          Disposition::refused);
}

TEST_CASE(
    "past [limits] receipts_per_address a ticket is named by a summary, when the oldest receipt no longer counts") {
    Case mail{by_smtp("ana@northwind.example", plain)};
    mail.context.receipts = {9, noon - std::chrono::minutes{50}};
    CHECK(mail.verdict().receipt);
    mail.context.receipts = {10, noon - std::chrono::minutes{50}};
    auto const verdict = mail.verdict();
    CHECK(verdict.disposition == Disposition::opened);
    CHECK_FALSE(verdict.receipt);
    CHECK(verdict.receipt_why ==
          "the address got its 10/h ([limits] receipts_per_address): a summary will name the ticket");
    CHECK(verdict.summary_due == noon + std::chrono::minutes{10});
    SECTION("who would get none anyhow is in no summary either") {
        Case alarm{by_smtp("ana@northwind.example",
                           "From: ana@northwind.example\nAuto-Submitted: auto-generated\nSubject: Hi\n\nHi\n")};
        alarm.context.receipts = mail.context.receipts;
        CHECK_FALSE(alarm.verdict().summary_due);
    }
    SECTION("0 lifts it") {
        auto options = site_options();
        options.limits.receipts_per_address.count = 0;
        mail.policy = site_policy(options);
        CHECK(mail.verdict().receipt);
        CHECK_FALSE(mail.verdict().summary_due);
    }
}

TEST_CASE("a flood: past [limits] fold_after one more ticket takes the rest") {
    Case mail{by_smtp("ana@northwind.example", plain)};
    SECTION("below the limit each opens its own") {
        mail.context.flood = {9, {}};
        CHECK(mail.verdict().disposition == Disposition::opened);
        CHECK_FALSE(mail.verdict().gathers);
    }
    SECTION("the first past it opens the ticket of the flood, with its receipt") {
        mail.context.flood = {10, {}};
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::opened);
        CHECK(verdict.rule == "new-ticket");
        CHECK(verdict.gathers);
        CHECK(verdict.receipt);
        CHECK(verdict.story[12].result == "a flood, past 10/h: what follows joins this one's ticket");
    }
    SECTION("the rest joins it, and gets none") {
        mail.context.flood = {10, ticket("ACME", 1042, "northwind")};
        auto const verdict = mail.verdict();
        CHECK(verdict.disposition == Disposition::appended);
        CHECK(verdict.rule == "fold");
        CHECK(verdict.folds);
        CHECK(verdict.gathers);
        CHECK(verdict.ticket->number.text() == "ACME-1042");
        CHECK(verdict.receipt_why == "a mail of a flood gets none");
        CHECK(verdict.story.back().result == "a flood, past 10/h, folded into ACME-1042");
    }
    SECTION("a ticket that is another organisation's meanwhile takes nothing") {
        mail.context.flood = {10, ticket("ACME", 1042, "globex")};
        CHECK(mail.verdict().disposition == Disposition::opened);
    }
    SECTION("a reply by its number or its thread is no part of it") {
        mail.context.flood = {10, ticket("ACME", 1042, "northwind")};
        mail.context.by_message_id = {ticket("ACME", 7, "northwind")};
        CHECK(mail.verdict().rule == "thread");
        CHECK_FALSE(mail.verdict().folds);
        mail.context.by_tag = {ticket("ACME", 8, "northwind")};
        mail.raw = by_smtp("ana@northwind.example", with_tag);
        CHECK(mail.verdict().rule == "ticket-tag");
        CHECK_FALSE(mail.verdict().folds);
    }
    SECTION("nor is what an operator released, nor anything where 0 lifts the limit") {
        mail.context.flood = {10, ticket("ACME", 1042, "northwind")};
        mail.raw.released = true;
        CHECK(mail.verdict().disposition == Disposition::opened);
        mail.raw.released = false;
        auto options = site_options();
        options.limits.fold_after.count = 0;
        mail.policy = site_policy(options);
        CHECK(mail.verdict().disposition == Disposition::opened);
    }
}
