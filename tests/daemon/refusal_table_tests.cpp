// docs/refusals.md, row by row: what is promised there of each mail and way in is what happens.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>

#include "daemon/admissions.h"
#include "daemon/held_mail.h"
#include "daemon/intake.h"
#include "daemon/questions.h"
#include "store/record_rules.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/daemon_process.h"
#include "tests/support/markdown_table.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

struct Prepared {
    std::string from;  // the reverse-path
    std::string mail;
    bool holds = false;         // [contacts] unlisted = "hold"
    bool is_full = false;       // [limits] held is reached
    bool was_released = false;  // an earlier mail of Carl's, which opened ACME-1000
    std::string to = "support@acme.example";
    bool has_postmaster = true;  // [site] postmaster
    // [contacts] ask: nothing, asks, or Carl's first mail was asked about, answered, or asked about a year ago.
    enum class Ask { no, yes, asked, admitted, expired } ask = Ask::no;
};

constexpr auto referral = "Northwind L&D <lnd@northwind.example>";
constexpr auto from_ana =
    "From: Ana Ruiz <ana@northwind.example>\nSubject: Printer\nMessage-ID: <a@x.example>\n\nIt smokes.\n";
constexpr auto from_carl =
    "From: Carl <carl@northwind.example>\nSubject: Printer\nMessage-ID: <c@x.example>\n\nIt smokes.\n";
constexpr auto from_eve = "From: Eve <eve@evil.example>\nSubject: Printer\nMessage-ID: <e@x.example>\n\nIt smokes.\n";

std::map<std::string, Prepared> const cases{
    {"of a contact", {"ana@northwind.example", from_ana}},
    {"of a colleague", {"carl@northwind.example", from_carl}},
    {"of a colleague, `unlisted = \"hold\"`", {"carl@northwind.example", from_carl, true}},
    {"of a colleague, `[limits] held` reached", {"carl@northwind.example", from_carl, true, true}},
    {"of a colleague, for the ticket that their released mail opened",
     {"carl@northwind.example",
      "From: carl@northwind.example\nSubject: Re: [ACME-1000] Printer\nMessage-ID: <c2@x.example>\n\nStill.\n", false,
      false, true}},
    {"of a stranger", {"eve@evil.example", from_eve}},
    {"of a stranger, `unlisted = \"hold\"`", {"eve@evil.example", from_eve, true}},
    {"several in From, a contact among them",
     {"eve@evil.example", "From: eve@evil.example, ana@northwind.example\nSubject: Printer\n\nIt smokes.\n"}},
    {"several in From, no contact among them",
     {"eve@evil.example", "From: eve@evil.example, carl@northwind.example\nSubject: Printer\n\nIt smokes.\n"}},
    {"several in From, a colleague among them, `unlisted = \"hold\"`",
     {"eve@evil.example", "From: eve@evil.example, carl@northwind.example\nSubject: Printer\n\nIt smokes.\n", true}},
    {"to the postmaster", {"eve@evil.example", from_eve, false, false, false, "postmaster@acme.example"}},
    {"to the postmaster, `[site] postmaster` missing",
     {"eve@evil.example", from_eve, false, false, false, "postmaster", false}},
    {"nobody in From, nor in the envelope", {"", "Subject: Printer\n\nIt smokes.\n"}},
    {"of a colleague, authentic, `unlisted = \"hold\"`, `ask = true`",
     {"carl@northwind.example", from_carl, true, false, false, "support@acme.example", true, Prepared::Ask::yes}},
    {"of a colleague, for the ticket that their admitted mail opened",
     {"carl@northwind.example",
      "From: carl@northwind.example\nSubject: Re: [ACME-1000] Printer\nMessage-ID: <c2@x.example>\n\nStill.\n", true,
      false, false, "support@acme.example", true, Prepared::Ask::admitted}},
    {"of a colleague, for another ticket than their admitted mail opened",
     {"carl@northwind.example",
      "From: carl@northwind.example\nSubject: Re: [ACME-1001] Ours\nMessage-ID: <c2@x.example>\n\nStill.\n", true,
      false, false, "support@acme.example", true, Prepared::Ask::admitted}},
    {"an answer to a question",
     {"lnd@northwind.example", "From: lnd@northwind.example\nTo: ANSWER\n\nWORD\n", true, false, false, "ANSWER", true,
      Prepared::Ask::asked}},
    {"to the address of a question that expired",
     {"lnd@northwind.example", "From: lnd@northwind.example\nTo: ANSWER\n\nWORD\n", true, false, false, "ANSWER", true,
      Prepared::Ask::expired}},
    {"to an address like a question's, made by somebody else",
     {"eve@evil.example", "From: eve@evil.example\nTo: FORGED\n\nWORD\n", true, false, false, "FORGED", true,
      Prepared::Ask::asked}},
};

// Carl's mail is held and asked about, and what follows as far as the row wants it. What is written to ANSWER goes to
// the address of the question, FORGED is one like it.
void prepare_question(WaysIn& ways, Prepared& it) {
    static TemporaryFolder const folder;
    auto& terminal = ways.terminal;
    terminal.options.site.state_dir = folder.path();
    (void)SiteSecret::load_or_make(folder.path());
    terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    terminal.options.contacts.ask = true;
    terminal.authentication.standing = SenderAuthentication::Standing::pass;
    if (it.ask == Prepared::Ask::yes) return;
    (void)ways.take("SMTP", "carl@northwind.example", from_carl);
    auto const policy = site_policy(terminal.options);
    auto& store = *terminal.store;
    auto const question = queue_owed_questions(store, *policy, terminal.now).questions.at(0);
    auto const answer =
        policy->admission_addresses()->make({"support", "acme.example"}, {question.id, question.expires}).address();
    auto const put = [](std::string& text, std::string_view name, std::string const& value) {
        if (auto const at = text.find(name); at != text.npos) text.replace(at, name.size(), value);
    };
    for (auto* const text : {&it.to, &it.mail}) {
        put(*text, "ANSWER", answer);
        put(*text, "FORGED", "support+" + std::string(34, '0') + "@acme.example");
        put(*text, "WORD", question.items.at(0).word);
    }
    if (it.ask == Prepared::Ask::expired) terminal.now = question.expires;
    if (it.ask != Prepared::Ask::admitted) return;
    (void)ways.take("SMTP", "lnd@northwind.example",
                    "From: lnd@northwind.example\n\n" + question.items.at(0).word + "\n", {answer});
    auto const admission = store.admissions(1).at(0);
    auto const raw = admitted_mail(admission, store.ledger_entry(admission.mail.text).value(),
                                   store.raw_octets(admission.mail).value());
    store.atomically([&] {
        (void)intake(raw, parse_message(raw.octets), raw.admitted->authentication, *policy, store, terminal.now);
    });
    (void)ways.take("SMTP", "ana@northwind.example", from_ana);  // ACME-1001
}

WaysIn prepared(Prepared& it) {
    WaysIn ways;
    if (it.ask != Prepared::Ask::no) {
        prepare_question(ways, it);
        return ways;
    }
    if (it.was_released) {
        ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
        (void)ways.take("SMTP", "carl@northwind.example", from_carl);
        ways.release_newest();
    }
    auto& options = ways.terminal.options;
    options.contacts.unlisted = it.holds ? ContactsOptions::Unlisted::hold : ContactsOptions::Unlisted::refuse;
    if (it.is_full) options.limits.held = 0;
    if (it.has_postmaster) options.site.postmaster = Mailbox{"ops", "acme.example"};
    return ways;
}

// "yes", "30 days" or "no".
std::string octets_kept(Store& store, Heard const& heard, TimePoint now) {
    if (heard.mails.empty() || !store.raw_octets(heard.mails.front())) return "no";
    while (store.forget_expired(now + refused_octets_kept)) {
    }
    return store.raw_octets(heard.mails.front()) ? "yes" : "30 days";
}

std::string becomes(Store& store, Heard const& heard) {
    if (heard.mails.empty()) return "nothing";
    REQUIRE(heard.mails.size() == 1);
    return "`" + std::string(to_string(store.ledger_entry(heard.mails.front().text)->disposition)) + "`";
}

// "`550 5.7.1`, the referral"
std::string reply_in_words(std::string const& reply) {
    auto const is_code = reply.size() > 9 && reply[0] >= '2' && reply[0] <= '5';
    auto words = "`" + (is_code ? reply.substr(0, 9) : reply) + "`";
    if (reply.find(referral) != reply.npos) words += ", the referral";
    return words;
}

std::string mailed(Store& store, Heard const& heard) {
    if (heard.outgoing == 0) return "nothing";
    REQUIRE(heard.outgoing == 1);
    return store.outbox().back().kind == OutgoingKind::receipt ? "the receipt" : "the forward";
}

std::vector<std::string> ways_of(std::string const& cell) {
    std::vector<std::string> ways;
    std::istringstream rest(cell);
    for (std::string way; std::getline(rest >> std::ws, way, ',');) ways.push_back(way);
    return ways;
}

}  // namespace

TEST_CASE("docs/refusals.md: each mail by each way in is answered, recorded, kept and mailed as its row says") {
    std::map<std::string, std::vector<std::string>> tried;
    for (auto const& row : markdown_table("docs/refusals.md", "By way in", 6)) {
        REQUIRE(cases.contains(row[0]));
        auto const& as_written = cases.at(row[0]);
        for (auto const& way : ways_of(row[1])) {
            INFO(row[0] << ", " << way);
            tried[row[0]].push_back(way);
            auto mail = as_written;
            auto ways = prepared(mail);
            auto const heard = ways.take(way, mail.from, mail.mail, {mail.to});
            auto& store = *ways.terminal.store;
            CHECK(reply_in_words(heard.reply) == row[2]);
            CHECK(becomes(store, heard) == row[3]);
            CHECK(octets_kept(store, heard, ways.terminal.now) == row[4]);
            CHECK(mailed(store, heard) == row[5]);
        }
    }
    CHECK(tried.size() == cases.size());
    for (auto const& [mail, ways] : tried) {
        INFO(mail);
        CHECK_THAT(ways, Catch::Matchers::UnorderedEquals(all_ways));
    }
}
