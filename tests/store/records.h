// Intake records as intake makes them, short to write.
#pragma once

#include <string>

#include "store/store.h"

namespace postern::test {

inline TimePoint at(std::int64_t seconds) {
    return TimePoint{std::chrono::seconds{1'800'000'000 + seconds}};
}

inline LedgerEntry entry(std::string id, Disposition disposition, std::int64_t received = 0) {
    LedgerEntry entry;
    entry.id = {std::move(id)};
    entry.received = at(received);
    entry.mailbox = "support@acme.example";
    entry.reverse_path = "ana@northwind.example";
    entry.client = "192.0.2.1";
    entry.from = "ana@northwind.example";
    entry.message_id = "<" + entry.id.text + "@northwind.example>";
    entry.subject = "Printer on fire";
    entry.size = 5;
    entry.sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    entry.disposition = disposition;
    entry.rule = "listed-contact";
    entry.story = {{"listed-contact", "ana@northwind.example", "contact of Northwind", "contacts.toml:12"}};
    return entry;
}

inline OutgoingMail outgoing(OutgoingKind kind, std::string message_id,
                             std::string recipient = "ana@northwind.example") {
    return {kind,
            "",
            std::move(recipient),
            "[ACME-1000] Printer on fire",
            std::move(message_id),
            "Subject: [ACME-1000] Printer on fire\r\n\r\nWe have your mail.\r\n",
            "We have your mail.\n"};
}

inline Article customer_article(std::string text = "It burns.") {
    Article article;
    article.from = "ana@northwind.example";
    article.to = {"support@acme.example"};
    article.cc = {"bo@northwind.example", "cy@northwind.example"};
    article.subject = "Printer on fire";
    article.date = at(-60);
    article.text = std::move(text);
    article.full_text = article.text + "\n> quoted";
    return article;
}

inline ArticleAttachment file(std::string name, std::string locator = "1.2") {
    ArticleAttachment attachment;
    attachment.name = std::move(name);
    attachment.media_type = "image/png";
    attachment.size = 1234;
    attachment.sha256 = "aa";
    attachment.locator = std::move(locator);
    return attachment;
}

// A mail that opens a ticket and is owed a receipt.
inline IntakeRecord opening(TicketNumber number, std::string id, std::int64_t received = 0) {
    IntakeRecord record;
    record.ledger = entry(id, Disposition::opened, received);
    record.ledger.ticket = number;
    record.octets = "hello";
    record.keys = {{"key-" + id, {}}};
    record.opens = NewTicket{number,      "support@acme.example", "Printer on fire", "Low", "northwind",
                             "Northwind", "ana@northwind.example"};
    record.article = customer_article();
    record.article->message_id = record.ledger.message_id;
    record.thread_ids = {record.ledger.message_id};
    record.events = {{at(received), "opened", "ana@northwind.example", id}};
    record.outgoing = {outgoing(OutgoingKind::receipt, "<" + id + ".receipt@support.acme.example>")};
    return record;
}

inline IntakeRecord joining(TicketId ticket, std::string id, std::int64_t received = 0) {
    IntakeRecord record;
    record.ledger = entry(id, Disposition::appended, received);
    record.octets = "hello";
    record.keys = {{"key-" + id, {}}};
    record.joins = ticket;
    record.article = customer_article("More smoke.");
    record.thread_ids = {record.ledger.message_id};
    record.events = {{at(received), "appended", "ana@northwind.example", id}};
    return record;
}

// Held, refused, ignored, duplicate: no ticket.
inline IntakeRecord apart(Disposition disposition, std::string id, std::int64_t received = 0) {
    IntakeRecord record;
    record.ledger = entry(id, disposition, received);
    record.octets = "hello";
    if (disposition == Disposition::held || disposition == Disposition::ignored) record.keys = {{"key-" + id, {}}};
    return record;
}

// Opens a ticket of the tag ACME and returns what the store knows of it.
inline TicketFacts open_ticket(Store& store, std::string id, std::int64_t received = 0) {
    TicketNumber number;
    store.atomically([&] {
        number = store.next_ticket_number("ACME", 1000);
        store.commit(opening(number, id, received), at(received));
    });
    ArrivalQuestion question;
    question.tags = {number};
    return store.lookup(question).by_tag.at(0);
}

}  // namespace postern::test
