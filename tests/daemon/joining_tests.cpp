// Who may join a ticket, by the mails that try. Each comes over SMTP and meets ACME-1000, which Ana of Northwind
// opened.
#include <catch2/catch.hpp>

#include "tests/daemon/ways_in.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

constexpr auto first_mail = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example
Cc: Carl <carl@northwind.example>
Subject: The printer smokes
Message-ID: <first@northwind.example>

Please help.
)";

class AnasTicket {
  public:
    AnasTicket() { REQUIRE(ways.take("SMTP", "ana@northwind.example", first_mail).outgoing == 1); }

    // A mail with these header fields. What became of it: a word, and the ticket that it is in.
    std::string mail(std::string_view header, std::string_view from = "eve@evil.example") {
        auto const heard = ways.take("SMTP", from, std::string(header) + "\n\nHi.\n");
        reply = heard.reply;
        REQUIRE(heard.mails.size() == 1);
        auto const entry = ways.terminal.store->ledger_entry(heard.mails.front().text).value();
        // Nobody but a listed contact is ever written to.
        CHECK(heard.outgoing == (entry.disposition == Disposition::opened ? 1U : 0U));
        return std::string(to_string(entry.disposition)) + (entry.ticket ? " " + entry.ticket->text() : "");
    }
    // The same with From alone, a number and a thread that fit.
    std::string from(std::string_view value) {
        return mail("From: " + std::string(value) +
                    "\nSubject: Re: [ACME-1000] The printer smokes\nIn-Reply-To: <first@northwind.example>");
    }

    WaysIn ways;
    std::string reply;
};

constexpr auto taken = "appended ACME-1000", generic = "Please ask in your organisation who is in touch with us.";

}  // namespace

TEST_CASE("a contact of the same organisation joins by number, or by thread where the number is gone") {
    AnasTicket ticket;
    CHECK(ticket.from("bo@northwind.example") == taken);
    CHECK(ticket.mail("From: bo@northwind.example\nSubject: Re: smoke\nReferences: <first@northwind.example>") ==
          taken);
}

TEST_CASE("another customer's contact with the number opens a ticket of their own, without the foreign number") {
    AnasTicket ticket;
    CHECK(ticket.mail("From: cy@globex.example\nSubject: Re: [ACME-1000] The printer smokes\n"
                      "In-Reply-To: <first@northwind.example>\nMessage-ID: <cy@globex.example>",
                      "cy@globex.example") == "opened ACME-1001");
    auto const receipt = ticket.ways.terminal.store->outbox().back();
    CHECK(receipt.recipient == "cy@globex.example");
    CHECK(receipt.subject == "[ACME-1001] Re: The printer smokes");
    CHECK_THAT(receipt.text, !Contains("ACME-1000"));
    auto const history = ticket.ways.terminal.store->ticket({"ACME", 1001}).value();
    CHECK(history.ticket.organization == "Globex");
}

TEST_CASE("an end user who was in CC and answers all, with everything right but who they are") {
    AnasTicket ticket;
    CHECK(ticket.mail("From: Carl <carl@northwind.example>\nTo: ana@northwind.example, support@acme.example\n"
                      "Subject: Re: [ACME-1000] The printer smokes\nIn-Reply-To: <first@northwind.example>\n"
                      "References: <first@northwind.example> <wire1.receipt@support.acme.example>",
                      "carl@northwind.example") == "refused");
    CHECK_THAT(ticket.reply, Contains("Northwind L&D <lnd@northwind.example>"));
}

TEST_CASE("a contact since removed") {
    AnasTicket ticket;
    auto organizations = ticket.ways.terminal.options.contact_list.organizations();
    organizations[0].contacts.erase(organizations[0].contacts.begin());
    ticket.ways.terminal.options.contact_list = ContactList(organizations);
    CHECK(ticket.from("ana@northwind.example") == "refused");
    CHECK_THAT(ticket.reply, Contains("Northwind L&D"));
}

TEST_CASE("a forged In-Reply-To, of our receipt or of Ana's mail") {
    AnasTicket ticket;
    for (auto const* const id : {"<first@northwind.example>", "<wire1.receipt@support.acme.example>"}) {
        auto const thread = "\nSubject: Re: smoke\nReferences: <x@y.example>\nIn-Reply-To: "s + id;
        CHECK(ticket.mail("From: eve@evil.example" + thread) == "refused");
        CHECK(ticket.mail("From: carl@northwind.example" + thread) == "refused");
    }
    CHECK(ticket.mail("From: cy@globex.example\nSubject: smoke\nIn-Reply-To: <first@northwind.example>\n"
                      "Message-ID: <cy2@globex.example>") == "opened ACME-1001");
}

TEST_CASE("several From fields, or several mailboxes in one: never guessed at") {
    AnasTicket ticket;
    CHECK(ticket.from("eve@evil.example\nFrom: ana@northwind.example") == "held");
    CHECK(ticket.from("ana@northwind.example\nFrom: eve@evil.example") == "held");
    CHECK(ticket.from("ana@northwind.example, eve@evil.example") == "held");
    CHECK(ticket.from("ana@northwind.example, bo@northwind.example") == "held");
    CHECK(ticket.from("eve@evil.example, mallory@evil.example") == "refused");
    CHECK(ticket.from("Nobody:;\nFrom: ana@northwind.example") == "held");
    CHECK(ticket.from("ana@northwind.example\nFrom:") == "held");
    // The same contact twice is one no less doubtful: nobody's client writes so.
    CHECK(ticket.from("ana@northwind.example\nFrom: ana@northwind.example") == "held");
}

TEST_CASE("a display name or a comment that looks like a contact's address is neither") {
    AnasTicket ticket;
    for (auto const* const from : {
             "\"ana@northwind.example\" <eve@evil.example>",
             "ana@northwind.example <eve@evil.example>",
             "<eve@evil.example> (ana@northwind.example)",
             "(ana@northwind.example) eve@evil.example",
             "eve@evil.example (Ana Ruiz <ana@northwind.example>)",
             "\"Ana Ruiz <ana@northwind.example>\" <eve@evil.example>",
             "\"Ana\\\" <ana@northwind.example>\" <eve@evil.example>",
             "ana(@northwind.example)@evil.example",
             "ana@northwind.example@evil.example",
             "eve@evil.example@northwind.example",
             "\"ana@northwind.example\"@evil.example",
         }) {
        CAPTURE(from);
        auto const what = ticket.from(from);
        CHECK((what == "refused" || what == "held"));
    }
}

TEST_CASE("RFC 2047 5: an encoded word is no address, inside or around one") {
    AnasTicket ticket;
    for (auto const* const from : {
             "=?utf-8?q?ana=40northwind.example?= <eve@evil.example>",
             "=?utf-8?q?ana=40northwind.example?=",
             "=?utf-8?q?ana?=@northwind.example",
             "<=?utf-8?q?ana=40northwind.example?=>",
             "=?utf-8?q?Ana_=3Cana=40northwind.example=3E?= <eve@evil.example>",
             "=?utf-8?b?PGFuYUBub3J0aHdpbmQuZXhhbXBsZT4=?= <eve@evil.example>",
             "=?utf-8?q?=22?= ana@northwind.example =?utf-8?q?=22?= <eve@evil.example>",
         }) {
        CAPTURE(from);
        auto const what = ticket.from(from);
        CHECK((what == "refused" || what == "held"));
    }
}

TEST_CASE("control characters within an address make another of it") {
    AnasTicket ticket;
    for (auto const& from : {
             "ana\0@northwind.example"s,
             "ana@northwind.example\0.evil.example"s,
             "ana@northwind.example\0@evil.example"s,
             "ana\x08@northwind.example"s,
             "ana@northwind\x7f.example"s,
             "\"ana\0\"@northwind.example"s,
         }) {
        CAPTURE(from);
        auto const what = ticket.from(from);
        CHECK((what == "refused" || what == "held"));
    }
}

TEST_CASE("From decides, and From is who is answered: not Sender, Reply-To or the envelope") {
    AnasTicket ticket;
    CHECK(ticket.mail("From: eve@evil.example\nSender: ana@northwind.example\nReply-To: ana@northwind.example\n"
                      "Subject: [ACME-1000]",
                      "ana@northwind.example") == "refused");
    CHECK(ticket.mail("From: bo@northwind.example\nReply-To: eve@evil.example\nSender: eve@evil.example\n"
                      "Subject: A new matter\nMessage-ID: <bo@northwind.example>") == "opened ACME-1001");
    CHECK(ticket.ways.terminal.store->outbox().back().recipient == "bo@northwind.example");
}

TEST_CASE("a number of another tag leads nowhere") {
    AnasTicket ticket;
    auto const numbered = [&](std::string_view number) {
        return ticket.mail("From: ana@northwind.example\nSubject: Re: [" + std::string(number) +
                           "] smoke\nMessage-ID: <" + std::string(number) + "@northwind.example>\nX: 1");
    };
    CHECK(numbered("SALES-1000") == "opened ACME-1001");
    CHECK(numbered("JIRA-1000") == "opened ACME-1002");
    CHECK(numbered("ACME-1000") == taken);
}

TEST_CASE("RFC 6854: a group in From counts by its mailboxes") {
    AnasTicket ticket;
    CHECK(ticket.from("Team: ana@northwind.example;") == taken);
    CHECK(ticket.from("Team: ana@northwind.example, eve@evil.example;") == "held");
    CHECK(ticket.from("ana@northwind.example: eve@evil.example;") != taken);
    CHECK(ticket.from("Ana: ; , eve@evil.example") == "refused");
    CHECK(ticket.from("Nobody:;") == "refused");
}

TEST_CASE("one address in other words: quoted, with comments, a route, upper case") {
    AnasTicket ticket;
    // RFC 5321 4.1.2: quoting that is not needed says nothing; RFC 5322 4.4 has the rest.
    for (auto const* const from : {
             "\"ana\"@northwind.example",
             "\"a\\na\"@northwind.example",
             "ANA@NORTHWIND.EXAMPLE",
             "ana(Ruiz)@(her company)northwind.example",
             "ana @ northwind . example",
             "<@evil.example:ana@northwind.example>",
         }) {
        CAPTURE(from);
        CHECK(ticket.from(from) == taken);
    }
}

TEST_CASE("almost the address is another address") {
    AnasTicket ticket;
    for (auto const* const from : {
             "\"ana \"@northwind.example",
             "ana.@northwind.example",
             "ana+x@northwind.example",
             "ana@mail.northwind.example",
             "ana@northwind.example.evil.example",
             "ana@xnorthwind.example",
             "ana@n\xd0\xbe"
             "rthwind.example",  // a Cyrillic o
             "ana@xn--nrthwind-jbh.example",
             "\xd0\xb0na@northwind.example",                    // a Cyrillic a
             "ana@northwind\xe2\x80\x8b.example.evil.example",  // zero width space
             "ana%northwind.example@evil.example",
             "evil.example!ana@northwind.example",
             "ana@[192.0.2.1]",
             "ana",
         }) {
        CAPTURE(from);
        auto const what = ticket.from(from);
        CHECK((what == "refused" || what == "held"));
    }
    ticket.from(
        "ana@n\xd0\xbe"
        "rthwind.example");
    CHECK_THAT(ticket.reply, Contains(generic));
}

TEST_CASE("a domain with its root's dot is the same domain, or none: never another's way in") {
    AnasTicket ticket;
    auto const what = ticket.from("ana@northwind.example.");
    CHECK(what == taken);
    CHECK(ticket.from("carl@northwind.example.") == "refused");
    CHECK_THAT(ticket.reply, Contains("Northwind L&D"));
    CHECK(ticket.from("ana@northwind.example..") != taken);
}

TEST_CASE("unlisted = hold: who was released writes to that ticket only") {
    AnasTicket ticket;
    ticket.ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    CHECK(ticket.mail("From: Carl <carl@northwind.example>\nSubject: Mine\nMessage-ID: <c1@northwind.example>") ==
          "held");
    ticket.ways.release_newest();
    auto const history = ticket.ways.terminal.store->ticket({"ACME", 1001}).value();
    CHECK(history.ticket.contact == "carl@northwind.example");
    CHECK(history.ticket.organization_id.empty());
    CHECK(ticket.ways.terminal.store->outbox().size() == 1);  // Ana's receipt
    auto const of = [](std::string_view header) {
        return "From: carl@northwind.example\nSubject: " + std::string(header);
    };
    CHECK(ticket.mail(of("Re: [ACME-1001] Mine")) == "appended ACME-1001");
    CHECK(ticket.mail(of("Re: Mine\nIn-Reply-To: <c1@northwind.example>")) == "appended ACME-1001");
    CHECK(ticket.mail(of("Re: [ACME-1000] The printer smokes")) == "held");
    CHECK(ticket.mail(of("Something else")) == "held");
    CHECK(ticket.mail("From: dave@northwind.example\nSubject: Re: [ACME-1001] Mine") == "held");
    ticket.ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::refuse;
    CHECK(ticket.mail(of("Re: [ACME-1001] Mine, once more")) == "appended ACME-1001");
    CHECK(ticket.mail(of("Something else again")) == "refused");
}

TEST_CASE("a released mail with several in From lets none of them in") {
    AnasTicket ticket;
    ticket.ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    CHECK(ticket.mail("From: eve@evil.example, carl@northwind.example\nSubject: Mine") == "held");
    ticket.ways.release_newest();
    CHECK(ticket.ways.terminal.store->ticket({"ACME", 1001})->ticket.contact.empty());
    CHECK(ticket.mail("From: eve@evil.example\nSubject: [ACME-1001]") == "refused");
    CHECK(ticket.mail("From: carl@northwind.example\nSubject: [ACME-1001]") == "held");
}

TEST_CASE("the receipt tells the contact who of To and Cc was left out, and nobody else is written to") {
    WaysIn ways;
    ways.terminal.options.agents.push_back({{"kim", "acme.example"}, "Kim", {}, {}, {}});
    auto const receipt_for = [&](std::string_view to, std::string_view cc) {
        auto const heard = ways.take("SMTP", "ana@northwind.example",
                                     "From: ana@northwind.example\nTo: " + std::string(to) +
                                         "\nCc: " + std::string(cc) + "\nSubject: Printer\n\nPlease help.\n");
        CHECK(heard.outgoing == 1);
        auto const mail = ways.terminal.store->outbox().back();
        CHECK(mail.recipient == "ana@northwind.example");
        return mail.text;
    };
    SECTION("contacts, mailboxes and engineers of ours are not left out") {
        CHECK_THAT(receipt_for("support@acme.example, help@acme.example", "bo@northwind.example, kim@acme.example"),
                   !Contains("designated contacts only"));
    }
    SECTION("a colleague, once") {
        CHECK_THAT(receipt_for("support@acme.example, Carl <carl@northwind.example>", "CARL@northwind.example"),
                   Contains("This address on your mail is not one of them, so it gets nothing from us:\n"
                            "- carl@northwind.example\n\n"));
    }
    SECTION("another customer's contact, a stranger") {
        CHECK_THAT(receipt_for("support@acme.example", "cy@globex.example, Eve <eve@evil.example>"),
                   Contains("These 2 addresses") && Contains("- cy@globex.example\n- eve@evil.example\n"));
    }
    SECTION("a list of hundreds is counted") {
        std::string list;
        for (int i = 1; i <= 500; ++i) list += (i > 1 ? ", " : "") + ("u" + std::to_string(i)) + "@northwind.example";
        auto const text = receipt_for("support@acme.example", list);
        CHECK_THAT(text, Contains("These 500 addresses") && Contains("- u5@northwind.example\n- and 495 more\n"));
        CHECK_THAT(text, !Contains("u6@"));
    }
    SECTION("hostile ones stand there cleaned, or not at all") {
        auto const text = receipt_for(
            "support@acme.example, undisclosed-recipients:;",
            "\"x\\\n y\xe2\x80\xae\"@evil.example, \"<b>\"@evil.example, " + std::string(300, 'a') + "@evil.example");
        CHECK_THAT(text, !Contains("\xe2\x80\xae") && !Contains("undisclosed") && !Contains(std::string(100, 'a')));
    }
}
