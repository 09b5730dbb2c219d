// What every Store owes `message` and `held`.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

CONTRACT("the ledger is listed oldest first by arrival, whatever the order of commit") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::ignored, "B", 20), at(21));
    store.commit(apart(Disposition::held, "A", 10), at(22));
    store.commit(apart(Disposition::refused, "C", 30), at(31));
    auto const ids = [&](LedgerFilter const& filter) {
        std::string text;
        for (auto const& each : store.ledger(filter)) text += each.id.text;
        return text;
    };
    CHECK(ids({}) == "ABC");
    CHECK(ids({{}, 2}) == "BC");  // the newest two
    CHECK(ids({{}, 99}) == "ABC");
    CHECK(ids({Disposition::held, 0}) == "A");
    CHECK(ids({Disposition::refused, 5}) == "C");
    CHECK(ids({Disposition::dropped, 0}).empty());
}

CONTRACT("the list leaves the story out, one entry has it") {
    TestType backend;
    backend.store.commit(apart(Disposition::held, "M1"), at(0));
    CHECK(backend.store.ledger({}).at(0).story.empty());
    CHECK(backend.store.ledger_entry("M1")->story.size() == 1);
}

CONTRACT("a mail is found by its id, or by its Message-ID with or without brackets: the newest such") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1", 1), at(1));
    auto again = apart(Disposition::duplicate, "M2", 2);
    again.ledger.message_id = "<M1@northwind.example>";
    store.commit(again, at(2));
    auto nameless = apart(Disposition::held, "M3", 3);
    nameless.ledger.message_id.clear();
    store.commit(nameless, at(3));

    CHECK(store.ledger_entry("M1")->id.text == "M1");
    CHECK(store.ledger_entry("<M1@northwind.example>")->id.text == "M2");
    CHECK(store.ledger_entry("M1@northwind.example")->id.text == "M2");
    CHECK_FALSE(store.ledger_entry("M4"));
    CHECK_FALSE(store.ledger_entry(""));
    CHECK_FALSE(store.ledger_entry("<>"));
}

CONTRACT("a held mail that is dropped is dropped once, and may come again") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1"), at(0));
    store.commit(apart(Disposition::ignored, "M2"), at(0));
    CHECK(store.status_counts().held == 1);
    CHECK(store.held_count() == 1);
    CHECK(store.drop_held({"M1"}, at(1)));
    CHECK_FALSE(store.drop_held({"M1"}, at(1)));
    CHECK_FALSE(store.drop_held({"M2"}, at(1)));
    CHECK_FALSE(store.drop_held({"M9"}, at(1)));
    CHECK(store.ledger_entry("M1")->disposition == Disposition::dropped);
    CHECK(store.status_counts().held == 0);
    CHECK(store.held_count() == 0);
    ArrivalQuestion question;
    question.arrival_keys = {"key-M1"};
    CHECK_FALSE(store.lookup(question).duplicate_of);
    question.arrival_keys = {"key-M2"};
    CHECK(store.lookup(question).duplicate_of == MailId{"M2"});
}

CONTRACT("every disposition and source comes back as it was written") {
    TestType backend;
    auto& store = backend.store;
    auto const ticket = open_ticket(store, "opened");
    for (auto const source : {Source::smtp, Source::lmtp, Source::imap, Source::deliver}) {
        for (auto const disposition : {Disposition::refused, Disposition::held, Disposition::ignored,
                                       Disposition::duplicate, Disposition::dropped, Disposition::erased}) {
            auto record = apart(disposition, std::string(to_string(source)) + std::string(to_string(disposition)));
            record.ledger.source = source;
            store.commit(record, at(0));
            auto const entry = store.ledger_entry(record.ledger.id.text);
            CHECK(entry->source == source);
            CHECK(entry->disposition == disposition);
        }
    }
    auto noted = joining(ticket.id, "noted");
    noted.ledger.disposition = Disposition::noted;
    store.commit(noted, at(0));
    CHECK(store.ledger_entry("noted")->disposition == Disposition::noted);
    for (auto const* name :
         {"opened", "appended", "noted", "refused", "held", "ignored", "duplicate", "dropped", "erased"}) {
        CHECK(to_string(parse_disposition(name).value()) == name);
    }
    CHECK_FALSE(parse_disposition("lost"));
    CHECK_FALSE(parse_source(""));
}

CONTRACT("mails are counted by what their sender's authentication said, from a time on") {
    TestType backend;
    for (auto const& [id, said, received] : {std::tuple{"A", "pass", 10}, {"B", "fail", 20}, {"C", "fail", 30}}) {
        auto record = apart(Disposition::ignored, id, received);
        record.ledger.authentication = said;
        backend.store.commit(record, at(40));
    }
    using Counts = std::map<std::string, std::uint64_t>;
    CHECK(backend.store.authentication_counts(at(10)) == Counts{{"fail", 2}});
    CHECK(backend.store.authentication_counts(at(0)) == Counts{{"fail", 2}, {"pass", 1}});
}

CONTRACT("a ledger entry comes back whole") {
    TestType backend;
    auto record = apart(Disposition::held, "M1");
    record.ledger.reason = "two mailboxes in From";
    record.ledger.receipt_why = "held";
    record.ledger.authentication = "fail";
    record.ledger.authentication_results = "mx.example; dmarc=fail header.from=northwind.example";
    record.ledger.revision = "0123456789abcdef";
    record.ledger.arrived = at(-5);
    record.ledger.imap = ImapPlace{"kim@imap.example:993/INBOX", 4294967295U, 4294967294U};
    record.ledger.story = {{"from", "a \"quoted\" \\ thing\nand a line", "", ""},
                           {"second", "", "held", "postern.toml:1"}};
    backend.store.commit(record, at(0));
    auto const entry = backend.store.ledger_entry("M1");
    REQUIRE(entry);
    CHECK(entry->reason == "two mailboxes in From");
    CHECK(entry->receipt_why == "held");
    CHECK(entry->authentication == "fail");
    CHECK(entry->authentication_results == record.ledger.authentication_results);
    CHECK(entry->revision == "0123456789abcdef");
    CHECK(entry->arrived == at(-5));
    CHECK(entry->size == 5);
    CHECK(entry->sha256 == record.ledger.sha256);
    CHECK(entry->rule == "listed-contact");
    CHECK(entry->reverse_path == "ana@northwind.example");
    CHECK(entry->message_id == "<M1@northwind.example>");
    CHECK(entry->imap->folder == "kim@imap.example:993/INBOX");
    CHECK(entry->imap->uid_validity == 4294967295U);
    CHECK(entry->imap->uid == 4294967294U);
    REQUIRE(entry->story.size() == 2);
    CHECK(entry->story[0].saw == "a \"quoted\" \\ thing\nand a line");
    CHECK(entry->story[1].result == "held");
}

CONTRACT("octets of 25 MiB come back byte for byte") {
    TestType backend;
    std::string octets(25U << 20U, '\0');
    for (std::size_t n = 0; n < octets.size(); n += 4099) octets[n] = static_cast<char>(n);
    auto record = apart(Disposition::held, "M1");
    record.octets = octets;
    record.ledger.size = octets.size();
    backend.store.commit(record, at(0));
    CHECK((backend.store.raw_octets({"M1"}) == octets));
}

CONTRACT("the ledger knows since when a mail is what it is") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1", 1), at(2));
    store.commit(apart(Disposition::held, "M2", 1), at(2));
    CHECK(store.ledger_entry("M1")->committed == at(2));
    CHECK(store.drop_held({"M1"}, at(3)));
    CHECK(store.ledger_entry("M1")->committed == at(3));
    store.commit(apart(Disposition::ignored, "M2"), at(4));
    CHECK(store.ledger_entry("M2")->committed == at(4));
    CHECK(store.ledger_entry("M2")->received == at(1));
}
