// `postern explain` against intake: what it says beforehand is what happens, rule by rule.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "daemon/intake.h"
#include "daemon/smtp_outcome.h"
#include "store/memory_store.h"
#include "tests/daemon/correspondence.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;

namespace {

using Json = nlohmann::json;

Json explained(Terminal& terminal, Coming const& mail) {
    terminal.files["coming.eml"] = mail.octets;
    auto const session = terminal.run("postern explain - --mailbox " + mail.to + " --from '" + mail.from +
                                      "' --ip 192.0.2.1 --source " + mail.source + " --json < coming.eml");
    INFO(session.err);
    REQUIRE(session.code == 0);
    return Json::parse(session.out);
}

Json story_of(LedgerEntry const& entry) {
    auto story = Json::array();
    for (auto const& step : entry.story) {
        story.push_back({{"rule", step.rule},
                         {"saw", step.saw},
                         {"result", step.result},
                         {"config", step.config.empty() ? Json() : Json(step.config)}});
    }
    return story;
}

// The same document, of what intake made of the mail.
Json taken_in(Terminal& terminal, Coming const& mail, Policy const& policy) {
    RawMessage raw;
    raw.id = {fmt::format("MAIL{:012}", terminal.store->ledger({}).size() + 1)};  // as the terminal shows them
    raw.source = *parse_source(mail.source);
    raw.envelope.forward_path = {parse_mailbox(mail.to).value()};
    raw.envelope.reverse_path_known = true;
    if (!mail.from.empty()) raw.envelope.reverse_path.mailbox = parse_mailbox(mail.from).value();
    raw.envelope.client = "192.0.2.1";
    raw.envelope.from_our_mta = raw.source == Source::lmtp;
    raw.octets = mail.octets;
    raw.received = raw.arrived = terminal.now;
    auto const message = parse_message(raw.octets);
    auto const authentication = terminal.authenticated(raw, message, policy);
    Receipt receipt;
    terminal.store->atomically(
        [&] { receipt = intake(raw, message, authentication, policy, *terminal.store, terminal.now); });
    REQUIRE(receipt.outcome == Receipt::Outcome::committed);
    auto const entry = terminal.store->ledger_entry(raw.id.text);
    REQUIRE(entry);
    std::string reply;
    smtp::append_outcome(reply, receipt, raw.envelope.from_our_mta, "ID");
    bool const by_smtp = raw.source == Source::smtp || raw.source == Source::lmtp;
    auto outgoing = Json::array();
    for (auto const& sent : terminal.store->answers_to(raw.id))
        outgoing.push_back({{"kind", to_string(sent.kind)}, {"to", sent.recipient}, {"subject", sent.subject}});
    bool const opened = entry->disposition == Disposition::opened;
    return {{"disposition", to_string(entry->disposition)},
            {"rule", entry->rule},
            {"ticket", entry->ticket && !opened ? Json(entry->ticket->text()) : Json()},
            {"smtp_reply", by_smtp ? Json(reply.substr(0, reply.size() - 2)) : Json()},
            {"outgoing", outgoing},
            {"story", story_of(*entry)},
            {"receipt_why", entry->receipt_why.empty() ? Json() : Json(entry->receipt_why)},
            {"config_revision", entry->revision}};
}

Json taken_in(Terminal& terminal, Coming const& mail) {
    return taken_in(terminal, mail, *site_policy(terminal.options));
}

// Without the texts of what goes out, which hold the id the mail does not have yet.
Json told(Json explanation) {
    for (auto& mail : explanation["outgoing"]) mail.erase("text");
    return explanation;
}

void check_agree(Terminal& terminal, Coming const& mail, Policy const& policy) {
    auto const beforehand = told(explained(terminal, mail));
    auto const rows = terminal.store->ledger({}).size();
    auto const happened = taken_in(terminal, mail, policy);
    CHECK(terminal.store->ledger({}).size() == rows + 1);  // explain left nothing behind
    if (beforehand != happened) FAIL_CHECK(beforehand.dump(1) << "\n" << happened.dump(1) << "\n" << mail.octets);
}

void check_agree(Terminal& terminal, Coming const& mail) {
    check_agree(terminal, mail, *site_policy(terminal.options));
}

Options with_places(Options options) {
    options.revision = "0123456789abcdef";
    options.site.postmaster = parse_mailbox("ops@acme.example").value();
    options.places = {{"contacts.unlisted", "postern.toml:20"},
                      {"limits.fold_after", "postern.toml:21"},
                      {"site.postmaster", "postern.toml:22"},
                      {"authentication.policy", "postern.toml:23"}};
    options.mailboxes[0].where = "postern.toml:5";
    return options;
}

std::string mail_of(std::string const& from, std::string const& subject, std::string const& more = {}) {
    static int count = 0;
    return crlf("From: " + from + "\nTo: support@acme.example\nSubject: " + subject + "\nMessage-ID: <" +
                std::to_string(++count) + "@mail.example>\n" + more + "\nIt smokes.\n");
}

constexpr auto ana = "Ana Ruiz <ana@northwind.example>", carl = "carl@northwind.example";

}  // namespace

TEST_CASE("for every rule a mail that explain ends with it, the line of the configuration named, and intake does so") {
    struct Row {
        std::string rule, place, disposition;
        Coming mail;
    };
    Terminal terminal;
    terminal.options = with_places(site_options());
    terminal.options.limits.fold_after = {2, std::chrono::hours{1}};
    auto const first = mail_of(ana, "Printer");
    taken_in(terminal, {"ana@northwind.example", first});  // ACME-1000
    auto const receipt = terminal.store->outbox().front().message_id;
    std::vector<Row> rows{
        {"arrival-key", "", "duplicate", {"ana@northwind.example", first}},
        {"own-mail",
         "",
         "ignored",
         {"ana@northwind.example", crlf("From: a@b.example\nMessage-ID: " + receipt + "\n\nx\n")}},
        {"postmaster",
         "postern.toml:22",
         "ignored",
         {"eve@evil.example", mail_of("eve@evil.example", "Hi"), "postmaster@acme.example"}},
        {"bounce",
         "",
         "ignored",
         {"", mail_of("mailer-daemon@x.example", "Undelivered Mail",
                      "Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; "
                      "boundary=b\n")}},
        {"clear-sender",
         "",
         "held",
         {"ana@northwind.example", mail_of("ana@northwind.example, bo@northwind.example", "Two")}},
        {"listed-contact", "contacts.toml:1", "refused", {carl, mail_of(carl, "Me too")}},
        {"automatic-reply",
         "",
         "ignored",
         {"ana@northwind.example", mail_of(ana, "Out of office", "Auto-Submitted: auto-replied\n")}},
        {"ticket-tag",
         "postern.toml:5",
         "appended",
         {"ana@northwind.example", mail_of(ana, "Re: [ACME-1000] Printer")}},
        {"thread",
         "",
         "appended",
         {"ana@northwind.example", mail_of(ana, "Printer", "In-Reply-To: " + receipt + "\n")}},
        {"new-ticket", "postern.toml:5", "opened", {"ana@northwind.example", mail_of(ana, "Scanner")}},
        {"new-ticket", "postern.toml:5", "opened", {"ana@northwind.example", mail_of(ana, "Scanner")}},
        {"new-ticket", "postern.toml:5", "opened", {"ana@northwind.example", mail_of(ana, "Scanner")}},
        {"fold", "postern.toml:21", "appended", {"ana@northwind.example", mail_of(ana, "Scanner")}},
    };
    std::set<std::string> seen;
    auto const check = [&](Row const& row) {
        INFO(row.rule);
        auto const explanation = explained(terminal, row.mail);
        CHECK(explanation["rule"] == row.rule);
        CHECK(explanation["disposition"] == row.disposition);
        auto const& last = explanation["story"].back();
        CHECK(last["rule"] == row.rule);
        CHECK((last["config"].is_null() ? "" : last["config"].get<std::string>()) == row.place);
        seen.insert(row.rule);
        check_agree(terminal, row.mail);
    };
    for (auto const& row : rows) check(row);
    terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    check({"unlisted", "postern.toml:20", "held", {carl, mail_of(carl, "Me too")}});
    terminal.options.authentication.policy = AuthenticationPolicy::require;
    terminal.options.contact_list = ContactList(terminal.options.contact_list.organizations());
    terminal.authentication.standing = SenderAuthentication::Standing::fail;
    terminal.authentication.from_domain = "northwind.example";
    check({"authentication", "postern.toml:23", "refused", {"ana@northwind.example", mail_of(ana, "Forged")}});
    // An answer to a question that was forgotten since.
    TemporaryFolder const state;
    terminal.options.site.state_dir = state.path();
    terminal.options.contacts.ask = true;
    terminal.options.places["contacts.ask"] = "postern.toml:24";
    terminal.authentication = {};
    auto const answers_to = AdmissionAddresses(SiteSecret::load_or_make(state.path()))
                                .make({"support", "acme.example"}, {{1}, terminal.now + std::chrono::hours{1}});
    check({"admission",
           "postern.toml:24",
           "ignored",
           {"lnd@northwind.example", mail_of("lnd@northwind.example", "Yes"), answers_to.address()}});
    // Every rule that decide has: those asked of the mail that passes them all, and those that end it here.
    auto const story = [&] {
        terminal.authentication = {};
        terminal.options.authentication.policy = AuthenticationPolicy::off;
        return explained(terminal, {"ana@northwind.example", mail_of(ana, "All of them")})["story"];
    }();
    CHECK(story.size() == 14);
    for (auto const& step : story) CHECK(seen.contains(step["rule"]));
}

TEST_CASE("what is refused at the door is told so, in SMTP's words") {
    Terminal terminal;
    terminal.options = with_places(site_options());
    terminal.options.limits.message = 1000;
    terminal.options.places["limits.message"] = "postern.toml:30";
    auto const to_nobody = explained(terminal, {carl, mail_of(carl, "Hi"), "nobody@acme.example"});
    CHECK(to_nobody["smtp_reply"] == "550 5.1.1 No such mailbox here");
    CHECK(to_nobody["disposition"] == "refused");
    auto const large = explained(terminal, {"ana@northwind.example", mail_of(ana, std::string(2000, 'x'))});
    CHECK(large["smtp_reply"] == "552 5.3.4 Message too large");
    CHECK(large["story"][0]["config"] == "postern.toml:30");
    std::string hops;
    for (int i = 0; i < 51; ++i) hops += "Received: x\n";
    CHECK(explained(terminal, {"ana@northwind.example", mail_of(ana, "R", hops)})["smtp_reply"] ==
          "554 5.4.6 Mail loop: too many Received fields");
    CHECK(terminal.run("postern explain - --mailbox nobody@acme.example --source deliver < coming.eml").code == 67);
    CHECK(terminal.run("postern explain - --mailbox support@acme.example --ip 1.2.3 < coming.eml").code == 64);
    CHECK(terminal.run("postern explain - --mailbox support@acme.example --source fax < coming.eml").code == 64);
    terminal.files["empty.eml"] = "";
    CHECK(terminal.run("postern explain - --mailbox support@acme.example < empty.eml").code == 65);
    CHECK(terminal.store->ledger({}).empty());
}

TEST_CASE("what would not be taken now is told so") {
    Terminal terminal;
    terminal.options = with_places(site_options());
    terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    terminal.options.limits.held = 0;
    auto const full = explained(terminal, {carl, mail_of(carl, "Hi")});
    CHECK(full["smtp_reply"] == "452 4.3.1 No room for it now, try again later");
    CHECK(full["disposition"].is_null());
    CHECK(full["outgoing"].empty());
}

TEST_CASE("explain shows a person the mail that would go out, with nothing of a stranger's that a terminal obeys") {
    Terminal terminal;
    terminal.options = with_places(site_options());
    terminal.files["ana.eml"] = mail_of(ana, "Printer =?utf-8?q?=1b=5b31m?=");
    auto const session = terminal.run("postern explain - --mailbox support@acme.example < ana.eml");
    CHECK(session.code == 0);
    CHECK(session.out.find("So it would be opened, as the next ticket, ACME-1000, by the rule new-ticket.\n"
                           "The client would hear: 250 2.0.0 Ok: ID\n"
                           "A receipt would go to ana@northwind.example: [ACME-1000] Re: Printer") !=
          std::string::npos);
    CHECK(session.out.find("(contacts.toml:5)") != std::string::npos);
    CHECK(session.out.find('\x1b') == std::string::npos);
}

TEST_CASE("explain and intake agree on 10,000 generated mails") {
    constexpr int correspondences = 100, mails = 100;
    std::set<std::string> rules;
    for (int n = 0; n < correspondences; ++n) {
        Terminal terminal;
        terminal.options = with_places(site_options());
        terminal.options.limits.fold_after = {3, std::chrono::hours{1}};
        terminal.options.limits.receipts_per_address = {5, std::chrono::hours{1}};
        if (n % 2 == 1) terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
        if (n % 3 == 1) terminal.authentication.standing = SenderAuthentication::Standing::pass;
        if (n % 3 == 2) terminal.authentication.standing = SenderAuthentication::Standing::fail;
        if (n % 5 == 2) terminal.options.authentication.policy = AuthenticationPolicy::require;
        auto const policy = site_policy(terminal.options);
        Correspondence correspondence(static_cast<std::uint32_t>(n));
        for (int i = 0; i < mails; ++i) {
            terminal.now += std::chrono::seconds{37};
            auto const ours = terminal.store->outbox();
            check_agree(terminal, correspondence.next(ours.empty() ? "" : ours.back().message_id), *policy);
        }
        for (auto const& entry : terminal.store->ledger({})) rules.insert(entry.rule);
    }
    for (auto const& rule : rules) UNSCOPED_INFO(rule);
    CHECK(rules.size() == 13);  // the correspondence meets every rule
}

TEST_CASE("explain and intake agree on real mail") {
    auto const folder = std::filesystem::path(POSTERN_SOURCE_DIR).parent_path() / "shared/mail";
    std::ifstream list(folder / "LIST");
    if (!list) return skip("no real mail lies beside the project");
    Terminal terminal;
    terminal.options = with_places(site_options());
    auto const policy = site_policy(terminal.options);
    std::size_t count = 0;
    for (std::string name; std::getline(list, name); ++count) {
        std::ifstream stream(folder / "pool" / name, std::ios::binary);
        Coming mail{"ana@northwind.example", {std::istreambuf_iterator<char>(stream), {}}};
        if (mail.octets.empty()) continue;
        mail.source = count % 2 == 0 ? "deliver" : "lmtp";
        if (parse_message(mail.octets).received_count > 50) mail.source = "deliver";
        INFO(name);
        check_agree(terminal, mail, *policy);
    }
    CHECK(count > 900);
}
