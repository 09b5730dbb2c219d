// What every Store owes `check --replay`: mail as it was recorded, and what was known when it came.
#include <algorithm>

#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

std::string ids(std::vector<RecordedMail> const& mails) {
    std::string text;
    for (auto const& mail : mails) text += (text.empty() ? "" : " ") + mail.entry.id.text;
    return text;
}

std::string numbers(std::vector<TicketFacts> const& tickets) {
    std::string text;
    for (auto const& ticket : tickets) text += (text.empty() ? "" : " ") + ticket.number.text();
    return text;
}

// What was known when the mail was committed.
MomentOf moment_of(Store& store, std::string const& id) {
    for (auto const& mail : store.recorded_after(0, TimePoint{}, 1000)) {
        if (mail.entry.id.text == id) return {mail.place, mail.entry.committed};
    }
    FAIL("no such mail: " << id);
    return {};
}

std::string by_tag(Store& store, MomentOf const& moment, std::vector<TicketNumber> tags) {
    ArrivalQuestion question;
    question.tags = std::move(tags);
    return numbers(store.lookup_at(moment, question).by_tag);
}

std::string by_message_id(Store& store, MomentOf const& moment, std::vector<std::string> message_ids) {
    ArrivalQuestion question;
    question.message_ids = std::move(message_ids);
    return numbers(store.lookup_at(moment, question).by_message_id);
}

}  // namespace

CONTRACT("recorded mail: each once in the order of taking in, with its story and its ticket, since a time") {
    TestType backend;
    auto& store = backend.store;
    CHECK(store.recorded_after(0, TimePoint{}, 10).empty());
    auto const ticket = open_ticket(store, "M1", 1);
    store.commit(apart(Disposition::held, "M2", 9), at(9));
    store.commit(joining(ticket.id, "M3", 5), at(10));
    store.commit(apart(Disposition::refused, "M4", 11), at(11));

    CHECK(ids(store.recorded_after(0, TimePoint{}, 10)) == "M1 M2 M3 M4");
    CHECK(ids(store.recorded_after(0, at(5), 10)) == "M2 M3 M4");
    CHECK(ids(store.recorded_after(0, at(6), 10)) == "M2 M4");
    CHECK(ids(store.recorded_after(0, at(12), 10)).empty());
    std::string one_by_one;
    std::int64_t place = 0;
    for (auto mails = store.recorded_after(0, at(2), 1); !mails.empty();
         mails = store.recorded_after(place, at(2), 1)) {
        one_by_one += ids(mails) + " ";
        place = mails.back().place;
    }
    CHECK(one_by_one == "M2 M3 M4 ");
    CHECK(place == store.last_place());

    auto const all = store.recorded_after(0, TimePoint{}, 10);
    CHECK(all[0].entry.story.size() == 1);
    CHECK(all[0].entry.story[0].config == "contacts.toml:12");
    CHECK(all[0].entry.committed == at(1));
    REQUIRE(all[2].ticket);
    CHECK(all[2].ticket->number == ticket.number);
    CHECK(all[2].ticket->organization_id == "northwind");
    CHECK(all[2].organization == "Northwind");
    CHECK_FALSE(all[1].ticket);
    CHECK(all[1].organization.empty());
}

CONTRACT("a look back finds the tickets that were there when a mail came, and not its own nor later ones") {
    TestType backend;
    auto& store = backend.store;
    open_ticket(store, "M1", 1);
    open_ticket(store, "M2", 2);
    open_ticket(store, "M3", 2);  // in the same millisecond
    std::vector<TicketNumber> const tags{{"ACME", 1000}, {"ACME", 1001}, {"ACME", 1002}, {"ACME", 4711}};
    CHECK(by_tag(store, moment_of(store, "M1"), tags).empty());
    CHECK(by_tag(store, moment_of(store, "M2"), tags) == "ACME-1000");
    CHECK(by_tag(store, moment_of(store, "M3"), tags) == "ACME-1000 ACME-1001");
    CHECK(by_tag(store, {moment_of(store, "M3").place, at(1)}, tags) == "ACME-1000");
    std::vector<std::string> const by{"<M1@northwind.example>", "<M2@northwind.example>", "<M3@northwind.example>",
                                      "<nobody@northwind.example>", ""};
    CHECK(by_message_id(store, moment_of(store, "M1"), by).empty());
    CHECK(by_message_id(store, moment_of(store, "M2"), by) == "ACME-1000");
    CHECK(by_message_id(store, moment_of(store, "M3"), by) == "ACME-1000 ACME-1001");
}

CONTRACT("a look back finds a thread by what had come and gone out before, and in its order") {
    TestType backend;
    auto& store = backend.store;
    auto const first = open_ticket(store, "M1", 1);
    auto const second = open_ticket(store, "M2", 2);
    store.commit(apart(Disposition::ignored, "M3", 3), at(3));
    store.commit(joining(first.id, "M4", 4), at(4));
    CHECK(by_message_id(store, moment_of(store, "M3"), {"<M4@northwind.example>"}).empty());
    CHECK(by_message_id(store, moment_of(store, "M4"), {"<M4@northwind.example>"}).empty());
    store.commit(apart(Disposition::ignored, "M5", 5), at(5));
    auto const late = moment_of(store, "M5");
    CHECK(by_message_id(store, late, {"<M4@northwind.example>", "<M2@northwind.example>", "<M1@northwind.example>"}) ==
          "ACME-1000 ACME-1001");
    CHECK(by_message_id(store, late, {"<M2@northwind.example>", "<M4@northwind.example>"}) == "ACME-1001 ACME-1000");
    CHECK(by_message_id(store, late, {"<M2.receipt@support.acme.example>"}) == second.number.text());
    CHECK(by_message_id(store, moment_of(store, "M2"), {"<M2.receipt@support.acme.example>"}).empty());

    ArrivalQuestion question;
    question.original_message_id = "<M2.receipt@support.acme.example>";
    auto const original = store.lookup_at(late, question).original;
    REQUIRE(original);
    CHECK(original->recipient == "ana@northwind.example");
    CHECK(original->ticket->number == second.number);
    CHECK_FALSE(store.lookup_at(moment_of(store, "M1"), question).original);
    CHECK_FALSE(store.lookup_at(moment_of(store, "M2"), question).original);
}

CONTRACT("a look back does not thread by a mail that was still held then") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1", 1);
    store.commit(apart(Disposition::held, "M2", 2), at(2));
    store.commit(apart(Disposition::ignored, "M3", 3), at(3));
    auto released = joining(ticket.id, "M2", 2);
    store.commit(released, at(10));
    store.commit(apart(Disposition::ignored, "M4", 11), at(11));
    CHECK(by_message_id(store, moment_of(store, "M3"), {"<M2@northwind.example>"}).empty());
    CHECK(by_message_id(store, moment_of(store, "M4"), {"<M2@northwind.example>"}) == "ACME-1000");
}

CONTRACT("a look back answers nothing of what is forgotten in time") {
    TestType backend;
    auto& store = backend.store;
    open_ticket(store, "M1", 1);
    store.commit(apart(Disposition::ignored, "M2", 2), at(2));
    ArrivalQuestion question;
    question.arrival_keys = {"key-M1"};
    question.receipts = ReceiptQuestion{"ana@northwind.example", at(0), 10};
    question.own_message_id = "<M1.receipt@support.acme.example>";
    REQUIRE(store.lookup(question).receipts.count == 1);
    auto const context = store.lookup_at(moment_of(store, "M2"), question);
    CHECK_FALSE(context.duplicate_of);
    CHECK_FALSE(context.itself);
    CHECK(context.receipts.count == 0);
}
