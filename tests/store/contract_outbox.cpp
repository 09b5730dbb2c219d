// What every Store owes the sender of outgoing mail.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

SendOutcome sent(std::int64_t when) {
    return {SendOutcome::Result::sent, "250 2.0.0 Ok", at(when), {}};
}
SendOutcome later(std::int64_t when, std::int64_t next) {
    return {SendOutcome::Result::try_again, "451 4.3.0 busy", at(when), at(next)};
}
SendOutcome failed(std::int64_t when) {
    return {SendOutcome::Result::failed, "550 5.1.1 unknown", at(when), {}};
}

std::string message_ids(std::vector<OutboxMail> const& mails) {
    std::string text;
    for (auto const& mail : mails) text += mail.message_id;
    return text;
}

// A mail of ours, without a ticket.
void queue(Store& store, std::string const& id, std::int64_t when) {
    auto record = apart(Disposition::refused, id, when);
    record.outgoing = {outgoing(OutgoingKind::referral, "<" + id + ">", id + "@northwind.example")};
    store.commit(record, at(when));
}

}  // namespace

CONTRACT("what is queued is handed out once, oldest first, with its octets") {
    TestType backend;
    auto& store = backend.store;
    CHECK_FALSE(store.next_due());
    queue(store, "A", 1);
    queue(store, "B", 2);
    queue(store, "C", 3);
    CHECK(store.next_due() == at(1));
    CHECK(store.claim_due(at(0), at(60), 10).empty());

    auto const two = store.claim_due(at(10), at(60), 2);
    REQUIRE(message_ids(two) == "<A><B>");
    CHECK(two[0].octets == "Subject: [ACME-1000] Printer on fire\r\n\r\nWe have your mail.\r\n");
    CHECK(two[0].caused_by.text == "A");
    CHECK(two[0].created == at(1));
    CHECK(two[0].attempts == 0);
    CHECK(two[0].text == "We have your mail.\n");
    CHECK(message_ids(store.claim_due(at(10), at(60), 10)) == "<C>");
    CHECK(store.claim_due(at(10), at(60), 10).empty());
    CHECK(store.outbox().size() == 3);
}

CONTRACT("a claim ends with its time, or at the start of the next daemon") {
    TestType backend;
    auto& store = backend.store;
    queue(store, "A", 1);
    REQUIRE(store.claim_due(at(10), at(60), 1).size() == 1);
    CHECK(store.next_due() == at(60));
    CHECK(store.claim_due(at(59), at(90), 1).empty());
    CHECK(store.claim_due(at(60), at(90), 1).size() == 1);
    store.release_claims();
    CHECK(store.next_due() == at(1));
    CHECK(store.claim_due(at(61), at(90), 1).size() == 1);
}

CONTRACT("one claim can be given back: due as it was before, and no attempt counted") {
    TestType backend;
    auto& store = backend.store;
    queue(store, "A", 1);
    queue(store, "B", 2);
    auto const mails = store.claim_due(at(10), at(60), 2);
    REQUIRE(mails.size() == 2);
    store.release_claim(mails[1].id);
    store.release_claim({99});
    CHECK(store.next_due() == at(2));
    CHECK(message_ids(store.claim_due(at(10), at(60), 2)) == "<B>");
    CHECK(store.outbox().at(1).attempts == 0);
}

CONTRACT("sent: it leaves the outbox and its Message-ID is remembered") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto const mail = store.claim_due(at(1), at(60), 1).at(0);
    CHECK(mail.ticket == ticket.number);
    CHECK(mail.text == "We have your mail.\n");
    store.settle(mail.id, sent(2));
    CHECK(store.outbox().empty());
    CHECK_FALSE(store.next_due());
    CHECK(store.receipt_state({"M1"}) == ReceiptState::sent);
    ArrivalQuestion question;
    question.original_message_id = mail.message_id;
    CHECK(store.lookup(question).original);
    auto const events = store.ticket(ticket.number)->events;
    CHECK(events.back().what == "receipt-sent");
    CHECK(events.back().by == "postern");
    CHECK(events.back().at == at(2));
    CHECK(events.back().detail == "ana@northwind.example: 250 2.0.0 Ok");
    CHECK_FALSE(store.retry_outgoing(mail.id, at(3)));
    CHECK_FALSE(store.drop_outgoing(mail.id, at(3)));
}

CONTRACT("to be tried again: the next attempt, the count and the reason are kept, no event is told") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto const mail = store.claim_due(at(1), at(600), 1).at(0);
    store.settle(mail.id, later(2, 30));
    CHECK(store.next_due() == at(30));
    CHECK(store.claim_due(at(29), at(600), 1).empty());
    auto const shown = store.outbox().at(0);
    CHECK(shown.state == OutboxState::queued);
    CHECK(shown.attempts == 1);
    CHECK(shown.next_attempt == at(30));
    CHECK(shown.last_error == "451 4.3.0 busy");
    CHECK(shown.octets.empty());
    auto const again = store.claim_due(at(30), at(600), 1);
    REQUIRE(again.size() == 1);
    CHECK(again[0].octets == mail.octets);
    CHECK(again[0].message_id == mail.message_id);
    CHECK(store.ticket(ticket.number)->events.size() == 1);
    CHECK(store.receipt_state({"M1"}) == ReceiptState::queued);
}

CONTRACT("failed: it stays to be seen, with the reason, and can be retried or dropped") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto const mail = store.claim_due(at(1), at(60), 1).at(0);
    store.settle(mail.id, failed(2));
    CHECK_FALSE(store.next_due());
    CHECK(store.outbox().at(0).state == OutboxState::failed);
    CHECK(store.outbox().at(0).last_error == "550 5.1.1 unknown");
    CHECK(store.status_counts().outbox_failed == 1);
    CHECK(store.status_counts().outbox_queued == 0);
    CHECK(store.receipt_state({"M1"}) == ReceiptState::failed);
    CHECK(store.ticket(ticket.number)->events.back().what == "receipt-failed");

    CHECK(store.retry_outgoing(mail.id, at(100)));
    CHECK(store.next_due() == at(100));
    auto const again = store.claim_due(at(100), at(160), 1);
    REQUIRE(again.size() == 1);
    CHECK(again[0].octets == mail.octets);
    CHECK(again[0].attempts == 1);
    store.settle(mail.id, failed(101));
    CHECK(store.drop_outgoing(mail.id, at(102)));
    CHECK(store.outbox().empty());
    CHECK(store.receipt_state({"M1"}) == ReceiptState::failed);
    CHECK_FALSE(store.drop_outgoing(mail.id, at(103)));
    CHECK_FALSE(store.retry_outgoing(mail.id, at(103)));
    CHECK_FALSE(store.retry_outgoing({99}, at(103)));
    CHECK_FALSE(store.drop_outgoing({99}, at(103)));
}

CONTRACT("a mail of ours that is no receipt and fails has bounced") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    store.settle(store.claim_due(at(1), at(60), 1).at(0).id, sent(1));
    auto record = joining(ticket.id, "M2");
    record.outgoing = {outgoing(OutgoingKind::reply, "<reply@support.acme.example>")};
    store.commit(record, at(2));
    store.settle(store.claim_due(at(2), at(60), 1).at(0).id, failed(3));
    CHECK(store.ticket(ticket.number)->events.back().what == "bounced");
    CHECK(store.ticket(ticket.number)->articles.back().kind == ArticleKind::agent);
}

CONTRACT("retry makes due what waits, but not what is being tried at this moment") {
    TestType backend;
    auto& store = backend.store;
    queue(store, "A", 1);
    auto const mail = store.claim_due(at(1), at(60), 1).at(0);
    CHECK(store.retry_outgoing(mail.id, at(2)));
    CHECK(store.claim_due(at(2), at(60), 1).empty());
    store.settle(mail.id, later(3, 900));
    CHECK(store.retry_outgoing(mail.id, at(4)));
    CHECK(store.claim_due(at(4), at(60), 1).size() == 1);
}

CONTRACT("dropped while it was being tried: if it was sent after all, that is what stands") {
    TestType backend;
    auto& store = backend.store;
    open_ticket(store, "M1");
    open_ticket(store, "M2");
    auto const mails = store.claim_due(at(1), at(60), 2);
    REQUIRE(mails.size() == 2);
    for (auto const& mail : mails) CHECK(store.drop_outgoing(mail.id, at(2)));
    store.settle(mails[0].id, sent(3));
    store.settle(mails[1].id, later(3, 30));
    CHECK(store.receipt_state({"M1"}) == ReceiptState::sent);
    CHECK(store.receipt_state({"M2"}) == ReceiptState::failed);
    CHECK(store.outbox().empty());
    CHECK_FALSE(store.next_due());
    store.settle({99}, sent(3));  // one that is not there any more
}

CONTRACT("no mail overtakes an earlier one of its ticket to the same person") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");  // the receipt to ana
    auto record = joining(ticket.id, "M2");
    record.outgoing = {outgoing(OutgoingKind::reply, "<to-ana>"),
                       outgoing(OutgoingKind::notification, "<to-kim>", "kim@acme.example")};
    store.commit(record, at(5));
    auto const other = open_ticket(store, "M3", 6);  // another ticket's receipt to ana

    auto first = store.claim_due(at(10), at(60), 10);
    REQUIRE(message_ids(first) == "<M1.receipt@support.acme.example><to-kim><M3.receipt@support.acme.example>");
    CHECK(first[2].ticket == other.number);
    CHECK(store.next_due() == at(60));
    store.settle(first[0].id, later(11, 100));
    CHECK(store.claim_due(at(12), at(60), 10).empty());
    CHECK(store.next_due() == at(60));  // those two that are claimed
    store.settle(first[1].id, sent(12));
    store.settle(first[2].id, sent(12));
    CHECK(store.next_due() == at(100));

    first = store.claim_due(at(100), at(160), 10);
    REQUIRE(message_ids(first) == "<M1.receipt@support.acme.example>");
    store.settle(first[0].id, sent(101));
    CHECK(store.next_due() == at(5));
    CHECK(message_ids(store.claim_due(at(102), at(160), 10)) == "<to-ana>");
}

CONTRACT("what failed or was dropped holds nothing up") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto record = joining(ticket.id, "M2");
    record.outgoing = {outgoing(OutgoingKind::reply, "<second>")};
    store.commit(record, at(5));
    record = joining(ticket.id, "M3");
    record.outgoing = {outgoing(OutgoingKind::reply, "<third>")};
    store.commit(record, at(6));
    store.settle(store.claim_due(at(10), at(60), 10).at(0).id, failed(11));
    auto const second = store.claim_due(at(10), at(60), 10);
    REQUIRE(message_ids(second) == "<second>");
    CHECK(store.drop_outgoing(second[0].id, at(12)));
    CHECK(message_ids(store.claim_due(at(12), at(60), 10)) == "<third>");
}

CONTRACT("the longest due first: what waited for its next attempt lines up by that") {
    TestType backend;
    auto& store = backend.store;
    queue(store, "A", 1);
    store.settle(store.claim_due(at(1), at(60), 1).at(0).id, later(2, 50));
    queue(store, "B", 40);
    queue(store, "C", 55);
    CHECK(message_ids(store.claim_due(at(100), at(160), 10)) == "<B><A><C>");
}

CONTRACT("counts of the outbox, and its oldest") {
    TestType backend;
    auto& store = backend.store;
    CHECK(store.status_counts().outbox_queued == 0);
    CHECK_FALSE(store.status_counts().outbox_oldest);
    queue(store, "A", 1);
    queue(store, "B", 2);
    store.settle(store.claim_due(at(1), at(60), 1).at(0).id, later(2, 50));
    CHECK(store.status_counts().outbox_queued == 2);
    CHECK(store.status_counts().outbox_oldest == at(1));
}

CONTRACT("what was owed for a mail is found by it, whatever became of it") {
    TestType backend;
    auto& store = backend.store;
    open_ticket(store, "M1");
    queue(store, "A", 1);
    CHECK(message_ids(store.answers_to({"M1"})) == "<M1.receipt@support.acme.example>");
    auto const mails = store.claim_due(at(10), at(60), 10);
    for (auto const& mail : mails) store.settle(mail.id, sent(11));
    REQUIRE(message_ids(store.answers_to({"A"})) == "<A>");
    CHECK(store.answers_to({"A"})[0].state == OutboxState::sent);
    CHECK(store.answers_to({"A"})[0].attempts == 1);
    CHECK(store.answers_to({"nobody"}).empty());
}

CONTRACT("an alarm is queued once an hour for the same cause, and sent like any other mail") {
    TestType backend;
    auto& store = backend.store;
    auto const alarm = [](std::string const& id) { return outgoing(OutgoingKind::alarm, id, "ops@acme.example"); };
    constexpr std::int64_t hour = 3'600;
    CHECK(store.queue_alarm(alarm("<a.1>"), "<a.0>", at(hour + 3'000)));
    CHECK_FALSE(store.queue_alarm(alarm("<a.1>"), "<a.0>", at(hour + 3'500)));
    CHECK_FALSE(store.queue_alarm(alarm("<a.2>"), "<a.1>", at(2 * hour + 2'999)));
    CHECK(store.queue_alarm(alarm("<b.2>"), "<b.1>", at(2 * hour + 2'999)));
    CHECK(store.queue_alarm(alarm("<a.2>"), "<a.1>", at(2 * hour + 3'001)));
    auto const mails = store.claim_due(at(3 * hour), at(4 * hour), 10);
    REQUIRE(message_ids(mails) == "<a.1><b.2><a.2>");
    CHECK(mails[0].kind == OutgoingKind::alarm);
    CHECK_FALSE(mails[0].ticket);
    CHECK(mails[0].caused_by.text.empty());
    CHECK(mails[0].recipient == "ops@acme.example");
    CHECK_FALSE(mails[0].octets.empty());
    for (auto const& mail : mails) store.settle(mail.id, failed(3 * hour));
    CHECK(store.outbox().size() == 3);
    CHECK_FALSE(store.queue_alarm(alarm("<a.2>"), "<a.1>", at(2 * hour + 3'100)));
}
