// Hostile text: what every Store keeps of it.
#include "store/text.h"
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

// NUL, an octet that never occurs, a lone surrogate, a cut sequence, an overlong slash.
std::string const evil{
    "a\0b\xFF"
    "c\xED\xA0\x80"
    "d\xE2\x82|\xC0\xAF",
    14};
std::string const mended{
    "a\xEF\xBF\xBD"
    "b\xEF\xBF\xBD"
    "c\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
    "d\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD"};

}  // namespace

CONTRACT("NUL and ill-formed UTF-8 become U+FFFD in every text, and what stands behind them is kept") {
    TestType backend;
    auto& store = backend.store;
    auto record = opening({"ACME", 1000}, "M1");
    for (auto* text : {&record.ledger.mailbox, &record.ledger.reverse_path, &record.ledger.client, &record.ledger.from,
                       &record.ledger.subject, &record.ledger.reason, &record.ledger.rule, &record.opens->subject,
                       &record.opens->contact, &record.opens->organization, &record.article->from,
                       &record.article->subject, &record.article->text, &record.article->full_text,
                       &record.outgoing[0].subject, &record.outgoing[0].text, &record.outgoing[0].recipient}) {
        *text = evil;
    }
    record.ledger.story = {{evil, evil, evil, evil}};
    record.article->to = {evil};
    record.article->attachments = {file(evil)};
    record.article->attachments[0].content_id = evil;
    record.events[0].detail = evil;
    record.octets = evil;
    store.commit(record, at(0));

    auto const entry = store.ledger_entry("M1");
    for (auto const* text : {&entry->mailbox, &entry->reverse_path, &entry->client, &entry->from, &entry->subject,
                             &entry->reason, &entry->rule, &entry->story.at(0).saw, &entry->story.at(0).config}) {
        CHECK(*text == mended);
    }
    auto const history = store.ticket({"ACME", 1000});
    auto const& article = history->articles.at(0);
    for (auto const* text :
         {&history->ticket.subject, &history->ticket.contact, &history->ticket.organization, &article.from,
          &article.subject, &article.text, &article.full_text, &article.to.at(0), &article.attachments.at(0).name,
          &*article.attachments.at(0).content_id, &history->events.at(0).detail, &history->articles.at(1).text}) {
        CHECK(*text == mended);
    }
    auto const mail = store.claim_due(at(1), at(60), 1).at(0);
    CHECK(mail.recipient == mended);
    CHECK(mail.octets == record.outgoing[0].octets);
    CHECK(store.raw_octets({"M1"}) == evil);  // octets are octets
    TicketFilter filter;
    filter.search = evil;
    CHECK(store.tickets(filter).size() == 1);
}

CONTRACT("hostile text is found again where it is a key") {
    TestType backend;
    auto& store = backend.store;
    auto record = opening({"ACME", 1000}, "M1");
    record.ledger.message_id = "<" + evil + ">";
    record.thread_ids = {"<" + evil + ">"};
    record.keys = {{evil, {}}};
    record.ledger.imap = ImapPlace{evil, 1, 2};
    record.mark = ImapMark{*record.ledger.imap, MarkAction::seen, evil};
    record.outgoing[0].message_id = "<sent" + evil + ">";
    store.commit(record, at(0));
    store.save_imap_folder({evil, evil, evil, 1, 1, {}, evil, 0});

    ArrivalQuestion question;
    question.arrival_keys = {evil};
    question.message_ids = {"<" + evil + ">"};
    question.original_message_id = "<sent" + evil + ">";
    auto const context = store.lookup(question);
    CHECK(context.duplicate_of == MailId{"M1"});
    CHECK(context.by_message_id.size() == 1);
    CHECK(context.original);
    CHECK(store.ledger_entry("<" + evil + ">"));
    CHECK(store.imap_folder(evil)->error == mended);
    CHECK(store.imap_taken({evil, 1, 2}));
    CHECK(store.imap_attempt({evil, 1, 2}) == 0);
    CHECK(store.imap_attempt({evil, 1, 2}) == 1);
    REQUIRE(store.imap_marks_owed(evil, 1, 5).size() == 1);
    store.imap_mark_done({evil, 1, 2});
    CHECK(store.imap_marks_owed(evil, 1, 5).empty());
    CHECK(store.set_severity({"ACME", 1000}, evil, evil, at(1)));
    CHECK(store.ticket({"ACME", 1000})->ticket.severity == mended);
    store.settle(store.claim_due(at(1), at(60), 1).at(0).id, {SendOutcome::Result::failed, evil, at(2), {}});
    CHECK(store.outbox().at(0).last_error == mended);
}

TEST_CASE("storable text is well-formed UTF-8 without NUL") {
    CHECK(is_storable_text(""));
    CHECK(is_storable_text("plain text, longer than the eight octets that are looked at in one go"));
    CHECK(is_storable_text("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5"));
    CHECK(is_storable_text("\xF4\x8F\xBF\xBF"));        // U+10FFFF
    CHECK_FALSE(is_storable_text("\xF4\x90\x80\x80"));  // above
    CHECK_FALSE(is_storable_text("\xC1\xBF"));          // overlong
    CHECK_FALSE(is_storable_text("\xE0\x9F\xBF"));
    CHECK_FALSE(is_storable_text("\xF0\x8F\xBF\xBF"));
    CHECK_FALSE(is_storable_text("\xED\xBF\xBF"));  // surrogate
    CHECK_FALSE(is_storable_text("\x80"));
    CHECK_FALSE(is_storable_text("end\xE2\x82"));
    for (std::size_t at = 0; at < 20; ++at) {
        std::string text(20, 'x');
        text[at] = '\0';
        CHECK_FALSE(is_storable_text(text));
        CHECK(storable_text(text) == std::string(at, 'x') + "\xEF\xBF\xBD" + std::string(19 - at, 'x'));
        text[at] = '\x01';
        CHECK(is_storable_text(text));
    }
    CHECK(storable_text(evil) == mended);
    CHECK(is_storable_text(mended));
}

TEST_CASE("case is folded in every script, and a needle is found wherever it stands") {
    CHECK(folded_case("\xC3\x89t\xC3\xA9 ABC") == "\xC3\xA9t\xC3\xA9 abc");
    CHECK(folded_case("\xF0\x90\x90\x80") == "\xF0\x90\x90\xA8");  // Deseret, beyond the BMP
    CHECK(folded_case("\xFF"
                      "A") ==
          "\xFF"
          "a");
    CHECK(FoldedNeedle{""}.found_in(""));
    CHECK(FoldedNeedle{"Z"}.found_in("xyz"));
    CHECK(FoldedNeedle{"x"}.found_in("XYZ"));
    CHECK_FALSE(FoldedNeedle{"xyz"}.found_in("XY"));
    CHECK_FALSE(FoldedNeedle{"\xC3\xA9"}.found_in("e"));
    CHECK(FoldedNeedle{"[1]"}.found_in("a[1]"));
    CHECK_FALSE(FoldedNeedle{"[1]"}.found_in("{1}"));
}
