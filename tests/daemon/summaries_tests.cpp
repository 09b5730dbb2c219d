// One mail instead of the receipts past the limit: what it says, that it comes once, and that a crash does not lose it.
#include "daemon/summaries.h"

#include <catch2/catch.hpp>

#include "daemon/intake.h"
#include "store/sqlite_store.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

struct Site {
    TemporaryFolder folder;
    std::shared_ptr<Policy const> policy = site_policy();
    std::unique_ptr<Store> store = open();

    std::unique_ptr<Store> open() { return open_sqlite_store({folder.path() / "postern.db", Migrate::yes}); }
    void restart() {
        store.reset();
        store = open();
    }
    Receipt take(int n, TimePoint now) {
        auto raw =
            by_smtp("ana@northwind.example",
                    "From: Ana <ana@northwind.example>\nSubject: Secret subject " + std::string(1, char('A' + n)) +
                        "\nMessage-ID: <" + std::to_string(n) + "@northwind.example>\n\nHi\n",
                    "mail-" + std::to_string(n));
        raw.received = raw.arrived = now;
        Receipt receipt;
        store->atomically(
            [&] { receipt = intake(raw, parse_message(raw.octets), SenderAuthentication{}, *policy, *store, now); });
        return receipt;
    }
    std::size_t queue_due(TimePoint now) {
        QueuedSummaries queued;
        store->atomically([&] { queued = queue_due_summaries(*store, *policy, now); });
        return queued.count;
    }
};

}  // namespace

TEST_CASE("the eleventh mail of an hour gets no receipt, and when the hour is over one summary names the tickets") {
    Site site;
    for (int n = 0; n < 13; ++n) CHECK(site.take(n, noon + n * 1min).queued_mail == (n < 10));
    CHECK(site.store->ledger_entry("mail-10")->receipt_why ==
          "the address got its 10/h ([limits] receipts_per_address): a summary will name the ticket");
    site.restart();
    CHECK(site.queue_due(noon + 1h - 1ms) == 0);
    // The hour of the first receipt is over: so the next mail gets one again, before and after the summary.
    CHECK(site.take(13, noon + 1h).queued_mail);
    CHECK(site.queue_due(noon + 1h) == 1);
    site.restart();
    CHECK(site.queue_due(noon + 2h) == 0);

    auto const mails = site.store->outbox();
    REQUIRE(mails.size() == 12);
    auto const& summary = mails.back();
    CHECK(summary.kind == OutgoingKind::summary);
    CHECK(summary.message_id == "<mail-10.summary@support.acme.example>");
    CHECK(summary.recipient == "ana@northwind.example");
    CHECK(summary.reverse_path.empty());
    OutboxMail sent;
    for (auto& mail : site.store->claim_due(noon + 2h, noon + 3h, 100)) {
        if (mail.kind == OutgoingKind::summary) sent = mail;
    }
    auto const parsed = parse_message(sent.octets);
    CHECK(parsed.auto_submitted == AutoSubmitted::auto_replied);
    CHECK(parsed.suppress_auto_response);
    CHECK_THAT(parsed.body_text, Contains("3 more of your mails have arrived") && Contains("ACME-1010") &&
                                     Contains("ACME-1011") && Contains("ACME-1012") && !Contains("ACME-1009") &&
                                     !Contains("ACME-1013") && !Contains("Secret"));
    CHECK_THAT(sent.octets, !Contains("Secret") && Contains("Content-Type: text/html"));
    CHECK(parsed.ticket_tags.empty());
    auto const report = site.store->audit(noon);
    CHECK(report.ok());
}

TEST_CASE("a summary of very many tickets says how many more there are") {
    OwedSummary owed{SummaryId{1}, "support@acme.example", "ana@northwind.example", {"mail-1"}, {}, 4711};
    for (int n = 0; n < 100; ++n) owed.tickets.push_back({"ACME", 1000 + n});
    auto const policy = site_policy();
    CHECK_THAT(summary_mail(owed, *policy, noon).text,
               Contains("4811 more of your mails") && Contains("and 4711 more"));
}

TEST_CASE("a summary speaks the organisation's language, and comes from the address that was written to") {
    auto options = site_options();
    auto organizations = options.contact_list.organizations();
    organizations[0].language = "de";
    options.contact_list = ContactList(organizations);
    auto const policy = site_policy(options);
    OwedSummary const owed{SummaryId{1}, "sales@acme.example", "ana@northwind.example", {"mail-1"}, {{"SALES", 1}}, 0};
    auto const mail = summary_mail(owed, *policy, noon);
    CHECK_THAT(mail.text, Contains("dieses Ticket") && Contains("SALES-1"));
    CHECK(parse_message(mail.octets).from.at(0).mailbox.address() == "sales@acme.example");
    // A mailbox that a reload took away: another of ours answers for it.
    OwedSummary const orphan{SummaryId{1}, "gone@acme.example", "ana@northwind.example", {"mail-1"}, {{"OLD", 1}}, 0};
    CHECK(parse_message(summary_mail(orphan, *policy, noon).octets).from.at(0).mailbox.address() ==
          "support@acme.example");
}

TEST_CASE("the daemon looks for summaries by itself, from its start on") {
    Site site;
    for (int n = 0; n < 12; ++n) site.take(n, noon);
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    StoreWriter writer(std::move(site.store), log);
    boost::asio::io_context io;
    int told = 0;
    Summaries const summaries(
        io, writer, site.policy, [] { return noon + 1h; }, [&] { ++told; });
    writer.run([](Store&) {});
    writer.run([](Store& store) {
        CHECK(store.outbox().size() == 11);
        CHECK(store.summaries_due(noon + 2h, 10, 10).empty());
    });
    CHECK(told == 1);
}
