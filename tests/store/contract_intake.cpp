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

CONTRACT("a mail that joins a ticket is its next article, and attachments go on counting") {
    TestType backend;
    auto& store = backend.store;
    auto const number = store.next_ticket_number("ACME", 1000);
    auto first = opening(number, "M1");
    first.article->attachments = {file("one.png")};
    store.commit(first, at(0));
    auto second = joining({1}, "M2", 10);
    second.article->attachments = {file("two.png")};
    second.ledger.ticket = number;
    store.commit(second, at(10));

    auto const history = store.ticket(number);
    REQUIRE(history->articles.size() == 3);  // mail, receipt, mail
    CHECK(history->articles[2].number == 3);
    CHECK(history->articles[2].text == "More smoke.");
    REQUIRE(history->articles[2].attachments.size() == 1);
    CHECK(history->articles[2].attachments[0].number == 2);
    CHECK(history->ticket.updated == at(10));
    CHECK(history->ticket.created == at(0));
    CHECK(store.ledger_entry("M2")->ticket == number);
}

CONTRACT("the ledger names the ticket that a mail joins, even where the record does not") {
    TestType backend;
    auto const facts = open_ticket(backend.store, "M1");
    backend.store.commit(joining(facts.id, "M2"), at(1));
    CHECK(backend.store.ledger_entry("M2")->ticket == facts.number);
}

CONTRACT("ticket numbers: a sequence for each tag, from its first, without a gap") {
    TestType backend;
    auto& store = backend.store;
    CHECK(store.next_ticket_number("ACME", 1000).text() == "ACME-1000");
    CHECK(store.next_ticket_number("ACME", 1000).text() == "ACME-1001");
    CHECK(store.next_ticket_number("BETA", 1).text() == "BETA-1");
    CHECK(store.next_ticket_number("ACME", 1000).text() == "ACME-1002");
    CHECK(store.next_ticket_number("ACME", 5000).text() == "ACME-5000");  // first_ticket was raised
    CHECK(store.next_ticket_number("ACME", 1000).text() == "ACME-5001");  // and lowered: never given again
}

CONTRACT("the coming ticket number is told, and not taken") {
    TestType backend;
    auto& store = backend.store;
    CHECK(store.coming_ticket_number("ACME", 1000).text() == "ACME-1000");
    CHECK(store.coming_ticket_number("ACME", 1000).text() == "ACME-1000");
    CHECK(store.next_ticket_number("ACME", 1000).text() == "ACME-1000");
    CHECK(store.coming_ticket_number("ACME", 1000).text() == "ACME-1001");
    CHECK(store.coming_ticket_number("ACME", 5000).text() == "ACME-5000");
    CHECK(store.next_ticket_number("ACME", 5000).text() == "ACME-5000");
    CHECK(store.coming_ticket_number("ACME", 1000).text() == "ACME-5001");
}

CONTRACT("a ticket number that was not committed is given again") {
    TestType backend;
    auto& store = backend.store;
    REQUIRE_THROWS_AS(store.atomically([&] {
        CHECK(store.next_ticket_number("ACME", 1000).number == 1000);
        throw std::runtime_error("the mail could not be taken");
    }),
                      std::runtime_error);
    CHECK(store.next_ticket_number("ACME", 1000).number == 1000);
}

CONTRACT("the same ticket number cannot be opened twice") {
    TestType backend;
    auto& store = backend.store;
    store.commit(opening({"ACME", 1000}, "M1"), at(0));
    CHECK_THROWS_AS(store.commit(opening({"ACME", 1000}, "M2"), at(0)), StoreError);
    CHECK_FALSE(store.ledger_entry("M2"));
    CHECK(store.outbox().size() == 1);
}

CONTRACT("lookup finds tickets by tag in the order of the subject, leaving out those that do not exist") {
    TestType backend;
    auto& store = backend.store;
    auto const one = open_ticket(store, "M1");
    auto const two = open_ticket(store, "M2");
    ArrivalQuestion question;
    question.tags = {two.number, {"ACME", 9999}, {"NONE", 1}, one.number};
    auto const context = store.lookup(question);
    REQUIRE(context.by_tag.size() == 2);
    CHECK(context.by_tag[0].number == two.number);
    CHECK(context.by_tag[1].number == one.number);
    CHECK(context.by_tag[0].organization_id == "northwind");
    CHECK(context.by_tag[0].mailbox == "support@acme.example");
    CHECK(context.by_tag[0].subject == "Printer on fire");
    CHECK(context.by_tag[0].status == TicketStatus::open);
    CHECK(context.by_tag[0].contact == "ana@northwind.example");
}

CONTRACT("lookup finds tickets by the Message-IDs they received and sent, in the order asked, each once") {
    TestType backend;
    auto& store = backend.store;
    auto const one = open_ticket(store, "M1");
    auto const two = open_ticket(store, "M2");
    ArrivalQuestion question;
    question.message_ids = {"<unknown@x.example>", "<M2.receipt@support.acme.example>", "<M1@northwind.example>",
                            "<M2@northwind.example>"};
    auto const context = store.lookup(question);
    REQUIRE(context.by_message_id.size() == 2);
    CHECK(context.by_message_id[0].id == two.id);
    CHECK(context.by_message_id[1].id == one.id);
    CHECK(context.by_tag.empty());
    CHECK_FALSE(context.duplicate_of);
}

CONTRACT("a Message-ID that two tickets know finds both") {
    TestType backend;
    auto& store = backend.store;
    auto const one = open_ticket(store, "M1");
    auto const two = open_ticket(store, "M2");
    auto record = joining(two.id, "M3");
    record.thread_ids = {"<M1@northwind.example>", ""};
    store.commit(record, at(5));
    ArrivalQuestion question;
    question.message_ids = {"<M1@northwind.example>", ""};
    auto const context = store.lookup(question);
    REQUIRE(context.by_message_id.size() == 2);
    CHECK(context.by_message_id[0].id == one.id);
    CHECK(context.by_message_id[1].id == two.id);
}

CONTRACT("lookup finds the mail of ours that a bounce names") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    ArrivalQuestion question;
    question.original_message_id = "<M1.receipt@support.acme.example>";
    auto const context = store.lookup(question);
    REQUIRE(context.original);
    CHECK(context.original->recipient == "ana@northwind.example");
    REQUIRE(context.original->ticket);
    CHECK(context.original->ticket->number == ticket.number);
    question.original_message_id = "<M1@northwind.example>";  // received, not sent
    CHECK_FALSE(store.lookup(question).original);
}

CONTRACT("a mail of ours without a ticket is found too") {
    TestType backend;
    auto record = apart(Disposition::refused, "M1");
    record.outgoing = {outgoing(OutgoingKind::referral, "<R1@support.acme.example>", "eve@northwind.example")};
    backend.store.commit(record, at(0));
    ArrivalQuestion question;
    question.original_message_id = "<R1@support.acme.example>";
    auto const original = backend.store.lookup(question).original;
    REQUIRE(original);
    CHECK(original->recipient == "eve@northwind.example");
    CHECK_FALSE(original->ticket);
}

CONTRACT("an arrival key that is known makes a duplicate, of the mail that came first and in its ticket") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    ArrivalQuestion question;
    question.now = at(100);
    question.arrival_keys = {"imap-place", "key-M1"};
    auto const context = store.lookup(question);
    CHECK(context.duplicate_of == MailId{"M1"});
    CHECK(context.duplicate_ticket == ticket.number);

    auto duplicate = apart(Disposition::duplicate, "M2", 100);
    duplicate.ledger.ticket = context.duplicate_ticket;
    duplicate.keys = {{"imap-place", {}}, {"key-M1", {}}};
    store.commit(duplicate, at(100));
    CHECK(store.ledger_entry("M2")->ticket == ticket.number);
    CHECK_FALSE(store.raw_octets({"M2"}));
    question.arrival_keys = {"key-M1"};
    CHECK(store.lookup(question).duplicate_of == MailId{"M1"});
    question.arrival_keys = {"imap-place"};
    CHECK(store.lookup(question).duplicate_ticket == ticket.number);
    CHECK(store.ticket(ticket.number)->articles.size() == 2);
}

CONTRACT("an arrival key holds until it expires, and then belongs to the next mail") {
    TestType backend;
    auto& store = backend.store;
    auto record = apart(Disposition::ignored, "M1");
    record.keys = {{"digest", at(100)}};
    store.commit(record, at(0));
    ArrivalQuestion question;
    question.arrival_keys = {"digest"};
    question.now = at(99);
    CHECK(store.lookup(question).duplicate_of == MailId{"M1"});
    question.now = at(100);
    CHECK_FALSE(store.lookup(question).duplicate_of);

    record = apart(Disposition::ignored, "M2", 100);
    record.keys = {{"digest", at(200)}};
    store.commit(record, at(100));
    question.now = at(150);
    CHECK(store.lookup(question).duplicate_of == MailId{"M2"});
}

CONTRACT("keys that have expired are forgotten, those that hold are not") {
    TestType backend;
    auto& store = backend.store;
    for (int n = 0; n < 20; ++n) {
        auto record = apart(Disposition::ignored, "M" + std::to_string(n));
        record.keys = {{"short-" + std::to_string(n), at(60)}, {"long-" + std::to_string(n), {}}};
        store.commit(record, at(0));
    }
    CHECK_FALSE(store.forget_expired(at(3600)));
    ArrivalQuestion question;
    question.now = at(0);  // asked as if no time had passed: what is still found was not forgotten
    question.arrival_keys = {"short-0", "short-19"};
    CHECK_FALSE(store.lookup(question).duplicate_of);
    question.arrival_keys = {"long-7"};
    CHECK(store.lookup(question).duplicate_of == MailId{"M7"});
}

CONTRACT("the keys of a held mail do not stand against its own release") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1"), at(0));
    ArrivalQuestion question;
    question.arrival_keys = {"key-M1"};
    CHECK(store.lookup(question).duplicate_of == MailId{"M1"});
    question.not_itself = MailId{"M1"};
    CHECK_FALSE(store.lookup(question).duplicate_of);
}

CONTRACT("a release replaces the held row: same id and time, octets kept once, now in a ticket") {
    TestType backend;
    auto& store = backend.store;
    auto held = apart(Disposition::held, "M1", 10);
    held.ledger.imap = ImapPlace{"inbox", 7, 42};
    held.ledger.source = Source::imap;
    store.commit(held, at(10));
    store.commit(apart(Disposition::ignored, "M2", 20), at(20));

    auto const number = store.next_ticket_number("ACME", 1000);
    auto released = opening(number, "M1", 5000);
    released.events.insert(released.events.begin(), {at(5000), "released", "operator", ""});
    store.commit(released, at(5000));

    auto const entries = store.ledger({});
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].id.text == "M1");
    CHECK(entries[0].received == at(10));
    CHECK(entries[0].source == Source::imap);
    CHECK(entries[0].disposition == Disposition::opened);
    CHECK(entries[0].ticket == number);
    REQUIRE(entries[0].imap);
    CHECK(entries[0].imap->uid == 42);
    CHECK(store.raw_octets({"M1"}) == "hello");
    CHECK(store.status_counts().held == 0);
    CHECK(store.ticket(number)->events.at(0).what == "released");
    CHECK(store.receipt_state({"M1"}) == ReceiptState::queued);
    ArrivalQuestion question;
    question.arrival_keys = {"key-M1"};
    CHECK(store.lookup(question).duplicate_ticket == number);
}

CONTRACT("a release that ends in a refusal leaves no key of the held mail") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1"), at(0));
    store.commit(apart(Disposition::refused, "M1"), at(1));
    ArrivalQuestion question;
    question.arrival_keys = {"key-M1"};
    CHECK_FALSE(store.lookup(question).duplicate_of);
}

CONTRACT("a reply to a resolved ticket reopens it, a ticket in progress stays so") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto record = joining(ticket.id, "M2");
    record.reopens = true;
    REQUIRE(store.set_status(ticket.number, TicketStatus::resolved, "operator", at(1)));
    store.commit(record, at(2));
    CHECK(store.ticket(ticket.number)->ticket.status == TicketStatus::open);

    REQUIRE(store.set_status(ticket.number, TicketStatus::in_progress, "operator", at(3)));
    record = joining(ticket.id, "M3");
    record.reopens = true;
    store.commit(record, at(4));
    CHECK(store.ticket(ticket.number)->ticket.status == TicketStatus::in_progress);
}

CONTRACT("a bounce marks our mail as failed, in the outbox and in the ticket") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto const sent = store.claim_due(at(1), at(60), 1).at(0);
    store.settle(sent.id, {SendOutcome::Result::sent, "250 Ok", at(2), {}});

    auto record = joining(ticket.id, "M2", 3);
    record.ledger.disposition = Disposition::noted;
    record.article->kind = ArticleKind::automatic;
    record.bounced = sent.id;
    record.bounce_detail = "5.1.1 no such user";
    store.commit(record, at(3));

    auto const outbox = store.outbox();
    REQUIRE(outbox.size() == 1);
    CHECK(outbox[0].state == OutboxState::failed);
    CHECK(outbox[0].last_error == "5.1.1 no such user");
    CHECK(store.receipt_state({"M1"}) == ReceiptState::failed);
    auto const events = store.ticket(ticket.number)->events;
    CHECK(events.back().what == "bounced");
    CHECK(events.back().detail == "ana@northwind.example: 5.1.1 no such user");
    // Its octets are gone: there is nothing that could be sent again.
    CHECK_FALSE(store.retry_outgoing(sent.id, at(4)));
}

CONTRACT("octets: of SMTP refusals none are kept, of others refused for 30 days") {
    TestType backend;
    auto& store = backend.store;
    auto by_smtp = apart(Disposition::refused, "M1");
    by_smtp.keep_octets = false;
    store.commit(by_smtp, at(0));
    store.commit(apart(Disposition::refused, "M2"), at(0));
    store.commit(apart(Disposition::held, "M3"), at(0));
    CHECK_FALSE(store.raw_octets({"M1"}));
    CHECK(store.raw_octets({"M2"}) == "hello");

    constexpr std::int64_t day = 86400;
    CHECK_FALSE(store.forget_expired(at(30 * day - 1)));
    CHECK(store.raw_octets({"M2"}) == "hello");
    CHECK_FALSE(store.forget_expired(at(30 * day)));
    CHECK_FALSE(store.raw_octets({"M2"}));
    CHECK(store.raw_octets({"M3"}) == "hello");
    CHECK(store.ledger_entry("M2"));
}

CONTRACT("what expires is forgotten a little at a time, until nothing is left") {
    TestType backend;
    auto& store = backend.store;
    constexpr int mails = 250;
    store.atomically([&] {
        for (int n = 0; n < mails; ++n) {
            store.commit(apart(Disposition::refused, "R" + std::to_string(n)), at(0));
            auto record = apart(Disposition::ignored, "M" + std::to_string(n));
            for (int k = 0; k < 5; ++k) {
                record.keys.push_back({std::to_string(n) + "-" + std::to_string(k), at(60)});
            }
            store.commit(record, at(0));
        }
    });
    constexpr std::int64_t later = 31 * 86400;
    int rounds = 1;
    while (store.forget_expired(at(later))) REQUIRE(++rounds < mails);
    ArrivalQuestion question;
    question.now = at(0);
    for (int n = 0; n < mails; ++n) {
        CHECK_FALSE(store.raw_octets({"R" + std::to_string(n)}));
        question.arrival_keys.push_back(std::to_string(n) + "-4");
    }
    CHECK_FALSE(store.lookup(question).duplicate_of);
    CHECK(store.raw_octets({"M0"}) == "hello");
    CHECK(store.ledger({}).size() == 2 * mails);
}

CONTRACT("a held copy that is released as a duplicate keeps no octets of its own") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1"), at(0));
    CHECK(store.raw_octets({"M1"}) == "hello");
    store.commit(apart(Disposition::duplicate, "M1"), at(1));
    CHECK_FALSE(store.raw_octets({"M1"}));
}

CONTRACT("an empty mail has octets: none") {
    TestType backend;
    auto record = apart(Disposition::held, "M1");
    record.octets = {};
    backend.store.commit(record, at(0));
    CHECK(backend.store.raw_octets({"M1"}) == "");
    CHECK_FALSE(backend.store.raw_octets({"M2"}));
}

CONTRACT("records that contradict themselves are a mistake of the caller's and change nothing") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "M1");
    auto const wrong = [&](IntakeRecord const& record) {
        CHECK_THROWS_AS(store.commit(record, at(1)), std::logic_error);
    };

    auto record = opening({"ACME", 2000}, "X");
    record.joins = ticket.id;
    wrong(record);
    record = opening({"ACME", 2000}, "X");
    record.ledger.disposition = Disposition::held;
    wrong(record);
    record = opening({"ACME", 2000}, "X");
    record.ledger.ticket = TicketNumber{"ACME", 2001};
    wrong(record);
    record = joining(ticket.id, "X");
    record.ledger.ticket = TicketNumber{"ACME", 2001};
    wrong(record);
    wrong(joining({77}, "X"));
    record = joining(ticket.id, "X");
    record.joins.reset();
    wrong(record);
    record = apart(Disposition::held, "X");
    record.article = customer_article();
    wrong(record);
    record = apart(Disposition::refused, "X");
    record.keys = {{"key", {}}};
    wrong(record);
    record = apart(Disposition::duplicate, "X");
    record.ledger.ticket = TicketNumber{"ACME", 9999};
    wrong(record);
    record = joining(ticket.id, "X");
    record.article->attachments = {file("a.png")};
    record.keep_octets = false;
    wrong(record);
    record = joining(ticket.id, "X");
    record.bounced = OutboxId{99};
    wrong(record);
    wrong(joining(ticket.id, "M1"));  // taken in before, and not held
    wrong(apart(Disposition::held, ""));

    CHECK(store.ledger({}).size() == 1);
    CHECK(store.ticket(ticket.number)->articles.size() == 2);
    CHECK(store.tickets({}).size() == 1);
}
