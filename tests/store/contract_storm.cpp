// What every Store knows of storms: receipts of late, summaries, floods.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

constexpr std::int64_t hour = 3600;

RecentReceipts receipts_of(Store& store, std::string const& address, std::int64_t since, std::size_t at_most = 10) {
    ArrivalQuestion question;
    question.receipts = ReceiptQuestion{address, at(since), at_most};
    return store.lookup(question).receipts;
}

FloodFacts flood_of(Store& store, std::int64_t now, std::size_t at_most, std::string const& key = "flood") {
    ArrivalQuestion question;
    question.flood = FloodQuestion{key, at(now - hour), at(now), at_most};
    return store.lookup(question).flood;
}

// A mail of a flood that opens a ticket.
TicketNumber open_flooding(Store& store, std::string const& id, std::int64_t when, bool gathers) {
    TicketNumber number;
    store.atomically([&] {
        number = store.next_ticket_number("ACME", 1000);
        auto record = opening(number, id, when);
        record.flood = FloodMark{"flood", at(when), gathers, at(when + hour)};
        store.commit(record, at(when));
    });
    return number;
}

void fold(Store& store, TicketFacts const& ticket, std::string const& id, std::int64_t when) {
    auto record = joining(ticket.id, id, when);
    record.ledger.rule = "fold";
    record.ledger.receipt_why = "appended mail gets none";
    record.ledger.subject = "[ACME-1000] Alarm " + id;
    record.article->subject = record.ledger.subject;
    record.article->attachments = {file(id + ".log")};
    record.flood = FloodMark{"flood", at(when), true, at(when + hour)};
    record.folds = true;
    store.commit(record, at(when));
}

// A mail past the limit: a ticket, no receipt.
TicketNumber open_spared(Store& store, std::string const& id, std::int64_t when, std::int64_t due,
                         std::string const& recipient = "ana@northwind.example") {
    TicketNumber number;
    store.atomically([&] {
        number = store.next_ticket_number("ACME", 1000);
        auto record = opening(number, id, when);
        record.outgoing.clear();
        record.ledger.receipt_why = "a summary names it";
        record.summary = SummaryOwed{"support@acme.example", recipient, at(due)};
        store.commit(record, at(when));
    });
    return number;
}

// The attachments of these mails are in no octets.
void require_sound(Store& store) {
    auto report = store.audit(at(0));
    std::erase_if(report.problems, [](AuditProblem const& problem) {
        return problem.what.find("does not hold an attachment") != std::string::npos;
    });
    for (auto const& problem : report.problems) UNSCOPED_INFO(problem.what);
    CHECK(report.ok());
}

}  // namespace

CONTRACT(
    "the receipts and notices of an address are counted from the newest back, whatever its case, for as long as "
    "asked") {
    TestType backend;
    auto& store = backend.store;
    CHECK(receipts_of(store, "ana@northwind.example", 0).count == 0);
    open_ticket(store, "A", 10);
    open_ticket(store, "B", 20);
    open_ticket(store, "C", 30);
    auto notice = opening(store.next_ticket_number("ACME", 1000), "D", 40);
    notice.outgoing = {outgoing(OutgoingKind::receipt, "<D>", "bo@northwind.example"),
                       outgoing(OutgoingKind::notification, "<D2>"), outgoing(OutgoingKind::reply, "<D3>")};
    store.commit(notice, at(40));

    CHECK(receipts_of(store, "Ana@Northwind.example", 0).count == 4);
    CHECK(receipts_of(store, "ana@northwind.example", 0).oldest == at(10));
    CHECK(receipts_of(store, "ana@northwind.example", 10).count == 3);
    CHECK(receipts_of(store, "ana@northwind.example", 0, 2).count == 2);
    CHECK(receipts_of(store, "ana@northwind.example", 0, 2).oldest == at(30));
    CHECK_FALSE(receipts_of(store, "ana@northwind.example", 40).oldest);
}

CONTRACT("a notice beside the ticket of its mail counts for its recipient, and the ticket knows nothing of it") {
    TestType backend;
    auto& store = backend.store;
    auto record = opening(store.next_ticket_number("ACME", 1000), "A", 10);
    record.outgoing.push_back(outgoing(OutgoingKind::notification, "<A.forward>", "ops@acme.example"));
    record.outgoing.back().beside_ticket = true;
    store.commit(record, at(10));

    ArrivalQuestion question;
    question.receipts = ReceiptQuestion{"ana@northwind.example", at(0), 10};
    question.forwards = ReceiptQuestion{"ops@acme.example", at(0), 10};
    question.message_ids = {"<A.forward>"};
    question.own_message_id = "<A.forward>";
    auto const context = store.lookup(question);
    CHECK(context.receipts.count == 1);
    CHECK(context.forwards.count == 1);
    CHECK(context.by_message_id.empty());
    REQUIRE(context.itself);
    CHECK_FALSE(context.itself->ticket);
    CHECK(store.ticket({"ACME", 1000})->articles.size() == 2);
    CHECK(store.claim_due(at(20), at(30), 10).size() == 2);
    CHECK(store.audit(at(20)).ok());
}

CONTRACT("an address was referred lately or not, whatever its case, and other mail to it is no referral") {
    TestType backend;
    auto& store = backend.store;
    open_ticket(store, "A", 10);
    auto refused = apart(Disposition::refused, "R", 10);
    refused.outgoing = {outgoing(OutgoingKind::referral, "<R>", "carl@northwind.example")};
    store.commit(refused, at(10));
    auto const was_referred = [&](std::string const& address, std::int64_t since) {
        ArrivalQuestion question;
        question.referral = ReferralQuestion{address, at(since)};
        return store.lookup(question).was_referred;
    };
    CHECK(was_referred("Carl@Northwind.example", 9));
    CHECK_FALSE(was_referred("carl@northwind.example", 10));
    CHECK_FALSE(was_referred("ana@northwind.example", 0));
}

CONTRACT("a summary gathers until it is due, names the tickets in order, and is queued once") {
    TestType backend;
    auto& store = backend.store;
    open_spared(store, "A", 10, 3600);
    open_spared(store, "B", 20, 3700, "ANA@northwind.example");  // the first says when
    open_spared(store, "C", 25, 3650, "bo@northwind.example");
    CHECK(store.summaries_due(at(3599), 10, 10).empty());
    auto const due = store.summaries_due(at(3650), 10, 1);
    REQUIRE(due.size() == 2);
    CHECK(due[0].recipient == "ana@northwind.example");
    CHECK(due[0].mailbox == "support@acme.example");
    CHECK(due[0].first.text == "A");
    REQUIRE(due[0].tickets.size() == 1);
    CHECK(due[0].tickets[0].text() == "ACME-1000");
    CHECK(due[0].not_listed == 1);
    CHECK(due[1].tickets.at(0).text() == "ACME-1002");
    CHECK(store.summaries_due(at(3650), 1, 10).size() == 1);

    CHECK(store.queue_summary(due[0].id, outgoing(OutgoingKind::summary, "<S>"), at(3651)));
    CHECK_FALSE(store.queue_summary(due[0].id, outgoing(OutgoingKind::summary, "<S>"), at(3652)));
    CHECK(store.summaries_due(at(3700), 10, 10).size() == 1);
    auto const mails = store.claim_due(at(3700), at(3760), 10);
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].kind == OutgoingKind::summary);
    CHECK_FALSE(mails[0].ticket);
    require_sound(store);

    // The next hour's is another one.
    open_spared(store, "D", 3800, 7200);
    auto const next = store.summaries_due(at(7200), 10, 10);
    REQUIRE(next.size() == 2);
    CHECK(next[1].first.text == "D");
    CHECK(next[1].tickets.size() == 1);
    require_sound(store);
}

CONTRACT("a summary whose transaction was undone is due still") {
    TestType backend;
    auto& store = backend.store;
    open_spared(store, "A", 10, 3600);
    CHECK_THROWS(store.atomically([&] {
        CHECK(store.queue_summary(store.summaries_due(at(3600), 1, 1).at(0).id, outgoing(OutgoingKind::summary, "<S>"),
                                  at(3600)));
        throw std::runtime_error("the power fails");
    }));
    CHECK(store.outbox().empty());
    CHECK(store.summaries_due(at(3600), 1, 1).size() == 1);
}

CONTRACT("a flood is counted by arrival, and gathers where its newest mail says") {
    TestType backend;
    auto& store = backend.store;
    open_flooding(store, "A", 10, false);
    open_flooding(store, "B", 20, false);
    CHECK(flood_of(store, 20, 5).mails == 2);
    CHECK(flood_of(store, 15, 5).mails == 1);  // B is not there yet
    CHECK(flood_of(store, 20, 5, "other").mails == 0);
    CHECK(flood_of(store, hour + 10, 5).mails == 1);
    CHECK_FALSE(flood_of(store, 20, 2).gathering);
    auto const third = open_flooding(store, "C", 30, true);
    auto const flood = flood_of(store, 30, 2);
    CHECK(flood.mails == 2);
    REQUIRE(flood.gathering);
    CHECK(flood.gathering->number == third);
    CHECK_FALSE(flood_of(store, 30, 4).gathering);
    // A mail that comes later and did not gather begins anew.
    open_flooding(store, "D", 40, false);
    CHECK_FALSE(flood_of(store, 40, 2).gathering);
    while (store.forget_expired(at(hour + 30))) continue;
    CHECK(flood_of(store, 50, 5).mails == 1);
}

CONTRACT("a folded mail is counted, found by its Message-ID, and taken out again as a ticket of its own") {
    TestType backend;
    auto& store = backend.store;
    auto const number = open_flooding(store, "A", 10, true);
    auto const ticket = *flood_of(store, 10, 1).gathering;
    fold(store, ticket, "B", 20);
    auto reply = joining(ticket.id, "R", 25);
    store.commit(reply, at(25));
    fold(store, ticket, "C", 30);
    fold(store, ticket, "D", 40);
    CHECK(store.ticket(number)->ticket.folded == 3);
    CHECK(store.ticket(number)->ticket.articles == 6);
    require_sound(store);
    CHECK_FALSE(store.unfold({"ACME", 4711}, 10, "operator", at(50)));

    auto const first = store.unfold(number, 2, "operator", at(50));
    REQUIRE(first);
    REQUIRE(first->mails.size() == 2);
    CHECK(first->more);
    CHECK(first->mails[0].id.text == "B");
    CHECK(first->mails[0].ticket.text() == "ACME-1001");
    require_sound(store);
    auto const rest = store.unfold(number, 2, "operator", at(51));
    REQUIRE(rest);
    CHECK(rest->mails.size() == 1);
    CHECK_FALSE(rest->more);
    CHECK(store.unfold(number, 2, "operator", at(52))->mails.empty());
    require_sound(store);

    auto const kept = store.ticket(number);
    CHECK(kept->ticket.folded == 0);
    CHECK(kept->ticket.articles == 6);
    REQUIRE(kept->articles.size() == 6);
    CHECK(kept->articles[0].text == "It burns.");
    CHECK(kept->articles[2].kind == ArticleKind::note);
    CHECK(kept->articles[2].text == "This mail is ACME-1001 now.");
    CHECK(kept->articles[2].attachments.empty());
    CHECK(kept->articles[3].text == "More smoke.");
    CHECK(kept->articles[3].kind == ArticleKind::customer);
    CHECK(kept->events.back().what == "unfolded");

    auto const own = store.ticket({"ACME", 1002});
    REQUIRE(own);
    CHECK(own->ticket.subject == "Alarm C");
    CHECK(own->ticket.status == TicketStatus::open);
    CHECK(own->ticket.organization_id == "northwind");
    CHECK(own->ticket.contact == "ana@northwind.example");
    CHECK(own->ticket.created == at(50));
    CHECK(own->ticket.articles == 1);
    REQUIRE(own->articles.size() == 1);
    REQUIRE(own->articles[0].attachments.size() == 1);
    CHECK(own->articles[0].attachments[0].number == 1);
    CHECK(store.attachment({"ACME", 1002}, 1)->attachment.name == "C.log");
    CHECK_FALSE(store.attachment(number, 2));
    REQUIRE(own->events.size() == 1);
    CHECK(own->events[0].what == "opened");
    CHECK(own->events[0].detail == "C, unfolded from ACME-1000");

    auto const entry = store.ledger_entry("C");
    CHECK(entry->disposition == Disposition::opened);
    CHECK(entry->rule == "unfold");
    CHECK(entry->ticket->text() == "ACME-1002");
    CHECK(entry->story.back().result == "taken out by operator: ACME-1002");
    CHECK(store.receipt_state({"C"}) == ReceiptState::none);
    ArrivalQuestion question;
    question.message_ids = {"<C@northwind.example>"};
    auto const by_id = store.lookup(question).by_message_id;
    REQUIRE(by_id.size() == 1);
    CHECK(by_id[0].number.text() == "ACME-1002");
    // What was taken apart is no flood: counting begins anew.
    CHECK(flood_of(store, 50, 1).mails == 0);
}

CONTRACT("what came back or was given up is known by its address, and how much went there since") {
    TestType backend;
    auto& store = backend.store;
    CHECK_FALSE(store.undelivered_to("ana@northwind.example"));
    open_ticket(store, "A", 10);
    open_ticket(store, "B", 20);
    auto const mails = store.outbox();
    store.settle(mails.at(0).id, {SendOutcome::Result::failed, "550 5.1.1 unknown", at(30), {}});
    store.settle(mails.at(1).id, {SendOutcome::Result::sent, "250 Ok", at(40), {}});
    auto const undelivered = store.undelivered_to("ANA@northwind.example");
    REQUIRE(undelivered);
    CHECK(undelivered->mail.id == mails[0].id);
    CHECK(undelivered->mail.last_error == "550 5.1.1 unknown");
    CHECK(undelivered->sent_since == 1);
    CHECK_FALSE(store.undelivered_to("bo@northwind.example"));
    store.drop_outgoing(mails[0].id, at(50));
    CHECK_FALSE(store.undelivered_to("ana@northwind.example"));
}

CONTRACT("a record that contradicts itself about storms is refused") {
    TestType backend;
    auto& store = backend.store;
    auto both = opening({"ACME", 1000}, "A");
    both.summary = SummaryOwed{"support@acme.example", "ana@northwind.example", at(60)};
    CHECK_THROWS_AS(store.commit(both, at(0)), std::logic_error);
    auto apart_from_all = apart(Disposition::ignored, "B");
    apart_from_all.flood = FloodMark{"flood", at(0), false, at(60)};
    CHECK_THROWS_AS(store.commit(apart_from_all, at(0)), std::logic_error);
    auto opens = opening({"ACME", 1000}, "C");
    opens.folds = true;
    CHECK_THROWS_AS(store.commit(opens, at(0)), std::logic_error);
    CHECK(store.ledger({}).empty());
}
