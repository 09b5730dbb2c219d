// docs/refusals.md, "What a prober learns": where an answer is to tell nothing, it is the same octet for octet.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "tests/daemon/smtp_site.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/daemon_process.h"
#include "tests/support/markdown_table.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

constexpr auto anas_mail =
    "From: Ana Ruiz <ana@northwind.example>\nSubject: Printer\nMessage-ID: <first@northwind.example>\n\nIt smokes.\n";

// With ACME-1000, which Ana opened.
WaysIn site() {
    WaysIn ways;
    (void)ways.take("SMTP", "ana@northwind.example", anas_mail);
    return ways;
}

struct Learnt {
    std::string reply, outgoing;  // the octets of what was mailed
    friend bool operator==(Learnt const&, Learnt const&) = default;
};

// What the sender of this mail hears and gets, at a site that is new but for ACME-1000.
Learnt learnt(std::string_view from, std::string_view header) {
    auto ways = site();
    (void)ways.terminal.store->claim_due(noon, noon + std::chrono::hours{1}, 100);  // Ana's receipt
    auto const heard = ways.take("SMTP", "prober@evil.example",
                                 "From: " + std::string(from) + "\n" + std::string(header) + "\n\nHi.\n");
    Learnt learnt{without_id(heard.reply), {}};
    for (auto const& mail : ways.terminal.store->claim_due(noon, noon + std::chrono::hours{1}, 100))
        learnt.outgoing += mail.octets;
    return learnt;
}

auto const outsiders = {"carl@northwind.example", "dave@globex.example", "eve@evil.example"};

void numbers_as_outsider() {
    for (auto const* const from : outsiders) {
        auto const without = learnt(from, "Subject: Hi");
        CHECK_THAT(without.reply, Catch::Matchers::StartsWith("550 5.7.1 "));
        CHECK(without.outgoing.empty());
        for (auto const* const header :
             {"Subject: [ACME-1000]", "Subject: Re: [ACME-9999] Printer", "Subject: [SALES-1000]",
              "Subject: Re: [ACME-1000]\nIn-Reply-To: <first@northwind.example>",
              "Subject: Re: [ACME-1000]\nAuto-Submitted: auto-replied", "Subject: [ACME-1000]\nPrecedence: bulk"}) {
            CHECK(learnt(from, header) == without);
        }
    }
}

void numbers_as_contact() {
    auto const of = [](std::string_view number) {
        return learnt("Cy <cy@globex.example>",
                      "Subject: Re: [" + std::string(number) + "] Printer\nMessage-ID: <c@x.example>");
    };
    CHECK(of("ACME-1000") == of("ACME-9999"));
    CHECK_THAT(of("ACME-1000").outgoing, Contains("[ACME-1001]") && !Contains("ACME-1000"));
}

void message_ids() {
    for (auto const* const from : outsiders) {
        auto const of = [&](std::string const& id) { return learnt(from, "Subject: Hi\nIn-Reply-To: " + id); };
        CHECK(of("<first@northwind.example>") == of("<nothing@northwind.example>"));
        CHECK(of("<wire1.receipt@support.acme.example>") == of("<wire2.receipt@support.acme.example>"));
        auto const itself = [&](std::string const& id) { return learnt(from, "Subject: Hi\nMessage-ID: " + id); };
        CHECK(itself("<first@northwind.example>") == itself("<nothing@northwind.example>"));
    }
    auto const contact = [](std::string const& id) {
        auto learnt_of = learnt("cy@globex.example", "Subject: Hi\nMessage-ID: <c@x.example>\nReferences: " + id);
        // The receipt's References are the mail's own.
        auto const at = learnt_of.outgoing.find(id);
        REQUIRE(at != std::string::npos);
        learnt_of.outgoing.replace(at, id.size(), "<id>");
        return learnt_of;
    };
    CHECK(contact("<first@northwind.example>") == contact("<nihil@northwind.example>"));
}

void duplicates() {
    auto ways = site();
    auto const again = ways.take("SMTP", "prober@evil.example", anas_mail);
    CHECK(without_id(again.reply) == "250 2.0.0 Ok: ");
    CHECK(again.outgoing == 0);
    auto const refused = "From: carl@northwind.example\nSubject: Hi\nMessage-ID: <c@x.example>\n\nHi\n";
    CHECK(ways.take("SMTP", "", refused).reply == ways.take("SMTP", "", refused).reply);
}

void held() {
    auto ways = site();
    ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    for (auto const* const header :
         {"From: carl@northwind.example", "From: ana@northwind.example, eve@evil.example", "X: no From at all"}) {
        auto const heard = ways.take("SMTP", "", std::string(header) + "\nSubject: Hi\n\nHi\n");
        CHECK(without_id(heard.reply) == "250 2.0.0 Ok: ");
        CHECK(heard.outgoing == 0);
        CHECK(ways.terminal.store->ledger_entry(heard.mails.at(0).text)->disposition == Disposition::held);
    }
}

std::string refusal_of(std::string const& from, std::optional<std::string> language = std::nullopt) {
    WaysIn ways;
    auto organizations = ways.terminal.options.contact_list.organizations();
    for (auto& organization : organizations) organization.language = language;
    ways.terminal.options.contact_list = ContactList(organizations);
    return ways.take("SMTP", from, "From: " + from + "\nSubject: Hi\n\nHi\n").reply;
}

void customer_without_referral() {
    for (auto const& language : {std::optional<std::string>{}, std::optional<std::string>{"de"}})
        CHECK(refusal_of("dave@globex.example", language) == refusal_of("eve@evil.example", language));
}

void customer_with_referral() {
    CHECK(refusal_of("carl@northwind.example") ==
          "550 5.7.1 Your address is not a designated contact of Acme Support. Please turn to Northwind L&D "
          "<lnd@northwind.example>, who can help you or write to us for you.");
    CHECK(refusal_of("dave@northwind.example") == refusal_of("carl@northwind.example"));
    CHECK_THAT(refusal_of("carl@northwind.example", "de"), Contains("Northwind L&D <lnd@northwind.example>"));
}

void contact() {
    auto const heard = learnt("cy@globex.example", "Subject: Hi");
    CHECK(heard.reply == "250 2.0.0 Ok: ");
    CHECK_THAT(heard.outgoing, Contains("To: cy@globex.example\r\n"));
}

// Of two colleagues of whom one is asked about, and of addresses that answers could go to.
void questions() {
    TemporaryFolder const state;
    (void)SiteSecret::load_or_make(state.path());
    auto ways = site();
    auto& options = ways.terminal.options;
    options.site.state_dir = state.path();
    options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    options.contacts.ask = true;
    auto const of = [&](SenderAuthentication::Standing standing, std::string_view name) {
        ways.terminal.authentication.standing = standing;
        auto const heard =
            ways.take("SMTP", "prober@evil.example", "From: " + std::string(name) + "@northwind.example\n\nHi\n");
        return without_id(heard.reply) + std::to_string(heard.outgoing);
    };
    using Standing = SenderAuthentication::Standing;
    CHECK(of(Standing::pass, "carl") == "250 2.0.0 Ok: 0");
    CHECK(of(Standing::none, "dora") == "250 2.0.0 Ok: 0");
    CHECK(ways.terminal.store->question_owed({noon, 1, 10})->petitions.size() == 1);
    for (char const guess : {'0', '7', 'z'}) {
        CHECK(ways.take("SMTP", "", "From: eve@evil.example\n\nHi\n",
                        {"support+" + std::string(34, guess) + "@acme.example"})
                  .reply == "550 5.1.1 No such mailbox here");
    }
}

void addresses() {
    (void)session(R"(
        C: VRFY support@acme.example
        S: 252 2.1.5 Cannot verify; send a mail and see
        C: VRFY nobody@acme.example
        S: 252 2.1.5 Cannot verify; send a mail and see
        C: MAIL FROM:<prober@evil.example>
        S: 250 2.1.0
        C: RCPT TO:<nobody@acme.example>
        S: 550 5.1.1 No such mailbox here
        C: RCPT TO:<ana@northwind.example>
        S: 550 5.1.1 No such mailbox here
    )");
}

std::map<std::string, std::function<void()>> const cases{
    {"which tickets exist, with numbers, as a colleague or a stranger", numbers_as_outsider},
    {"which tickets exist, with numbers, as another customer's contact", numbers_as_contact},
    {"which mails we have, with Message-IDs", message_ids},
    {"whether a mail was taken in before", duplicates},
    {"whether a mail is held, and why", held},
    {"who is a customer, without `refer_to`", customer_without_referral},
    {"who is a customer, with `refer_to`", customer_with_referral},
    {"who is a contact", contact},
    {"whether a mail is asked about, or what was answered", questions},
    {"which addresses are ours", addresses},
};

}  // namespace

TEST_CASE("docs/refusals.md: a prober learns what its row says and no more") {
    std::size_t rows = 0;
    for (auto const& row : markdown_table("docs/refusals.md", "What a prober learns", 3)) {
        INFO(row[0]);
        REQUIRE(cases.contains(row[0]));
        cases.at(row[0])();
        ++rows;
    }
    CHECK(rows == cases.size());
}
