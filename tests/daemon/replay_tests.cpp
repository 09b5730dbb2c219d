// `postern check --replay`: under the configuration that decided nothing changes, whatever came; under another one what
// would change is listed, and nothing else.
#include "daemon/replay.h"

#include <fmt/format.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "daemon/admissions.h"
#include "daemon/held_mail.h"
#include "daemon/intake.h"
#include "daemon/our_mta.h"
#include "daemon/questions.h"
#include "daemon/recorded_mail.h"
#include "daemon/sender_authenticator.h"
#include "parsers/authentication_results.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/daemon/correspondence.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Standing = SenderAuthentication::Standing;
using namespace std::string_literals;

namespace {

using Json = nlohmann::json;

std::size_t number_of(std::string const& text) {
    return std::accumulate(text.begin(), text.end(), std::size_t{5381},
                           [](std::size_t sum, char c) { return sum * 33 + static_cast<unsigned char>(c); });
}

// What DNS and the verifiers may say of a mail, by chance and for ever the same; as the daemon records it.
SenderAuthentication found_by_chance(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    SenderAuthentication found;
    auto const domain = domain_to_authenticate(raw, message, policy);
    if (!domain) return found;
    found.from_domain = *domain;
    found.spf_checked = comes_straight(raw);
    auto const number = number_of(message.message_id.value_or(raw.octets));
    if (spf_is_worth_asking(raw, *domain))
        found.spf = {static_cast<SpfResult>(number % 7), *domain, false, "as it says"};
    if (number % 3 > 0)
        found.dkim.push_back({static_cast<DkimResult>(number / 7 % 7), *domain, "s", "rsa-sha256", "as it \"says\""});
    if (number % 5 > 0) {
        bool const passes = has_aligned_pass(*domain, found.spf, found.dkim);
        found.dmarc = {passes ? DmarcResult::pass : DmarcResult::fail, static_cast<DmarcPolicy>(number / 5 % 3),
                       *domain};
    } else if (number % 2 == 0) {
        found.dmarc.result = DmarcResult::temperror;
    }
    look_at_fields(find_authentication_fields(raw.octets), found.spf_checked, policy, found);
    weigh(found);
    found.results = format_authentication_results(
        {"support.acme.example", *domain, found.spf, found.dkim, found.dmarc, std::nullopt});
    return found;
}

SenderAuthentication found_authentic(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    SenderAuthentication found;
    auto const domain = domain_to_authenticate(raw, message, policy);
    if (!domain) return found;
    found.from_domain = *domain;
    found.dkim = {{DkimResult::pass, *domain, "s", "rsa-sha256", ""}};
    weigh(found);
    found.results = format_authentication_results(
        {"support.acme.example", *domain, found.spf, found.dkim, found.dmarc, std::nullopt});
    return found;
}

struct Replayed {
    ReplayCounts counts;
    std::vector<ReplayChange> changes;

    [[nodiscard]] std::uint64_t left_out() const {
        return std::accumulate(counts.not_replayed.begin(), counts.not_replayed.end(), std::uint64_t{0},
                               [](std::uint64_t sum, auto const& each) { return sum + each.second; });
    }
};

std::string in_words(ReplayOutcome const& outcome) {
    return std::string(to_string(outcome.disposition)) + " by " + outcome.rule + " of " +
           outcome.organization.value_or("-");
}

// "opened by new-ticket of Northwind -> refused by listed-contact of Northwind (contacts.toml:1)", a line each.
std::string in_words(std::vector<ReplayChange> const& changes) {
    std::string words;
    for (auto const& change : changes)
        words += in_words(change.was) + " -> " + in_words(change.would_be) + " (" + change.would_be.config + ")\n";
    return words;
}

// A site to which mail comes under the options of its terminal.
class Archive {
  public:
    Archive() {
        terminal.options.site.state_dir = folder_.path();
        terminal.options.revision = "0123456789abcdef";
        terminal.options.contacts.ask = true;
        terminal.authenticate = found_by_chance;
        (void)SiteSecret::load_or_make(folder_.path());
    }

    // nullopt: it was told to come again.
    std::optional<LedgerEntry> take(Coming const& mail) {
        auto const policy = policy_in_force ? policy_in_force : site_policy(terminal.options);
        RawMessage raw;
        raw.id = {fmt::format("archived{:08}", ++mails_)};
        raw.source = *parse_source(mail.source);
        raw.envelope.forward_path = {parse_mailbox(mail.to).value()};
        if (raw.source == Source::imap) {
            raw.imap = ImapPlace{"support@imap.acme.example/INBOX", 7, mails_};
            raw.mark = ImapMark{*raw.imap, MarkAction::seen, {}};
        } else {
            raw.envelope.reverse_path_known = true;
            if (!mail.from.empty()) raw.envelope.reverse_path.mailbox = parse_mailbox(mail.from).value();
            if (raw.source == Source::smtp) raw.envelope.client = mails_ % 5 == 0 ? "192.0.2.9" : "198.51.100.1";
        }
        raw.envelope.from_our_mta = is_from_our_mta(raw.source, raw.envelope.client, terminal.options);
        raw.octets = mail.octets;
        raw.received = raw.arrived = terminal.now;
        if (raw.imap && mails_ % 16 == 0) raw.arrived -= std::chrono::days{20};
        unread_(raw);
        auto const message = parse_message(raw.octets);
        auto const authentication = terminal.authenticated(raw, message, *policy);
        Receipt receipt;
        store().atomically([&] { receipt = intake(raw, message, authentication, *policy, store(), terminal.now); });
        if (receipt.outcome == Receipt::Outcome::deferred) return std::nullopt;
        return store().ledger_entry(raw.id.text);
    }
    LedgerEntry take(std::string const& from, std::string const& subject, std::string const& more = {},
                     std::string const& source = "imap") {
        auto const octets =
            crlf("From: " + from + "\nTo: support@acme.example\nSubject: " + subject + "\nMessage-ID: <a" +
                 std::to_string(mails_ + 1) + "@mail.example>\n" + more + "\nIt smokes.\n");
        terminal.now += std::chrono::minutes{1};
        return take(Coming{parse_name_addr(from).value().mailbox.address(), octets, "support@acme.example", source})
            .value();
    }
    void next_is_unread(std::string why) {
        unread_ = [this, why = std::move(why)](RawMessage& raw) {
            raw.unread = why;
            raw.only_header = true;
            unread_ = [](RawMessage&) {};
        };
    }

    Store& store() { return *terminal.store; }
    void on_disk() { terminal.store = open_sqlite_store({file(), Migrate::yes}); }
    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "postern.db"; }

    Replayed replay_under(Options const& options, TimePoint since = TimePoint{}) {
        Replayed replayed;
        ReplayListener const listener{[&](ReplayChange const& change) { replayed.changes.push_back(change); },
                                      [](std::int64_t, std::int64_t) {}};
        replayed.counts = replay(store(), *site_policy(options), since, listener);
        CHECK(replayed.counts.changed == replayed.changes.size());
        return replayed;
    }
    Replayed replay_again() { return replay_under(terminal.options); }
    // What would change under the options that this makes of the present ones.
    std::string changed_by(std::function<void(Options&)> const& edit) {
        auto options = terminal.options;
        edit(options);
        return in_words(replay_under(options).changes);
    }
    std::string changed_by_organizations(std::function<void(std::vector<Organization>&)> const& edit) {
        return changed_by([&](Options& options) {
            auto organizations = options.contact_list.organizations();
            edit(organizations);
            options.contact_list = ContactList(organizations);
        });
    }

    Terminal terminal;
    std::shared_ptr<Policy const> policy_in_force;  // where it stays the same: making one takes a while

  private:
    TemporaryFolder folder_;
    std::uint32_t mails_ = 0;
    std::function<void(RawMessage&)> unread_ = [](RawMessage&) {};
};

void check_nothing_changes(Archive& archive) {
    auto const replayed = archive.replay_again();
    for (auto const& change : replayed.changes) {
        auto const words = in_words(std::vector{change});
        std::string story;
        for (auto const& step : change.entry.story) story += step.rule + ": " + step.saw + ": " + step.result + "\n";
        FAIL_CHECK(change.entry.id.text << ": " << words << story
                                        << archive.store().raw_octets(change.entry.id).value_or("").substr(0, 2000));
    }
    CHECK(replayed.counts.replayed + replayed.left_out() == archive.store().ledger({}).size());
}

// Whatever else happens at a site while mail comes.
void something_happens(Archive& archive, Correspondence& correspondence) {
    auto& store = archive.store();
    if (correspondence.chance(6)) {
        auto const held = store.ledger({.disposition = Disposition::held});
        if (!held.empty()) (void)archive.terminal.run("postern held release " + held.back().id.text);
    }
    if (correspondence.chance(3)) {
        auto const held = store.ledger({.disposition = Disposition::held});
        if (!held.empty()) store.drop_held(held.front().id, archive.terminal.now);
    }
    if (correspondence.chance(4)) {
        for (auto const& ticket : store.tickets({})) {
            if (ticket.folded > 0 && correspondence.chance(50))
                (void)store.unfold(ticket.number, 3, "operator", archive.terminal.now);
            if (correspondence.chance(20))
                store.set_status(ticket.number, TicketStatus::resolved, "operator", archive.terminal.now);
        }
    }
}

void correspond(Archive& archive, std::uint32_t seed, int mails, std::set<std::string>& rules) {
    Correspondence correspondence(seed);
    archive.policy_in_force = site_policy(archive.terminal.options);
    for (int i = 0; i < mails; ++i) {
        // Several in one millisecond, too.
        if (correspondence.chance(80)) archive.terminal.now += std::chrono::seconds{37};
        auto const ours = archive.store().outbox();
        auto mail = correspondence.next(ours.empty() ? "" : ours.back().message_id);
        if (correspondence.chance(30) && mail.to != "postmaster@acme.example") mail.source = "imap";
        if (mail.source == "imap" && correspondence.chance(5))
            archive.next_is_unread("larger than [limits] message: 26 MiB");
        if (correspondence.chance(12)) {  // a monitor that does not stop
            mail = {"bo@northwind.example",
                    crlf(fmt::format(
                        "From: bo@northwind.example\nSubject: Disk {} % full\nMessage-ID: <alarm{}@x>\n\nx\n", i, i))};
        }
        archive.take(mail);
        something_happens(archive, correspondence);
    }
    for (auto const& entry : archive.store().ledger({}))
        rules.insert(std::string(to_string(entry.disposition)) + " by " + entry.rule);
}

void configure(Options& options, std::uint32_t n) {
    options.site.postmaster = parse_mailbox("ops@acme.example").value();
    options.limits.fold_after = {2, std::chrono::hours{1}};
    options.limits.receipts_per_address = {5, std::chrono::hours{1}};
    options.authentication.trusted_relays = {"192.0.2.9"};
    if (n % 2 == 1) options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    if (n % 4 < 2) options.contacts.ask = false;
    if (n % 5 == 2) options.authentication.policy = AuthenticationPolicy::require;
    if (n % 5 == 3) options.authentication.policy = AuthenticationPolicy::off;
    if (n % 7 == 3) options.site.postmaster.reset();
}

std::string dump(std::filesystem::path const& file) {
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY};
    std::string text;
    SQLite::Statement names{database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"};
    while (names.executeStep()) {
        SQLite::Statement rows{database, "SELECT * FROM " + names.getColumn(0).getString()};
        while (rows.executeStep()) {
            for (int i = 0; i < rows.getColumnCount(); ++i) text += '|' + rows.getColumn(i).getString();
            text += '\n';
        }
    }
    return text;
}

constexpr auto ana = "Ana Ruiz <ana@northwind.example>", bo = "bo@northwind.example", carl = "carl@northwind.example",
               eve = "eve@evil.example";

}  // namespace

TEST_CASE("replay: under the configuration that decided, no outcome of generated mail changes") {
    std::set<std::string> rules;
    for (std::uint32_t n = 0; n < 40; ++n) {
        INFO("correspondence " << n);
        Archive archive;
        configure(archive.terminal.options, n);
        if (n % 8 == 0) archive.on_disk();
        correspond(archive, 1000 + n, 100, rules);
        check_nothing_changes(archive);
    }
    // The archives hold what could go wrong.
    for (auto const* met :
         {"appended by fold", "appended by ticket-tag", "appended by thread", "duplicate by arrival-key",
          "dropped by unlisted", "held by authentication", "held by clear-sender", "held by unlisted",
          "ignored by bounce", "ignored by own-mail", "ignored by postmaster", "held by postmaster",
          "opened by new-ticket", "opened by unfold", "refused by authentication", "refused by listed-contact"}) {
        INFO(met);
        CHECK(rules.contains(met));
    }
}

TEST_CASE("replay: under the configuration that decided, no outcome of real mail changes") {
    auto const folder = std::filesystem::path(POSTERN_SOURCE_DIR).parent_path() / "shared/mail";
    std::ifstream list(folder / "LIST");
    if (!list) return skip("no real mail lies beside the project");
    Archive archive;
    archive.on_disk();
    configure(archive.terminal.options, 4);
    // Its senders are contacts here, or colleagues.
    std::vector<Organization> organizations = archive.terminal.options.contact_list.organizations();
    std::vector<Coming> mails;
    std::set<std::string> domains, contacts;
    for (std::string name; std::getline(list, name);) {
        std::ifstream stream(folder / "pool" / name, std::ios::binary);
        Coming mail{"ana@northwind.example", {std::istreambuf_iterator<char>(stream), {}}};
        if (mail.octets.empty()) continue;
        mail.source = std::vector<std::string>{"imap", "lmtp", "deliver", "smtp"}[mails.size() % 4];
        for (auto const& from : parse_message(mail.octets).from) {
            auto const number = number_of(from.mailbox.key());
            if (from.mailbox.domain.empty()) continue;
            if (number % 3 == 0 && contacts.insert(from.mailbox.key()).second)
                organizations[number % 2].contacts.push_back({from, "contacts.toml:99"});
            if (number % 3 == 1 && domains.insert(from.mailbox.domain).second)
                organizations[number % 2].domains.push_back(from.mailbox.domain);
        }
        mails.push_back(std::move(mail));
    }
    archive.terminal.options.contact_list = ContactList(organizations);
    archive.policy_in_force = site_policy(archive.terminal.options);
    for (auto const& mail : mails) {
        archive.terminal.now += std::chrono::seconds{7};
        archive.take(mail);
    }
    CHECK(archive.store().ledger({}).size() > 900);
    check_nothing_changes(archive);
    auto const replayed = archive.replay_again();
    CHECK(replayed.counts.replayed > 700);
    // And each that got in by the list would not without it.
    auto options = archive.terminal.options;
    options.contact_list = {};
    auto const without = archive.replay_under(options);
    CHECK(without.changes.size() > 250);
    for (auto const& change : without.changes) CHECK(change.would_be.disposition != Disposition::opened);
}

TEST_CASE("replay: a contact who is removed would be refused, and one who is added let in") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.terminal.options.contacts.ask = false;
    auto const opened = archive.take(ana, "Printer");
    archive.take(ana, "Re: [" + opened.ticket->text() + "] Printer");
    archive.take(bo, "Scanner");
    archive.take(carl, "Me too");
    archive.take(eve, "Buy");
    archive.take(carl, "By SMTP", "", "smtp");
    auto const refused = "refused by listed-contact of Northwind (contacts.toml:1)\n"s;
    CHECK(archive.changed_by([](Options&) {}).empty());
    CHECK(archive.changed_by_organizations([](auto& all) { all[0].contacts.erase(all[0].contacts.begin()); }) ==
          "opened by new-ticket of Northwind -> " + refused + "appended by ticket-tag of Northwind -> " + refused);
    auto const added = [](std::vector<Organization>& all) {
        all[0].contacts.push_back({parse_name_addr(carl).value(), "contacts.toml:7"});
    };
    CHECK(archive.changed_by_organizations(added) ==
          "refused by listed-contact of Northwind -> opened by new-ticket of Northwind ()\n");
    auto options = archive.terminal.options;
    auto const replayed = archive.replay_under(options);
    CHECK(replayed.counts.replayed == 5);
    CHECK(replayed.counts.not_replayed.at(NotReplayed::not_kept) == 1);
    // A contact who moves to another organisation takes his mail there.
    CHECK(archive.changed_by_organizations([](auto& all) {
        all[1].contacts.push_back(all[0].contacts.back());
        all[0].contacts.pop_back();
    }) == "opened by new-ticket of Northwind -> opened by new-ticket of Globex ()\n");
    // And a reply to a ticket of the organisation that its writer left opens one of its own.
    CHECK_THAT(archive.changed_by_organizations([](auto& all) {
        all[1].contacts.push_back(all[0].contacts.front());
        all[0].contacts.erase(all[0].contacts.begin());
    }),
               Contains("appended by ticket-tag of Northwind -> opened by new-ticket of Globex ()\n"));
}

TEST_CASE("replay: who is added later joins the tickets that were there then, and no later one") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.terminal.options.contacts.ask = false;
    archive.take(carl, "[ACME-1000] too early");
    archive.take(ana, "Printer");  // ACME-1000
    archive.take(carl, "[ACME-1000] in time");
    archive.take(carl, "by thread", "In-Reply-To: <a2@mail.example>\n");
    CHECK(archive.changed_by_organizations([](auto& all) {
        all[0].contacts.push_back({parse_name_addr(carl).value(), "contacts.toml:7"});
    }) == "refused by listed-contact of Northwind -> opened by new-ticket of Northwind ()\n"
          "refused by listed-contact of Northwind -> appended by ticket-tag of Northwind ()\n"
          "refused by listed-contact of Northwind -> appended by thread of Northwind ()\n");
}

TEST_CASE("replay: what becomes of colleagues is what [contacts] unlisted and the organisations' domains say") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    auto const hold = [](Options& options) { options.contacts.unlisted = ContactsOptions::Unlisted::hold; };
    archive.terminal.options.places = {{"contacts.unlisted", "postern.toml:20"}};
    archive.take(carl, "Refused");
    archive.take("dee@globex.example", "Refused");
    CHECK(archive.changed_by(hold) ==
          "refused by listed-contact of Northwind -> held by unlisted of Northwind (postern.toml:20)\n"
          "refused by listed-contact of Globex -> held by unlisted of Globex (postern.toml:20)\n");
    // Its colleagues are referred to somebody else.
    auto const moved = [](std::vector<Organization>& all) {
        all[1].domains.push_back("northwind.example");
        all[0].domains.clear();
    };
    CHECK(archive.changed_by_organizations(moved) ==
          "refused by listed-contact of Northwind -> refused by listed-contact of Globex (contacts.toml:8)\n");
    CHECK(archive.changed_by_organizations([](auto& all) { all[0].domains.clear(); }) ==
          "refused by listed-contact of Northwind -> refused by listed-contact of  ()\n");

    hold(archive.terminal.options);
    archive.take(carl, "Held");
    CHECK(archive.changed_by([](Options& options) { options.contacts.unlisted = ContactsOptions::Unlisted::refuse; }) ==
          "held by unlisted of Northwind -> refused by listed-contact of Northwind (contacts.toml:1)\n");
}

TEST_CASE("replay: sender authentication is judged by what was found when the mail came") {
    Archive archive;
    archive.terminal.options.contacts.ask = false;
    archive.terminal.options.places = {{"authentication.policy", "postern.toml:23"}};
    auto const policy = [](AuthenticationPolicy asked) {
        return [asked](Options& options) {
            options.authentication.policy = asked;
            options.contact_list = ContactList(options.contact_list.organizations());
        };
    };
    archive.terminal.authenticate = found_authentic;
    archive.take(ana, "Authentic");
    archive.terminal.authenticate = [](auto const& raw, auto const& message, auto const& in_force) {
        auto found = found_authentic(raw, message, in_force);
        if (found.from_domain.empty()) return found;
        found.dkim.clear();
        found.dmarc = {DmarcResult::fail, DmarcPolicy::none, found.from_domain};
        weigh(found);
        found.results = format_authentication_results(
            {"support.acme.example", found.from_domain, found.spf, found.dkim, found.dmarc, std::nullopt});
        return found;
    };
    archive.take(bo, "Perhaps forged");
    CHECK(archive.changed_by(policy(AuthenticationPolicy::require)) ==
          "opened by new-ticket of Northwind -> held by authentication of - (postern.toml:23)\n");
    CHECK(archive.changed_by(policy(AuthenticationPolicy::off)).empty());

    // Nobody asked: it can't be told, but where the mail's own fields say it.
    policy(AuthenticationPolicy::off)(archive.terminal.options);
    archive.take(ana, "Nobody asked");
    archive.take(ana, "A field says so",
                 "Authentication-Results: mx.acme.example; dkim=pass header.d=northwind.example\n");
    auto options = archive.terminal.options;
    policy(AuthenticationPolicy::require)(options);
    auto replayed = archive.replay_under(options);
    CHECK(in_words(replayed.changes) ==
          "opened by new-ticket of Northwind -> held by authentication of - (postern.toml:23)\n");
    CHECK(replayed.counts.not_replayed.at(NotReplayed::not_authenticated) == 2);
    options.authentication.trusted_authserv_ids = {"mx.acme.example"};
    replayed = archive.replay_under(options);
    CHECK(replayed.changes.size() == 1);
    CHECK(replayed.counts.not_replayed.at(NotReplayed::not_authenticated) == 1);
    // Where it is marked only, nothing hangs on it unless it fails: that is said.
    policy(AuthenticationPolicy::mark)(options);
    replayed = archive.replay_under(options);
    CHECK(replayed.changes.empty());
    CHECK(replayed.counts.replayed == 4);
    CHECK(replayed.counts.as_if_authentic == 1);
}

TEST_CASE("replay: what was recorded of authentication is read as it was found") {
    Archive archive;
    int seen = 0;
    std::set<Standing> standings;
    auto const policy = site_policy(archive.terminal.options);
    for (std::uint32_t seed = 1; seed < 4; ++seed) {
        Correspondence correspondence(seed);
        for (int i = 0; i < 300; ++i) {
            auto const mail = correspondence.next("");
            RawMessage raw;
            raw.octets = mail.octets;
            raw.source = *parse_source(mail.source);
            if (!mail.from.empty()) raw.envelope.reverse_path.mailbox = parse_mailbox(mail.from).value();
            auto const message = parse_message(raw.octets);
            auto const found = found_by_chance(raw, message, *policy);
            LedgerEntry entry;
            entry.authentication_results = found.results;
            auto const again = recorded_authentication(entry, raw, message, *policy);
            CHECK(again.is_known);
            CHECK(again.found.standing == found.standing);
            CHECK(again.found.spf == found.spf);
            CHECK(again.found.dkim == found.dkim);
            CHECK(again.found.dmarc == found.dmarc);
            CHECK(again.found.results == found.results);
            if (!found.results.empty()) ++seen, standings.insert(found.standing);
        }
    }
    CHECK(seen > 200);
    CHECK(standings.size() == 5);
}

TEST_CASE("replay: limits that no mail's outcome hangs on change none, and a mailbox or size that is gone does") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.terminal.options.places = {{"limits.message", "postern.toml:30"}};
    archive.take(ana, "Printer");
    archive.take(ana, "Old", "Date: Mon, 2 Nov 2020 08:00:00 +0000\n");
    archive.take(bo, "A long one", "X-Long: " + std::string(900, 'x') + "\n", "lmtp");
    archive.take(bo, "Another long one", "X-Long: " + std::string(900, 'x') + "\n", "imap");
    CHECK(archive
              .changed_by([](Options& options) {
                  options.limits.answer_within = std::chrono::seconds{1};
                  options.limits.receipts_per_address = {1, std::chrono::hours{1}};
                  options.limits.held = 0;
              })
              .empty());
    CHECK(archive.changed_by([](Options& options) { options.limits.message = 800; }) ==
          "opened by new-ticket of Northwind -> refused by size of - (postern.toml:30)\n"
          "opened by new-ticket of Northwind -> held by clear-sender of - ()\n");
    auto const gone = archive.changed_by([](Options& options) { options.mailboxes.erase(options.mailboxes.begin()); });
    CHECK(std::ranges::count(gone, '\n') == 4);
    CHECK_THAT(gone, StartsWith("opened by new-ticket of Northwind -> refused by recipient of - ()\n"));
}

TEST_CASE("replay: a flood is folded as it was, and what an operator took apart is as it came") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.terminal.options.limits.fold_after = {2, std::chrono::hours{1}};
    // The third opens ACME-1002, to which the rest goes. There is no ACME-1003 yet.
    auto const held =
        archive.take(Coming{"ana@northwind.example",
                            crlf("From: ana@northwind.example, bo@northwind.example\nSubject: We\n\nIt smokes.\n")});
    LedgerEntry folded;
    for (int i = 0; i < 6; ++i)
        folded = archive.take(ana, "Disk " + std::to_string(i) + " % full [ACME-1003]", "", "lmtp");
    REQUIRE(folded.rule == "fold");
    REQUIRE(archive.take(bo, "About the last", "In-Reply-To: " + folded.message_id + "\n").rule == "thread");
    REQUIRE(archive.terminal.run("postern held release " + held->id.text).code == 0);
    REQUIRE(archive.store().ledger_entry(held->id.text)->ticket->text() == "ACME-1003");
    archive.terminal.now += std::chrono::days{40};
    while (archive.store().forget_expired(archive.terminal.now)) continue;
    check_nothing_changes(archive);
    CHECK(archive.changed_by([](Options& options) { options.limits.fold_after.count = 0; }) ==
          "appended by fold of Northwind -> opened by new-ticket of Northwind ()\n"
          "appended by fold of Northwind -> opened by new-ticket of Northwind ()\n"
          "appended by fold of Northwind -> opened by new-ticket of Northwind ()\n");
    CHECK(archive.store().unfold({"ACME", 1002}, 9, "operator", archive.terminal.now)->mails.size() == 3);
    check_nothing_changes(archive);
}

TEST_CASE("replay: what an operator or a point of contact decided is not decided again") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    auto& options = archive.terminal.options;
    options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    auto const dropped = archive.take(carl, "Drop me");
    auto const released = archive.take(carl, "Release me");
    REQUIRE(archive.store().drop_held(dropped.id, archive.terminal.now));
    REQUIRE(archive.terminal.run("postern held release " + released.id.text).code == 0);
    auto const admitted = archive.take(carl, "Ask for me");
    auto const policy = site_policy(options);
    QueuedQuestions queued;
    archive.store().atomically([&] { queued = queue_owed_questions(archive.store(), *policy, archive.terminal.now); });
    REQUIRE(queued.questions.size() == 1);
    auto const& question = queued.questions.front();
    auto const address =
        policy->admission_addresses()->make({"support", "acme.example"}, {question.id, question.expires}).address();
    auto const word = question.items.back().word;
    REQUIRE(archive
                .take(Coming{"lnd@northwind.example",
                             crlf("From: lnd@northwind.example\nTo: " + address +
                                  "\nSubject: Re: May they\nMessage-ID: <answer@northwind.example>\n\n" + word + "\n"),
                             address, "smtp"})
                ->rule == "admission");
    auto const admissions = archive.store().admissions(10);
    REQUIRE(admissions.size() == 1);
    auto const raw = admitted_mail(admissions.front(), admitted, archive.store().raw_octets(admitted.id).value());
    archive.store().atomically([&] {
        (void)intake(raw, parse_message(raw.octets), raw.admitted->authentication, *policy, archive.store(),
                     archive.terminal.now);
    });
    REQUIRE(archive.store().ledger_entry(admitted.id.text)->disposition == Disposition::opened);
    auto const first = archive.take(ana, "Printer");
    archive.take(Coming{"ana@northwind.example", archive.store().raw_octets(first.id).value()});

    auto other = options;
    other.contacts.ask = false;
    other.contacts.unlisted = ContactsOptions::Unlisted::refuse;
    auto const replayed = archive.replay_under(other);
    CHECK(replayed.changes.empty());
    CHECK(replayed.counts.replayed == 1);
    CHECK(replayed.counts.not_replayed == std::map<NotReplayed, std::uint64_t>{{NotReplayed::duplicate, 1},
                                                                               {NotReplayed::dropped, 1},
                                                                               {NotReplayed::released, 2},
                                                                               {NotReplayed::answer, 1}});
}

TEST_CASE("replay: octets that are gone or damaged are counted, and so is what nobody may read") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.on_disk();
    archive.take(carl, "Refused", "", "imap");
    archive.take(ana, "Printer " + std::string(2000, 'x'));
    archive.take(ana, "Scanner");
    archive.next_is_unread("its reading was begun 3 times and never finished");
    archive.take(ana, "It breaks what reads it");
    archive.terminal.now += std::chrono::days{31};
    while (archive.store().forget_expired(archive.terminal.now)) continue;
    SQLite::Database{archive.file().string(), SQLite::OPEN_READWRITE}.exec(
        "UPDATE raw SET octets = x'00' WHERE mail = 2");
    auto const replayed = archive.replay_again();
    CHECK(replayed.changes.empty());
    CHECK(replayed.counts.replayed == 1);
    CHECK(replayed.counts.not_replayed == std::map<NotReplayed, std::uint64_t>{{NotReplayed::not_kept, 1},
                                                                               {NotReplayed::unreadable, 1},
                                                                               {NotReplayed::unread, 1}});
    CHECK(archive.replay_under(archive.terminal.options, archive.terminal.now).counts.replayed == 0);
}

TEST_CASE("check --replay: a person reads what would change, line by line, and nothing is written") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.on_disk();
    archive.take(ana, "Printer =?utf-8?q?=E2=80=AE?=");
    archive.take(bo, "Scanner");
    archive.take(carl, "Refused", "", "smtp");
    archive.terminal.now += std::chrono::hours{1};
    auto const before = dump(archive.file());
    auto const version = archive.store().data_version();
    archive.terminal.session(R"(
        $ postern check --replay
        2 mails of 30d replayed: none would change; 1 not replayed: 1 whose octets are not kept.
        ! postern: /etc/postern/postern.toml is good: 2 mailboxes, 2 organizations, 3 contacts
    )");
    auto organizations = archive.terminal.options.contact_list.organizations();
    organizations[0].contacts.erase(organizations[0].contacts.begin());
    archive.terminal.options.contact_list = ContactList(organizations);
    archive.terminal.session(R"(
        $ postern check --replay 2h
        MAIL000000000001  2026-11-21 09:01:00Z  ana@northwind.example  "Printer \u202e": was opened for Northwind, would be refused by listed-contact as a colleague of Northwind (contacts.toml:1)
        2 mails of 2h replayed: 1 would change; 1 not replayed: 1 whose octets are not kept.
        ! postern: /etc/postern/postern.toml is good: 2 mailboxes, 2 organizations, 2 contacts
        $ postern check --replay 1m
        0 mails of 1m replayed: none would change.
        ! postern: /etc/postern/postern.toml is good: 2 mailboxes, 2 organizations, 2 contacts
    )");
    auto const told = Json::parse(archive.terminal.run("postern check --replay 2h --json").out);
    CHECK(told["findings"] == Json::array());
    CHECK(told["replay"]["since"] == "2026-11-21T08:03:00Z");
    CHECK(told["replay"]["replayed"] == 2);
    CHECK(told["replay"]["not_replayed"]["not_kept"] == 1);
    CHECK(told["replay"]["not_replayed"]["duplicate"] == 0);
    CHECK(told["replay"]["changed"] == Json::parse(R"([{"id": "MAIL000000000001", "received": "2026-11-21T09:01:00Z",
                           "from": "ana@northwind.example", "subject": "Printer \u202e",
                           "was": {"disposition": "opened", "rule": "new-ticket", "organization": "Northwind",
                                   "config_revision": "0123456789abcdef"},
                           "would_be": {"disposition": "refused", "rule": "listed-contact",
                                        "organization": "Northwind", "config": "contacts.toml:1"}}])"));
    CHECK(dump(archive.file()) == before);
    CHECK(archive.store().data_version() == version);
}

TEST_CASE("check --replay: what an earlier configuration had decided otherwise is told apart") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    auto& options = archive.terminal.options;
    auto const with_bo = options.contact_list;
    archive.take(bo, "Printer");
    auto organizations = with_bo.organizations();
    organizations[0].contacts.pop_back();
    options.contact_list = ContactList(organizations);
    options.revision = "fedcba9876543210";
    archive.take(bo, "Printer");
    archive.take(ana, "Scanner");
    archive.terminal.session(R"(
        $ postern check --replay 1d
        MAIL000000000001  2026-11-21 09:01:00Z  bo@northwind.example  "Printer": was opened for Northwind, would be refused by listed-contact as a colleague of Northwind (contacts.toml:1)
        3 mails of 1d replayed: 1 would change.
        Decided by an earlier configuration than the newest mail: 1 of those 1.
        ! postern: /etc/postern/postern.toml is good: 2 mailboxes, 2 organizations, 2 contacts
    )");
    options.contact_list = with_bo;
    auto const replayed = archive.replay_again();
    CHECK(in_words(replayed.changes) ==
          "refused by listed-contact of Northwind -> opened by new-ticket of Northwind ()\n");
    CHECK(replayed.counts.changed_of_earlier == 0);
}

TEST_CASE("check --replay: a duration that is none, or a configuration that is none, replays nothing") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.take(ana, "Printer");
    for (auto const* none : {"soon", "0s", "30", "99999d", "-1d"}) {
        INFO(none);
        auto const session = archive.terminal.run("postern check --replay="s + none);
        CHECK(session.code == 64);
        CHECK(session.out.empty());
        CHECK_THAT(session.err, Contains("--replay takes a duration"));
    }
    Finding wrong;
    wrong.file = "postern.toml";
    wrong.what = "unknown key";
    archive.terminal.findings = {wrong};
    auto const session = archive.terminal.run("postern check --replay");
    CHECK(session.code == 78);
    CHECK(session.out == "postern.toml: error: unknown key\n");
    auto const json = archive.terminal.run("postern check --replay --json");
    CHECK(json.code == 78);
    CHECK(Json::parse(json.out).is_array());
}

TEST_CASE("check --replay: people read a hundred lines, and scripts get them all") {
    Archive archive;
    archive.terminal.authenticate = found_authentic;
    archive.terminal.options.limits.fold_after.count = 0;
    for (int i = 0; i < 103; ++i) archive.take(ana, "Printer");
    auto organizations = archive.terminal.options.contact_list.organizations();
    organizations[0].contacts.erase(organizations[0].contacts.begin());
    archive.terminal.options.contact_list = ContactList(organizations);
    auto const out = archive.terminal.run("postern check --replay").out;
    CHECK(std::ranges::count(out, '\n') == 102);
    CHECK_THAT(out, Contains("\nand 3 more, which --json lists\n103 mails of 30d replayed: 103 would change.\n"));
    auto const told = Json::parse(archive.terminal.run("postern check --replay --json").out);
    CHECK(told["replay"]["changed"].size() == 103);
}
