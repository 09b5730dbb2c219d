// Admission as those see it who have a part in it, and who try to have one: Carl of Northwind writes and is no contact,
// lnd@northwind.example is asked, and whatever else comes to the address of the answer lets nobody in.
#include "daemon/admissions.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "daemon/held_mail.h"
#include "daemon/intake.h"
#include "daemon/parsing_desk.h"
#include "daemon/questions.h"
#include "daemon/sender_authenticator.h"
#include "store/sqlite_store.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Standing = SenderAuthentication::Standing;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr auto carl = "carl@northwind.example", lnd = "lnd@northwind.example";

std::string from_carl(int number, std::string const& subject = "The printer smokes") {
    return "From: Carl <carl@northwind.example>\nTo: support@acme.example\nSubject: " + subject +
           "\nMessage-ID: <carl" + std::to_string(number) +
           "@northwind.example>\n\nPlease help, my password is hunter2.\n";
}

class Site {
  public:
    Site() {
        auto& options = terminal().options;
        options.site.state_dir = folder_.path();
        options.contacts.unlisted = ContactsOptions::Unlisted::hold;
        options.contacts.ask = true;
        (void)SiteSecret::load_or_make(folder_.path());
        open();
        // Whoever writes from one of the customers' domains, unless a test says otherwise.
        terminal().authenticate = [this](RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
            SenderAuthentication found;
            if (!domain_to_authenticate(raw, message, policy)) return found;
            found.from_domain = message.from.front().mailbox.domain;
            found.standing = standing;
            if (standing == Standing::fail) found.dmarc.result = DmarcResult::fail;
            return found;
        };
    }
    void open() {
        terminal().store.reset();
        terminal().store = open_sqlite_store({folder_.path() / "postern.db", Migrate::yes});
    }

    Terminal& terminal() { return ways.terminal; }
    Store& store() { return *ways.terminal.store; }
    Options& options() { return ways.terminal.options; }
    Organization northwind() { return options().contact_list.organizations().at(0); }
    void change_northwind(std::function<void(Organization&)> const& change) {
        auto organizations = options().contact_list.organizations();
        change(organizations[0]);
        options().contact_list = ContactList(organizations);
    }

    LedgerEntry take(std::string const& mail, std::string_view from = carl, std::string_view way = "SMTP",
                     std::string const& to = "support@acme.example") {
        auto const heard = ways.take(way, from, mail, {to});
        reply = heard.reply;
        REQUIRE(heard.mails.size() == 1);
        return store().ledger_entry(heard.mails.front().text).value();
    }
    // A mail of Carl's that is held and asked about.
    MailId hold(int number = 1, std::string const& subject = "The printer smokes") {
        auto const entry = take(from_carl(number, subject));
        REQUIRE(entry.disposition == Disposition::held);
        return entry.id;
    }
    std::vector<Question> ask() {
        QueuedQuestions queued;
        store().atomically([&] { queued = queue_owed_questions(store(), *site_policy(options()), terminal().now); });
        for (auto const& question : queued.questions) {
            address = AdmissionAddresses(SiteSecret::load(folder_.path()).value())
                          .make({"support", "acme.example"}, {question.id, question.expires})
                          .address();
            word = question.items.front().word;
            question_id = question.id;
        }
        return queued.questions;
    }
    // The octets of the newest outgoing mail of a kind.
    OutboxMail newest(OutgoingKind kind) {
        OutboxMail found;
        for (auto& mail : store().claim_due(terminal().now, terminal().now, 1000)) {
            if (mail.kind == kind) found = mail;
        }
        REQUIRE_FALSE(found.octets.empty());
        return found;
    }

    struct Answer {
        std::string from = "Northwind L&D <lnd@northwind.example>";
        std::string header = {};  // further fields
        std::string body = {};    // default: the word
        std::string envelope_from = lnd;
        std::string to = {};  // default: the address asked for
        std::string way = "SMTP";
    };
    LedgerEntry answer(Answer const& given) {
        auto const to = given.to.empty() ? address : given.to;
        auto const body = given.body.empty() ? word + "\n" : given.body;
        return take("From: " + given.from + "\nTo: " + to + "\nSubject: Re: May this sender write to Acme Support?\n" +
                        "Message-ID: <answer" + std::to_string(++answers_) + "@northwind.example>\n" + given.header +
                        "\n" + body,
                    given.envelope_from, given.way, given.way == "IMAP" ? "support@acme.example" : to);
    }
    LedgerEntry answer() { return answer(Answer{}); }
    LedgerEntry says(std::string const& body) {
        Answer given;
        given.body = body;
        return answer(given);
    }

    // What the daemon does with the mails that were admitted.
    std::size_t let_go() {
        auto const policy = site_policy(options());
        std::size_t count = 0;
        for (auto const& admission : store().admissions(100)) {
            auto const entry = store().ledger_entry(admission.mail.text).value();
            auto const raw = admitted_mail(admission, entry, store().raw_octets(entry.id).value());
            store().atomically([&] {
                auto const receipt = intake(raw, parse_message(raw.octets), raw.admitted->authentication, *policy,
                                            store(), terminal().now);
                count += receipt.outcome == Receipt::Outcome::committed ? 1U : 0U;
            });
        }
        return count;
    }

    std::vector<PetitionState> states() {
        ArrivalQuestion question;
        question.answers = question_id;
        std::vector<PetitionState> states;
        auto const facts = store().lookup(question).question.value();
        for (auto const& petition : facts.petitions) states.push_back(petition.state);
        return states;
    }
    bool is_waiting() { return states() == std::vector{PetitionState::asked}; }
    void require_sound() {
        auto const report = store().audit(terminal().now);
        for (auto const& problem : report.problems) UNSCOPED_INFO(problem.what);
        CHECK(report.ok());
    }

    WaysIn ways;
    Standing standing = Standing::pass;
    std::string reply, address, word;
    QuestionId question_id;

  private:
    TemporaryFolder folder_;
    int answers_ = 0;
};

// A site at which Carl's mail was asked about.
struct AskedSite : Site {
    MailId mail = hold();
    AskedSite() { REQUIRE(ask().size() == 1); }

    // It lets nobody in, and nothing happens for it but its row in the ledger.
    void changes_nothing(LedgerEntry const& entry, std::string const& why) {
        CHECK(entry.disposition == Disposition::ignored);
        CHECK_THAT(entry.reason, Contains(why));
        CHECK_FALSE(entry.ticket);
        CHECK(is_waiting());
        CHECK(store().admissions(10).empty());
        CHECK(store().tickets({}).empty());
        CHECK(store().answers_to(entry.id).empty());
        CHECK(let_go() == 0);
        require_sound();
    }
};

}  // namespace

TEST_CASE("the question says who, when and the subject, how to answer, and nothing more of the sender's") {
    Site site;
    auto const mail = site.hold();
    CHECK(site.store().outbox().empty());
    auto const story = site.store().ledger_entry(mail.text)->story;
    CHECK(std::ranges::any_of(story, [](StoryStep const& step) {
        return step.rule == "ask" && step.result == "lnd@northwind.example is asked";
    }));
    REQUIRE(site.ask().size() == 1);
    CHECK(site.ask().empty());
    auto const question = site.newest(OutgoingKind::question);
    CHECK(question.recipient == lnd);
    CHECK(question.reverse_path.empty());
    auto const parsed = parse_message(question.octets);
    CHECK(parsed.auto_submitted == AutoSubmitted::auto_generated);
    CHECK(parsed.from.at(0).mailbox.address() == "support@acme.example");
    CHECK(parsed.to.at(0).mailbox.address() == lnd);
    REQUIRE(parsed.reply_to.size() == 1);
    CHECK(parsed.reply_to[0].mailbox.address() == site.address);
    CHECK(parsed.subject == "May this sender write to Acme Support?");
    CHECK_THAT(question.text, Contains("From: carl@northwind.example\nReceived: 2026-11-21, 09:00 UTC\n"
                                       "Subject: \"The printer smokes\"\nWord: " +
                                       site.word + "\n"));
    CHECK_THAT(question.text, Contains("until 2026-11-28, 09:00 UTC") && Contains("do nothing"));
    CHECK_THAT(question.octets, !Contains("hunter2") && !Contains("Carl") && Contains("Content-Type: text/html"));
    site.require_sound();
}

TEST_CASE("what a sender puts into the subject is shown on one line, without links, markup or turned direction") {
    Site site;
    site.hold(
        1, "=?utf-8?q?Reply_=22TULIP=22_at_http=3A//evil.example/x=3Fy_<b>now</b>=0Aor=E2=80=AE_eve=40evil.example?=");
    site.ask();
    auto const question = site.newest(OutgoingKind::question);
    CHECK_THAT(
        question.text,
        Contains("Subject: \"Reply \"TULIP\" at http[://]evil[.]example/x?y <b>now</b> or eve[at]evil[.]example\"\n"));
    CHECK_THAT(question.octets, Contains("&lt;b&gt;now&lt;/b&gt;"));
}

TEST_CASE("an answer by every way in lets the mail in: a ticket of the organisation's, with its original time") {
    for (auto const& way : all_ways) {
        CAPTURE(way);
        Site site;
        auto const mail = site.hold();
        REQUIRE(site.ask().size() == 1);
        site.terminal().now += 50h;
        Site::Answer given;
        given.way = way;
        auto const answer = site.answer(given);
        CHECK(answer.disposition == Disposition::ignored);
        CHECK(answer.rule == "admission");
        CHECK(answer.reason == "admits " + mail.text);
        CHECK(site.store().held_count() == 1);
        REQUIRE(site.let_go() == 1);
        CHECK(site.let_go() == 0);
        auto const entry = site.store().ledger_entry(mail.text).value();
        CHECK(entry.disposition == Disposition::opened);
        CHECK(entry.received == noon);
        CHECK(entry.receipt_why.empty());
        auto const history = site.store().ticket({"ACME", 1000}).value();
        CHECK(history.ticket.organization_id == "northwind");
        CHECK(history.ticket.organization == "Northwind");
        CHECK(history.ticket.contact == carl);
        CHECK(history.ticket.admitted_by == lnd);
        CHECK(history.events.at(0).what == "admitted");
        CHECK(history.events.at(0).by == lnd);
        CHECK(history.events.at(1).what == "opened");
        CHECK(history.articles.at(0).authentication == "pass");
        auto const mails = site.store().answers_to(mail);
        REQUIRE(mails.size() == 2);
        CHECK(mails[0].kind == OutgoingKind::receipt);
        CHECK(mails[0].recipient == carl);
        CHECK(mails[1].kind == OutgoingKind::notification);
        CHECK(mails[1].recipient == lnd);
        CHECK_THAT(mails[1].text, Contains("ACME-1000") && Contains(carl) && !Contains("hunter2"));
        site.require_sound();
    }
}

TEST_CASE(
    "who was let in joins that one ticket, the point of contact too, and a new matter is held and asked about again") {
    Site site;
    site.hold();
    site.ask();
    site.answer();
    REQUIRE(site.let_go() == 1);
    auto const of = [&](std::string const& from, std::string const& subject, int number) {
        auto const entry = site.take("From: " + from + "\nSubject: " + subject + "\nMessage-ID: <later" +
                                         std::to_string(number) + "@northwind.example>\n\nMore.\n",
                                     from);
        return std::string(to_string(entry.disposition)) + (entry.ticket ? " " + entry.ticket->text() : "");
    };
    CHECK(of(carl, "Re: [ACME-1000] The printer smokes", 1) == "appended ACME-1000");
    CHECK(of(carl, "Re: The printer smokes\nIn-Reply-To: <carl1@northwind.example>", 2) == "appended ACME-1000");
    CHECK(of(lnd, "Re: [ACME-1000] The printer smokes", 3) == "appended ACME-1000");
    CHECK(of("ana@northwind.example", "Re: [ACME-1000] The printer smokes", 4) == "appended ACME-1000");
    CHECK(of("dave@northwind.example", "Re: [ACME-1000] The printer smokes", 5) == "held");
    CHECK(of("cy@globex.example", "Re: [ACME-1000] The printer smokes", 6) == "opened ACME-1001");
    CHECK(of("ana@northwind.example", "Ours", 7) == "opened ACME-1002");
    // Membership of the organisation is not what he was given.
    CHECK(of(carl, "Re: [ACME-1002] Ours", 8) == "held");
    CHECK(of(lnd, "Re: [ACME-1002] Ours", 9) == "held");
    CHECK(of(carl, "Another matter", 10) == "held");
    auto const questions = site.ask();
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].items.size() == 3);  // dave's and two of carl's: not what lnd wrote
    // Admitted, it opens a ticket of its own, whatever number it names.
    auto const last = site.hold(11, "Re: [ACME-1002] Ours, again");
    site.ask();
    site.answer();
    REQUIRE(site.let_go() == 1);
    CHECK(site.store().ledger_entry(last.text)->ticket->text() == "ACME-1003");
    site.require_sound();
}

TEST_CASE("what they were let in for ends with what they were: colleague, point of contact, customer") {
    Site site;
    site.hold();
    site.ask();
    site.answer();
    REQUIRE(site.let_go() == 1);
    auto const joins = [&](std::string const& from, int number) {
        auto const entry = site.take("From: " + from + "\nSubject: Re: [ACME-1000] x\nMessage-ID: <later" +
                                         std::to_string(number) + "@northwind.example>\n\nMore.\n",
                                     from);
        return entry.disposition == Disposition::appended;
    };
    CHECK(joins(lnd, 1));
    SECTION("another point of contact") {
        site.change_northwind(
            [](Organization& each) { each.refer_to = parse_name_addr("boss@northwind.example").value(); });
        CHECK_FALSE(joins(lnd, 2));
        CHECK_FALSE(joins("boss@northwind.example", 3));
        CHECK(joins(carl, 4));
    }
    SECTION("the domain is the organisation's no longer") {
        site.change_northwind([](Organization& each) { each.domains = {"elsewhere.example"}; });
        CHECK_FALSE(joins(carl, 2));
    }
    SECTION("the organisation is gone") {
        auto organizations = site.options().contact_list.organizations();
        organizations.erase(organizations.begin());
        site.options().contact_list = ContactList(organizations);
        CHECK_FALSE(joins(carl, 2));
        CHECK_FALSE(joins(lnd, 3));
    }
}

TEST_CASE("nobody is asked about mail of a robot, of who is not authentic, an old one, or the point of contact's own") {
    Site site;
    std::string mail = from_carl(1);
    std::string from = carl, why;
    SECTION("a robot's") {
        mail = "Auto-Submitted: auto-generated\n" + mail;
        why = "the mail is automatic: auto-generated";
    }
    SECTION("a list's") {
        mail = "List-Id: <staff.northwind.example>\n" + mail;
        why = "the mail is automatic: list";
    }
    SECTION("with the null reverse-path") {
        from = "";
        why = "the reverse-path is null";
    }
    SECTION("not authentic") {
        site.standing = Standing::none;
        why = "the sender is not authentic";
    }
    SECTION("DNS trouble") {
        site.standing = Standing::trouble;
        why = "the sender is not authentic";
    }
    SECTION("of the point of contact") {
        mail = "From: lnd@northwind.example\nSubject: x\n\nHi.\n";
        why = "the sender is who would be asked";
    }
    SECTION("of an organisation without a point of contact") {
        mail = "From: dora@globex.example\nSubject: x\n\nHi.\n";
        why = "the organisation has no refer_to";
    }
    SECTION("the point of contact is an address of ours") {
        site.change_northwind(
            [](Organization& each) { each.refer_to = parse_name_addr("sales@acme.example").value(); });
        why = "sales@acme.example is a mailbox of ours";
    }
    auto const entry = site.take(mail, from);
    CHECK(entry.disposition == Disposition::held);
    auto const step = std::ranges::find(entry.story, "ask", &StoryStep::rule);
    REQUIRE(step != entry.story.end());
    CHECK(step->result == "nobody is asked: " + why);
    CHECK(site.ask().empty());
    site.require_sound();
}

TEST_CASE("mail of ten years that is found in a folder is held, and asks nobody") {
    Site site;
    site.terminal().now += std::chrono::days{30};
    auto const entry = site.take(from_carl(1), carl, "IMAP");
    CHECK(entry.disposition == Disposition::held);
    CHECK(site.ask().empty());
}

TEST_CASE("a vacation notice admits nobody: marked as one, or without any mark, with all of the question in it") {
    AskedSite site;
    auto const quoted = site.newest(OutgoingKind::question).text;
    SECTION("marked by RFC 3834") {
        site.changes_nothing(site.answer({.header = "Auto-Submitted: auto-replied\n", .body = site.word + "\n"}),
                             "the mail is automatic: auto-replied");
    }
    SECTION("with the null reverse-path alone") {
        site.changes_nothing(site.answer({.envelope_from = ""}), "the reverse-path is null");
    }
    SECTION("without any mark, the question below") {
        site.changes_nothing(site.says("I am away until Monday and read my mail then.\n\n" + quoted), "no word");
    }
    SECTION("without any mark, the question above") {
        site.changes_nothing(site.says(quoted + "\nI am away until Monday.\n"), "no word");
    }
    SECTION("the question alone") {
        site.changes_nothing(site.says(quoted), "no word");
    }
    SECTION("wrapped anew at any width") {
        for (std::size_t const width : {20U, 30U, 45U, 60U, 72U, 200U}) {
            std::string wrapped;
            std::size_t column = 0;
            for (char const c : quoted) {
                bool const breaks = c == ' ' && column >= width;
                wrapped += breaks ? '\n' : c;
                column = breaks || c == '\n' ? 0 : column + 1;
            }
            CAPTURE(width);
            site.changes_nothing(site.says("Away.\n\n" + wrapped), "no word");
        }
    }
    SECTION("the word brought to a line of its own by the client that quotes") {
        auto split = quoted;
        split.replace(split.find("Word: "), 6, "Word:\n");
        site.changes_nothing(site.says("Away.\n\n" + split), "no word");
        std::string marked;
        for (std::size_t at = 0; at < split.size();) {
            auto const end = split.find('\n', at);
            auto const line = split.substr(at, end - at);
            marked += (line == site.word ? "" : "> ") + line + "\n";  // a client that loses its place
            at = end + 1;
        }
        site.changes_nothing(site.says("Away.\n\n" + marked), "no word");
        site.changes_nothing(site.says(marked), "no word");
    }
    SECTION("HTML alone") {
        // The question's own HTML, as it went out, between what the responder says.
        auto octets = site.newest(OutgoingKind::question).octets;
        std::erase(octets, '\r');
        auto const begin = octets.find("\n\n", octets.find("Content-Type: text/html")) + 2;
        auto const html = octets.substr(begin, octets.find("\n--=_", begin) - begin);
        auto const header =
            "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n"s;
        auto split = html;
        split.replace(split.find("Word: "), 6, "Word:<br>");
        for (auto const& each : {html, split}) {
            site.changes_nothing(site.answer({.header = header, .body = "<p>Away.</p>\n" + each}), "no word");
            site.changes_nothing(site.answer({.header = header, .body = each + "\n<p>Away.</p>\n"}), "no word");
            auto unmarked = each;
            unmarked.replace(unmarked.find("postern-mail"), 12, "x");
            site.changes_nothing(site.answer({.header = header, .body = "<p>Away.</p>\n" + unmarked}), "no word");
        }
    }
    CHECK(site.answer().reason == "admits " + site.mail.text);
}

TEST_CASE("a forwarded copy of the question, and one that is sent back, admit nobody") {
    AskedSite site;
    auto const quoted = site.newest(OutgoingKind::question).text;
    site.changes_nothing(site.says("---------- Forwarded message ---------\nFrom: Acme Support\n\n" + quoted),
                         "no word");
    site.changes_nothing(site.says("FYI\n\n-----Original Message-----\nFrom: Acme Support <support@acme.example>\n"
                                   "Sent: Saturday\nTo: lnd\nSubject: May this sender write?\n\n" +
                                   quoted),
                         "no word");
    // Whom it was forwarded to answers.
    site.changes_nothing(site.answer({.from = "boss@northwind.example", .envelope_from = "boss@northwind.example"}),
                         "the question was to lnd@northwind.example");
    auto octets = site.newest(OutgoingKind::question).octets;
    std::erase(octets, '\r');
    auto const back = site.take(octets, "", "SMTP", site.address);
    CHECK(back.rule == "own-mail");
    CHECK(site.is_waiting());
}

// As mail clients quote it.
std::string marked(std::string const& text) {
    std::string quoted = "> " + text;
    for (auto at = quoted.find('\n'); at != std::string::npos; at = quoted.find('\n', at + 3))
        quoted.insert(at + 1, "> ");
    return quoted;
}

TEST_CASE("an answer admits where a person writes it as people do") {
    AskedSite site;
    auto const quoted = site.newest(OutgoingKind::question).text;
    auto const word = site.word;
    auto lower = word;
    std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    std::string body, header;
    SECTION("alone") {
        body = word + "\n";
    }
    SECTION("in lower case, in bold") {
        body = "  *" + lower + "*.\n";
    }
    SECTION("after a greeting, before a signature") {
        body = "Hello,\n\n" + word + "\n\nKind regards\nLena\n-- \nLena Dorn, L&D\n";
    }
    SECTION("on top of a quotation") {
        body = word + "\n\nOn Sat, 21 Nov 2026, Acme Support wrote:\n" + marked(quoted) + "\n";
    }
    SECTION("on top of a quotation without marks, as Outlook writes it") {
        body = word +
               "\n\nFrom: Acme Support <support@acme.example>\nSent: Saturday, 21 November 2026 10:00\nTo: "
               "Northwind L&D\nSubject: May this sender write to Acme Support?\n\n" +
               quoted;
    }
    SECTION("on top of a quotation that nothing leads") {
        body = word + "\n\n" + quoted;
    }
    SECTION("with yes and please") {
        body = "Yes, " + word + " please.\n\nThank you\n";
    }
    SECTION("in typographic quotation marks") {
        body = "\xE2\x80\x9E" + word + "\xE2\x80\x9C\n";
        header = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";
    }
    SECTION("below the quotation, as some mail clients have it by default") {
        body = "On Sat, 21 Nov 2026, Acme Support wrote:\n" + marked(quoted) + "\n\n" + word + "\n\n-- \nLena Dorn\n";
    }
    SECTION("below the quotation, as HTML alone") {
        header = "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n";
        body =
            "<html><body><div class=\"moz-cite-prefix\">On 21/11/2026 10:00, Acme Support wrote:<br></div>"
            "<blockquote type=\"cite\"><p>" +
            quoted + "</p></blockquote><p><br></p><p>" + word + "</p></body></html>\n";
    }
    SECTION("as HTML alone") {
        header = "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n";
        body = "<html><body><div>Hi,</div><div><br></div><div><b>" + word +
               "</b></div><br><div>On Saturday Acme Support wrote:</div><blockquote>" + quoted +
               "</blockquote></body></html>\n";
    }
    auto const entry = site.answer({.header = header, .body = body});
    CHECK(entry.reason == "admits " + site.mail.text);
    CHECK(site.let_go() == 1);
    site.require_sound();
}

TEST_CASE(
    "a word that is missing, another, in the subject, within a sentence or in the quotation alone admits nobody") {
    AskedSite site;
    site.changes_nothing(site.says("Yes, please.\n"), "no word");
    site.changes_nothing(site.says("Yes: " + site.word + " it is\n"), "no word");
    site.changes_nothing(site.says(site.word + site.word + "\n"), "no word");
    for (std::string const no : {"No ", "Not ", "Please do not let in ", "Nein, ", "Not ok: ", "\u043D\u0435 "})
        site.changes_nothing(site.answer({.header = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n",
                                          .body = no + site.word + "\n"}),
                             "no word");
    site.changes_nothing(site.says("\n"), "no word");
    site.changes_nothing(site.answer({.header = "X-Subject: x\nSubject: " + site.word + "\n", .body = "Yes\n"}),
                         "no word");
    site.changes_nothing(site.says("Yes\n\n> " + site.word + "\n"), "no word");
    site.changes_nothing(site.says("Yes\n\nOn Saturday Acme Support wrote:\n> Word:\n> " + site.word + "\n"),
                         "no word");
    auto const other = site.word == "TULIP" ? "LEMON" : "TULIP";
    site.changes_nothing(site.says(std::string(other) + "\n"), "no word");
    std::string far;
    for (int i = 0; i < 60; ++i) far += "line " + std::to_string(i) + "\n";
    site.changes_nothing(site.says(far + site.word + "\n"), "no word");
}

TEST_CASE("From has to be exactly who was asked, authentic, and nobody beside them") {
    AskedSite site;
    SECTION("the held sender himself, who can't know the address") {
        site.changes_nothing(site.answer({.from = "Carl <carl@northwind.example>", .envelope_from = carl}),
                             "the question was to lnd@northwind.example");
    }
    SECTION("a contact who was not asked") {
        site.changes_nothing(
            site.answer({.from = "Ana Ruiz <ana@northwind.example>", .envelope_from = "ana@northwind.example"}),
            "the question was to lnd@northwind.example");
    }
    SECTION("a display name that looks like it") {
        site.changes_nothing(
            site.answer({.from = "\"lnd@northwind.example\" <eve@evil.example>", .envelope_from = "eve@evil.example"}),
            "the question was to");
    }
    SECTION("two in From, or two From") {
        site.changes_nothing(site.answer({.from = "lnd@northwind.example, eve@evil.example"}),
                             "From names 2 mailboxes");
        site.changes_nothing(site.answer({.from = "lnd@northwind.example\nFrom: lnd@northwind.example"}),
                             "admits nobody");
        site.changes_nothing(site.answer({.from = "ana@northwind.example, lnd@northwind.example"}),
                             "From names 2 mailboxes");
    }
    SECTION("nobody in From") {
        site.changes_nothing(site.answer({.from = ""}), "From names nobody");
    }
    SECTION("forged, and its domain publishes nothing") {
        site.standing = Standing::none;
        site.changes_nothing(site.answer(), "the sender is not authentic");
        site.standing = Standing::unknown;
        site.changes_nothing(site.answer(), "the sender is not authentic");
        site.standing = Standing::not_asked;
        site.changes_nothing(site.answer(), "the sender is not authentic");
    }
    SECTION("forged, and its domain asks to hold what fails") {
        site.terminal().authenticate = [](RawMessage const&, ParsedMessage const&, Policy const&) {
            SenderAuthentication found;
            found.from_domain = "northwind.example";
            found.dmarc.result = DmarcResult::fail;
            found.dmarc.policy = DmarcPolicy::quarantine;
            found.standing = Standing::fail;
            return found;
        };
        site.changes_nothing(site.answer(), "asks to quarantine");
    }
    CHECK(site.is_waiting());
}

TEST_CASE("a forged answer whose domain asks to reject is refused, and admits nobody") {
    AskedSite site;
    site.terminal().authenticate = [](RawMessage const&, ParsedMessage const&, Policy const&) {
        SenderAuthentication found;
        found.from_domain = "northwind.example";
        found.dmarc.result = DmarcResult::fail;
        found.dmarc.policy = DmarcPolicy::reject;
        found.standing = Standing::fail;
        return found;
    };
    CHECK(site.answer().disposition == Disposition::refused);
    CHECK_THAT(site.reply, StartsWith("550 5.7.26"));
    CHECK(site.is_waiting());
    CHECK(site.let_go() == 0);
}

TEST_CASE("while DNS does not say whether an answer is authentic, it is to come again, and counts then") {
    AskedSite site;
    site.standing = Standing::trouble;
    auto const mail = "From: lnd@northwind.example\nTo: " + site.address +
                      "\nMessage-ID: <again@northwind.example>\n\n" + site.word + "\n";
    for (auto const* const way : {"SMTP", "LMTP", "IMAP"}) {
        auto const heard = site.ways.take(way, lnd, mail, {site.address});
        CHECK_THAT(heard.reply, StartsWith("451 4.7.0") || StartsWith("left there"));
        CHECK(heard.mails.empty());
    }
    CHECK(site.is_waiting());
    site.standing = Standing::pass;
    CHECK(site.take(mail, lnd, "SMTP", site.address).reason == "admits " + site.mail.text);
}

TEST_CASE("a word counts once: a second answer, two at once, and after a restart") {
    AskedSite site;
    CHECK(site.answer().reason == "admits " + site.mail.text);
    CHECK_THAT(site.answer().reason, Contains(site.mail.text + " was let in before"));
    site.open();  // as after a crash between answer and release
    CHECK_THAT(site.answer().reason, Contains("was let in before"));
    CHECK(site.let_go() == 1);
    CHECK_THAT(site.answer().reason, Contains("was let in before"));
    CHECK(site.let_go() == 0);
    CHECK(site.store().tickets({}).size() == 1);
    CHECK(site.store().answers_to(site.mail).size() == 2);
    site.require_sound();
}

TEST_CASE("the same answer again, by another way in, is a duplicate") {
    AskedSite site;
    auto const mail = "From: lnd@northwind.example\nTo: " + site.address +
                      "\nSubject: Re: x\nMessage-ID: <same@northwind.example>\n\n" + site.word + "\n";
    CHECK(site.take(mail, lnd, "SMTP", site.address).reason == "admits " + site.mail.text);
    CHECK(site.take(mail, lnd, "LMTP", site.address).disposition == Disposition::duplicate);
}

TEST_CASE("an address that expired is nobody's, by every way in") {
    AskedSite site;
    site.terminal().now += answer_time + 1h;
    auto const mail = "From: lnd@northwind.example\nTo: " + site.address + "\n\n" + site.word + "\n";
    for (auto const* const way : {"SMTP", "trusted_relays", "LMTP"}) {
        CHECK_THAT(site.ways.take(way, lnd, mail, {site.address}).reply, StartsWith("550 5.1.1"));
    }
    CHECK(site.ways.take("deliver", lnd, mail, {site.address}).reply == "exit 67");
    CHECK(site.is_waiting());
    // What lies in the folder lies there: it is not taken for a new ticket.
    site.changes_nothing(site.answer({.way = "IMAP"}), "the question has expired");
    // Forgotten, and still no ticket.
    CHECK_FALSE(site.store().forget_expired(site.terminal().now));
    CHECK(site.answer({.way = "IMAP"}).disposition == Disposition::ignored);
    CHECK(site.store().held_count() == 1);
    site.require_sound();
}

TEST_CASE("another question's address, another mailbox's, and one that was changed let nobody in") {
    AskedSite site;
    auto const first = site.address, first_word = site.word;
    auto const second_mail = site.hold(2, "Something else");
    REQUIRE(site.ask().size() == 1);
    auto const second = site.address;
    SECTION("the word of one to the address of the other") {
        if (first_word != site.word) {
            CHECK_THAT(site.answer({.body = first_word + "\n", .to = second}).reason, Contains("no word"));
        }
        CHECK(site.answer({.to = second}).reason == "admits " + second_mail.text);
        CHECK(site.let_go() == 1);
        CHECK(site.store().ledger_entry(site.mail.text)->disposition == Disposition::held);
    }
    SECTION("a digit changed, or another mailbox before it") {
        auto changed = first;
        changed[20] = changed[20] == '0' ? '1' : '0';
        auto const other = "sales" + first.substr(7);
        for (auto const& to : {changed, other}) {
            auto const mail = "From: lnd@northwind.example\nTo: " + to + "\n\n" + first_word + "\n";
            CHECK_THAT(site.ways.take("SMTP", lnd, mail, {to}).reply, StartsWith("550 5.1.1"));
            CHECK(site.ways.take("deliver", lnd, mail, {to}).reply == "exit 67");
            // In a folder it is a mail like any other.
            auto const entry = site.take(mail, lnd, "IMAP");
            CHECK(entry.disposition == Disposition::held);
            CHECK(entry.rule == "unlisted");
        }
        CHECK(site.store().admissions(10).empty());
    }
    SECTION("another organisation's point of contact, to an address that they were not sent") {
        auto organizations = site.options().contact_list.organizations();
        organizations[1].refer_to = parse_name_addr("boss@globex.example").value();
        site.options().contact_list = ContactList(organizations);
        CHECK_THAT(
            site.answer({.from = "boss@globex.example", .envelope_from = "boss@globex.example", .to = first}).reason,
            Contains("the question was to lnd@northwind.example"));
    }
    site.require_sound();
}

TEST_CASE("one question about several: each word lets in its own mail, and several words several") {
    Site site;
    std::vector<MailId> mails;
    for (int i = 1; i <= 3; ++i) mails.push_back(site.hold(i, "Matter " + std::to_string(i)));
    auto const questions = site.ask();
    REQUIRE(questions.size() == 1);
    auto const& items = questions[0].items;
    REQUIRE(items.size() == 3);
    CHECK(site.says(items[1].word + "\n").reason == "admits " + mails[1].text);
    CHECK(site.states() == std::vector{PetitionState::asked, PetitionState::admitted, PetitionState::asked});
    CHECK(site.says("Hi,\n" + items[0].word + ", " + items[2].word + "\n").reason ==
          "admits " + mails[0].text + ", " + mails[2].text);
    CHECK(site.let_go() == 3);
    CHECK(site.store().tickets({}).size() == 3);
    site.require_sound();
}

TEST_CASE("five questions a day an organisation: the sixth gathers what comes, and goes out when the day allows it") {
    Site site;
    for (int i = 1; i <= 5; ++i) {
        site.hold(i);
        CHECK(site.ask().size() == 1);
        site.terminal().now += 1h;
    }
    for (int i = 6; i <= 30; ++i) {
        site.hold(i);
        CHECK(site.ask().empty());
    }
    site.terminal().now = noon + 24h - 1ms;
    CHECK(site.ask().empty());
    site.terminal().now = noon + 24h;
    auto const questions = site.ask();
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].items.size() == most_mails_in_question);
    CHECK_THAT(site.newest(OutgoingKind::question).text, Contains("20 mails") && Contains("each word on its own line"));
    // The rest has to wait for the next.
    CHECK(site.ask().empty());
    site.terminal().now = noon + 25h;
    REQUIRE(site.ask().size() == 1);
    site.require_sound();
}

TEST_CASE("a reload meanwhile: who is not the point of contact any more decides nothing, nor is anybody asked") {
    AskedSite site;
    SECTION("another point of contact") {
        site.change_northwind(
            [](Organization& each) { each.refer_to = parse_name_addr("boss@northwind.example").value(); });
        site.changes_nothing(site.answer(), "lnd@northwind.example is not its point of contact any more");
        site.changes_nothing(site.answer({.from = "boss@northwind.example", .envelope_from = "boss@northwind.example"}),
                             "not its point of contact any more");
    }
    SECTION("the organisation is gone") {
        auto organizations = site.options().contact_list.organizations();
        organizations.erase(organizations.begin());
        site.options().contact_list = ContactList(organizations);
        site.changes_nothing(site.answer(), "the organisation is not configured any more");
    }
    SECTION("ask is false") {
        site.options().contacts.ask = false;
        auto const mail = "From: lnd@northwind.example\nTo: " + site.address + "\n\n" + site.word + "\n";
        CHECK_THAT(site.ways.take("SMTP", lnd, mail, {site.address}).reply, StartsWith("550 5.1.1"));
        CHECK(site.is_waiting());
    }
    SECTION("owed, and there is nobody to ask any more") {
        site.hold(2);
        site.change_northwind([](Organization& each) { each.refer_to.reset(); });
        CHECK(site.ask().empty());
        site.change_northwind([](Organization& each) { each.refer_to = parse_name_addr(lnd).value(); });
        CHECK(site.ask().empty());
        CHECK(site.store().held_count() == 2);
    }
    SECTION("admitted, and the organisation goes before the mail does") {
        CHECK(site.answer().reason == "admits " + site.mail.text);
        auto organizations = site.options().contact_list.organizations();
        organizations.erase(organizations.begin());
        site.options().contact_list = ContactList(organizations);
        CHECK(site.let_go() == 1);
        auto const entry = site.store().ledger_entry(site.mail.text).value();
        CHECK(entry.disposition == Disposition::held);
        CHECK_THAT(entry.reason, Contains("not configured any more"));
        CHECK(site.let_go() == 0);
        CHECK(site.states() == std::vector{PetitionState::closed});
    }
    site.require_sound();
}

TEST_CASE("an operator sees who was asked about held mail, until when, and what came of it") {
    Site site;
    auto const mail = site.hold().text;
    CHECK_THAT(site.terminal().run("postern held list").out,
               Contains("whose domain it is of; the point of contact is going to be asked"));
    CHECK(nlohmann::json::parse(site.terminal().run("postern held list --json").out)[0]["question"]["state"] == "owed");
    REQUIRE(site.ask().size() == 1);
    auto const asked = "lnd@northwind.example was asked on "s;
    CHECK_THAT(site.terminal().run("postern held show " + mail).out, Contains(asked) && Contains("can answer until"));
    auto const question =
        nlohmann::json::parse(site.terminal().run("postern message why --json " + mail).out)["question"];
    CHECK(question["state"] == "asked");
    CHECK(question["to"] == "lnd@northwind.example");
    CHECK(question["answered_by"].is_null());
    SECTION("nobody answered") {
        site.terminal().now += std::chrono::days{8};
        while (site.store().forget_expired(site.terminal().now)) continue;
        CHECK_THAT(site.terminal().run("postern held list").out, Contains("lnd@northwind.example did not let it in"));
        CHECK_THAT(site.terminal().run("postern message why " + mail).out,
                   Contains("Of the question about it: " + asked) && Contains("the time to answer ended on"));
    }
    SECTION("it was let in") {
        (void)site.answer();
        CHECK_THAT(site.terminal().run("postern held list").out, Contains("lnd@northwind.example let it in"));
        REQUIRE(site.let_go() == 1);
        CHECK_THAT(site.terminal().run("postern message why " + mail).out,
                   Contains("and let it in by mail MAIL000000000002.") &&
                       Contains("not asked: let in by lnd@northwind.example"));
    }
    SECTION("an operator let it go") {
        REQUIRE(site.terminal().run("postern held release " + mail).code == 0);
        CHECK_THAT(site.terminal().run("postern message why " + mail).out, Contains("no answer counts any more"));
    }
    site.require_sound();
}

TEST_CASE("an operator was faster: nobody is asked or let in any more") {
    AskedSite site;
    auto const id = site.mail.text;
    SECTION("released") {
        CHECK(site.terminal().run("postern held release " + id).code == 0);
        CHECK(site.store().tickets({}).at(0).organization_id.empty());
        CHECK(site.answer().reason == "admits nobody: " + id + " is not asked about any more");
    }
    SECTION("dropped") {
        CHECK(site.terminal().run("postern held drop " + id).code == 0);
        CHECK(site.answer().reason == "admits nobody: " + id + " is not asked about any more");
    }
    SECTION("released after the answer, before the mail went its way") {
        CHECK(site.answer().reason == "admits " + id);
        auto const admission = site.store().admissions(1).at(0);
        auto const entry = site.store().ledger_entry(id).value();
        auto const raw = admitted_mail(admission, entry, site.store().raw_octets(entry.id).value());
        CHECK(site.terminal().run("postern held release " + id).code == 0);
        CHECK(site.let_go() == 0);
        // The daemon had it in its hands already.
        site.store().atomically([&] {
            auto const receipt = intake(raw, parse_message(raw.octets), raw.admitted->authentication,
                                        *site_policy(site.options()), site.store(), site.terminal().now);
            CHECK(receipt.outcome == Receipt::Outcome::deferred);
        });
        CHECK(site.store().tickets({}).size() == 1);
    }
    CHECK(site.let_go() == 0);
    site.require_sound();
}

TEST_CASE("an answer is found in the header where the MTA before us took away what stands behind the plus") {
    for (auto const* const field : {"To", "Cc", "Delivered-To"}) {
        CAPTURE(field);
        AskedSite site;
        auto const entry = site.take("From: lnd@northwind.example\n"s + field + ": " + site.address +
                                         "\nMessage-ID: <x@northwind.example>\n\n" + site.word + "\n",
                                     lnd, "LMTP");
        CHECK(entry.reason == "admits " + site.mail.text);
    }
}

TEST_CASE("the point of contact's own domain is authenticated though no organisation has it") {
    Site site;
    site.change_northwind([](Organization& each) { each.refer_to = parse_name_addr("boss@holding.example").value(); });
    site.hold();
    site.ask();
    CHECK(site.answer({.from = "boss@holding.example", .envelope_from = "boss@holding.example"}).rule == "admission");
    CHECK(site.let_go() == 1);
    site.options().contacts.ask = false;
    CHECK_FALSE(site_policy(site.options())->authentication_of("holding.example"));
}

TEST_CASE("the daemon asks and lets go by itself, also what it finds at its start") {
    AskedSite site;
    REQUIRE(site.answer().reason == "admits " + site.mail.text);
    site.hold(2, "Another");
    auto const policy = site_policy(site.options());
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    site.terminal().store.reset();
    {
        StoreWriter writer(open_sqlite_store({site.options().site.state_dir / "postern.db", Migrate::yes}), log);
        InFlight const in_flight(std::uint64_t{1} << 24U);
        std::atomic<int> told{0};
        auto const clock = [] { return noon; };
        boost::asio::io_context io;
        ParsingDesk desk(policy, nullptr, {writer, log, clock, [&] { ++told; }}, 1);
        Admissions const admissions(io, Admissions::Services{writer, desk, in_flight, log, clock, [&] { ++told; }},
                                    policy);
        for (int i = 0; i < 1000 && told < 2; ++i) std::this_thread::sleep_for(10ms);
        CHECK(told == 2);
    }
    site.open();
    CHECK(site.store().ledger_entry(site.mail.text)->disposition == Disposition::opened);
    CHECK(site.store().ticket({"ACME", 1000})->articles.at(0).authentication == "pass");
    CHECK(site.store().outbox().size() == 4);  // two questions, the receipt, the word to the point of contact
    site.require_sound();
}
