// What every Store owes `ticket`.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

std::string numbers(std::vector<Ticket> const& tickets) {
    std::string text;
    for (auto const& ticket : tickets) text += (text.empty() ? "" : " ") + std::to_string(ticket.number.number);
    return text;
}

// Opens ACME-NUMBER with these words in it.
void put(Store& store, std::int64_t number, std::string const& subject, std::string const& text,
         std::string const& organization = "Northwind") {
    auto record = opening({"ACME", number}, "M" + std::to_string(number));
    record.opens->subject = subject;
    record.opens->organization = organization;
    record.opens->organization_id = "id-" + organization;
    record.article->text = record.article->full_text = text;
    store.commit(record, at(number));
}

}  // namespace

CONTRACT("tickets are listed oldest first, and filtered by status, organisation and severity without case") {
    TestType backend;
    auto& store = backend.store;
    put(store, 1001, "one", "a");
    put(store, 1000, "two", "b",
        "Stra\xC3\x9F"
        "e & S\xC3\xB6hne");
    put(store, 1002, "three", "c");
    CHECK(numbers(store.tickets({})) == "1001 1000 1002");

    REQUIRE(store.set_status({"ACME", 1001}, TicketStatus::resolved, "operator", at(2000)));
    REQUIRE(store.set_severity({"ACME", 1002}, "High", "operator", at(2000)));
    TicketFilter filter;
    filter.status = TicketStatus::resolved;
    CHECK(numbers(store.tickets(filter)) == "1001");
    filter.status = TicketStatus::open;
    CHECK(numbers(store.tickets(filter)) == "1000 1002");
    filter.severity = "high";
    CHECK(numbers(store.tickets(filter)) == "1002");
    filter = {};
    filter.organization = "NORTHWIND";
    CHECK(numbers(store.tickets(filter)) == "1001 1002");
    filter.organization = "ID-northwind";
    CHECK(numbers(store.tickets(filter)) == "1001 1002");
    filter.organization =
        "stra\xC3\x9F"
        "e & s\xC3\x96hne";
    CHECK(numbers(store.tickets(filter)) == "1000");
    filter.organization = "North";  // a name, not a part of one
    CHECK(store.tickets(filter).empty());
    filter = {};
    filter.assignee = "kim@acme.example";
    CHECK(store.tickets(filter).empty());
}

CONTRACT("search looks into subject, text and sender, without case in any script") {
    TestType backend;
    auto& store = backend.store;
    put(store, 1000, "Drucker im B\xC3\xBCro brennt", "Bitte l\xC3\xB6schen.");
    put(store, 1001, "\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3", "100% _sure_ it's \xD0\x9F\xD0\xBE\xD0\xB6\xD0\xB0\xD1\x80");
    put(store, 1002, "Printer", "plain ASCII text");
    auto const found = [&](std::string text) {
        TicketFilter filter;
        filter.search = std::move(text);
        return numbers(store.tickets(filter));
    };
    CHECK(found("B\xC3\x9CRO") == "1000");
    CHECK(found("L\xC3\x96SCHEN") == "1000");
    CHECK(found("\xD0\xBF\xD0\x9E\xD0\x96\xD0\x90\xD0\xA0") == "1001");
    CHECK(found("\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82") == "1001");  // final sigma
    CHECK(found("PLAIN ascii") == "1002");
    CHECK(found("printer") == "1002");
    CHECK(found("ANA@northwind") == "1000 1001 1002");
    CHECK(found("have your mail") == "1000 1001 1002");  // the receipts
    CHECK(found("0% _S") == "1001");                     // no wildcards
    CHECK(found("%").substr(0, 4) == "1001");
    CHECK(found("'; DROP TABLE ticket; --").empty());
    CHECK(found("") == "1000 1001 1002");
}

CONTRACT("a change of status or severity is an event, no change is none, no ticket is false") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    CHECK(store.set_status(ticket.number, TicketStatus::in_progress, "kim@acme.example", at(10)));
    CHECK(store.set_severity(ticket.number, "High", "operator", at(20)));
    CHECK(store.set_severity(ticket.number, "High", "operator", at(30)));
    CHECK(store.set_status(ticket.number, TicketStatus::in_progress, "operator", at(30)));
    CHECK_FALSE(store.set_status({"ACME", 1}, TicketStatus::open, "operator", at(30)));
    CHECK_FALSE(store.set_severity({"NONE", ticket.number.number}, "High", "operator", at(30)));

    auto const history = store.ticket(ticket.number);
    CHECK(history->ticket.updated == at(20));
    CHECK(history->ticket.severity == "High");
    REQUIRE(history->events.size() == 3);
    CHECK(history->events[1].what == "status");
    CHECK(history->events[1].by == "kim@acme.example");
    CHECK(history->events[1].detail == "open -> in-progress");
    CHECK(history->events[1].at == at(10));
    CHECK(history->events[2].detail == "Low -> High");
    auto const counts = store.status_counts();
    CHECK(counts.open == 0);
    CHECK(counts.in_progress == 1);
    CHECK(counts.resolved == 0);
}

CONTRACT("no such ticket") {
    TestType backend;
    CHECK_FALSE(backend.store.ticket({"ACME", 1000}));
    CHECK_FALSE(backend.store.attachment({"ACME", 1000}, 1));
}

CONTRACT("an attachment is found in the octets of the mail it came with") {
    TestType backend;
    auto& store = backend.store;
    auto const number = store.next_ticket_number("ACME", 1000);
    auto first = opening(number, "M1");
    first.octets = "first mail";
    first.article->attachments = {file("one.png", "1.2")};
    first.article->attachments[0].is_inline = true;
    first.article->attachments[0].content_id = "logo@northwind.example";
    store.commit(first, at(0));
    auto second = joining({1}, "M2");
    second.octets = "second mail";
    second.article->attachments = {file("two.png", "1.3"), file("three.png", "1.4")};
    store.commit(second, at(1));

    auto const one = store.attachment(number, 1);
    REQUIRE(one);
    CHECK(one->octets == "first mail");
    CHECK(one->attachment.is_inline);
    CHECK(one->attachment.content_id == "logo@northwind.example");
    auto const three = store.attachment(number, 3);
    REQUIRE(three);
    CHECK(three->octets == "second mail");
    CHECK(three->attachment.name == "three.png");
    CHECK(three->attachment.locator == "1.4");
    CHECK(three->attachment.size == 1234);
    CHECK_FALSE(three->attachment.content_id);
    CHECK_FALSE(store.attachment(number, 4));
    CHECK_FALSE(store.attachment(number, 0));
}
