// What every Store owes intake: lookup, ticket numbers, commit.
#include <stdexcept>

#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

CONTRACT("a mail that opens a ticket leaves ledger row, octets, ticket, article, event and receipt") {
    TestType backend;
    auto& store = backend.store;
    auto const number = store.next_ticket_number("ACME", 1000);
    auto record = opening(number, "M1");
    record.article->attachments = {file("screen.png", "1.2"), file("log.txt", "1.3")};
    store.commit(record, at(1));

    auto const entry = store.ledger_entry("M1");
    REQUIRE(entry);
    CHECK(entry->disposition == Disposition::opened);
    CHECK(entry->ticket == number);
    CHECK(entry->received == at(0));
    CHECK(entry->source == Source::smtp);
    CHECK(entry->client == "192.0.2.1");
    REQUIRE(entry->story.size() == 1);
    CHECK(entry->story[0].config == "contacts.toml:12");
    CHECK_FALSE(entry->imap);
    CHECK(store.raw_octets({"M1"}) == "hello");
    CHECK(store.receipt_state({"M1"}) == ReceiptState::queued);

    auto const history = store.ticket(number);
    REQUIRE(history);
    CHECK(history->ticket.status == TicketStatus::open);
    CHECK(history->ticket.severity == "Low");
    CHECK(history->ticket.organization_id == "northwind");
    CHECK(history->ticket.contact == "ana@northwind.example");
    CHECK_FALSE(history->ticket.assignee);
    CHECK(history->ticket.created == at(1));
    CHECK(history->ticket.articles == 2);
    REQUIRE(history->articles.size() == 2);

    auto const& article = history->articles[0];
    CHECK(article.number == 1);
    CHECK(article.kind == ArticleKind::customer);
    CHECK(article.direction == Direction::in);
    CHECK(article.cc == std::vector<std::string>{"bo@northwind.example", "cy@northwind.example"});
    CHECK(article.full_text == "It burns.\n> quoted");
    REQUIRE(article.attachments.size() == 2);
    CHECK(article.attachments[1].number == 2);
    CHECK(article.attachments[1].locator == "1.3");

    auto const& receipt = history->articles[1];
    CHECK(receipt.number == 2);
    CHECK(receipt.kind == ArticleKind::receipt);
    CHECK(receipt.direction == Direction::out);
    CHECK(receipt.from == "support@acme.example");
    CHECK(receipt.to == std::vector<std::string>{"ana@northwind.example"});
    CHECK(receipt.text == "We have your mail.\n");
    CHECK(receipt.full_text == receipt.text);

    REQUIRE(history->events.size() == 1);
    CHECK(history->events[0].what == "opened");
    CHECK(history->events[0].detail == "M1");
}
