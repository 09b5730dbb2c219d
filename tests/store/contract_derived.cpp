// What every Store owes `reparse`: what is derived of a mail is exchanged, and nothing else.
#include "store/derived.h"

#include <functional>

#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

ArticleAttachment numbered(std::int64_t number, ArticleAttachment attachment) {
    attachment.number = number;
    return attachment;
}

ArticleAttachment with_digest(std::string sha256, ArticleAttachment attachment) {
    attachment.sha256 = std::move(sha256);
    return attachment;
}

std::string numbers_of(std::vector<ArticleAttachment> const& attachments) {
    std::string text;
    for (auto const& each : attachments)
        text += (text.empty() ? "" : " ") + each.name + ":" + std::to_string(each.number);
    return text;
}

// The first mail of a ticket with two attachments, and what the store shows of it.
ShownMail open_with_files(Store& store) {
    auto record = opening({"ACME", 1000}, "M1");
    record.article->attachments = {file("a.png", "1"), file("b.png", "2")};
    store.commit(record, at(0));
    return store.shown_after(0).value();
}

}  // namespace

CONTRACT("shown mail: every mail in the order of taking in, with its article where one shows it") {
    TestType backend;
    auto& store = backend.store;
    CHECK(store.last_place() == 0);
    CHECK_FALSE(store.shown_after(0));
    auto const ticket = open_ticket(store, "M1", 9);
    store.commit(apart(Disposition::held, "M2", 5), at(10));
    store.commit(joining(ticket.id, "M3", 7), at(11));
    auto again = apart(Disposition::duplicate, "M4", 12);
    again.ledger.ticket = ticket.number;
    store.commit(again, at(12));

    std::string seen;
    std::int64_t place = 0;
    while (auto const mail = store.shown_after(place)) {
        seen += mail->entry.id.text + (mail->article ? ":" + std::to_string(mail->article->number) : "") + " ";
        place = mail->place;
    }
    CHECK(seen == "M1:1 M2 M3:3 M4 ");  // article 2 is the receipt
    CHECK(place == store.last_place());
    auto const first = store.shown_after(0).value();
    CHECK(first.ticket_subject == "Printer on fire");
    CHECK(*first.article == store.ticket({"ACME", 1000})->articles.at(0));
}

CONTRACT("rederive exchanges what is derived, and nothing else") {
    TestType backend;
    auto& store = backend.store;
    auto const before = open_with_files(store);
    auto const history = store.ticket({"ACME", 1000}).value();
    auto after = before;
    after.entry.subject = after.article->subject = "Printer in flames";
    after.ticket_subject = "In flames";
    after.article->to = {"help@acme.example"};
    after.article->cc = {};
    after.article->date = at(-90);
    after.article->text = after.article->full_text = "It flames.";
    // None of these is derived.
    after.entry.from = after.article->from = "eve@evil.example";
    after.entry.message_id = after.article->message_id = "<other@evil.example>";
    after.entry.rule = "other";
    after.article->kind = ArticleKind::note;
    after.article->authentication = "pass";
    REQUIRE(store.rederive(before, after));

    auto const now = store.shown_after(0).value();
    auto expected = before;
    expected.entry.subject = after.entry.subject;
    expected.ticket_subject = after.ticket_subject;
    auto& article = *expected.article;
    article.subject = "Printer in flames";
    article.to = {"help@acme.example"};
    article.cc = {};
    article.date = at(-90);
    article.text = article.full_text = "It flames.";
    CHECK(is_still(expected, now));
    CHECK(now.entry.from == before.entry.from);
    CHECK(now.entry.message_id == before.entry.message_id);
    CHECK(now.entry.rule == before.entry.rule);
    CHECK(now.entry.committed == before.entry.committed);
    auto const told = store.ticket({"ACME", 1000}).value();
    CHECK(told.events.size() == history.events.size());
    CHECK(told.ticket.updated == history.ticket.updated);
    CHECK(told.articles.size() == history.articles.size());
    CHECK(told.articles.at(1) == history.articles.at(1));
}

CONTRACT(
    "rederive: an attachment keeps its number, a new one gets the next, one that went gives its number to nobody") {
    TestType backend;
    auto& store = backend.store;
    auto before = open_with_files(store);
    auto after = before;
    after.article->attachments = {numbered(2, file("b-decoded.png", "2")), file("c.png", "3")};
    REQUIRE(store.rederive(before, after));
    before = store.shown_after(0).value();
    CHECK(numbers_of(before.article->attachments) == "b-decoded.png:2 c.png:3");
    CHECK(store.attachment({"ACME", 1000}, 3)->attachment.name == "c.png");
    CHECK(store.attachment({"ACME", 1000}, 3)->octets == "hello");
    CHECK_FALSE(store.attachment({"ACME", 1000}, 1));

    after = before;
    after.article->attachments = {numbered(2, file("b-decoded.png", "2"))};
    REQUIRE(store.rederive(before, after));
    before = store.shown_after(0).value();
    after = before;
    after.article->attachments.push_back(file("d.png", "4"));
    REQUIRE(store.rederive(before, after));
    CHECK(numbers_of(store.shown_after(0)->article->attachments) == "b-decoded.png:2 d.png:4");
    auto second = joining(before.entry.ticket ? TicketId{1} : TicketId{}, "M2", 20);
    second.article->attachments = {file("e.png", "5")};
    store.commit(second, at(20));
    CHECK(store.attachment({"ACME", 1000}, 5)->attachment.name == "e.png");
}

CONTRACT("rederive leaves what has changed since it was read") {
    TestType backend;
    auto& store = backend.store;
    store.commit(apart(Disposition::held, "M1"), at(0));
    auto const held = store.shown_after(0).value();
    REQUIRE(store.drop_held({"M1"}, at(1)));
    auto after = held;
    after.entry.subject = "other";
    CHECK_FALSE(store.rederive(held, after));
    CHECK(store.ledger_entry("M1")->subject == "Printer on fire");

    auto const ticket = open_ticket(store, "M2", 2);
    auto folded = joining(ticket.id, "M3", 3);
    folded.ledger.rule = "fold";
    folded.folds = true;
    store.commit(folded, at(3));
    auto const third = store.shown_after(2).value();
    REQUIRE(third.entry.id.text == "M3");
    REQUIRE(store.unfold(ticket.number, 10, "operator", at(4)));
    after = third;
    after.article->text = "other";
    CHECK_FALSE(store.rederive(third, after));
    auto const own = store.shown_after(2).value();
    CHECK(own.article->text == "More smoke.");
    after = own;
    after.article->text = "other";
    CHECK(store.rederive(own, after));
    CHECK(store.shown_after(2)->article->text == "other");
    CHECK_FALSE(store.rederive(own, after));  // it is no longer as it was
}

CONTRACT("rederive keeps texts as every verb does: U+FFFD for what is no UTF-8") {
    TestType backend;
    auto& store = backend.store;
    auto const before = open_with_files(store);
    auto after = before;
    after.entry.subject = after.article->subject = std::string("a\0b\xff", 4);
    after.article->text = "c\xc0";
    after.article->to = {"d\xff@x.example"};
    after.article->attachments[0].name = "e\xff";
    REQUIRE(store.rederive(before, after));
    make_storable(after);
    CHECK(after.article->subject ==
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");
    CHECK(is_still(after, store.shown_after(0).value()));
}

TEST_CASE("attachments are known again by content and name, then place, then name, then turn") {
    std::vector<ArticleAttachment> const before{numbered(4, with_digest("aa", file("a", "1"))),
                                                numbered(5, with_digest("bb", file("b", "2"))),
                                                numbered(7, with_digest("cc", file("c", "3")))};
    auto const found = [&](std::vector<ArticleAttachment> attachments) {
        return numbers_of(with_numbers_of(before, std::move(attachments)));
    };
    // One found before all others moves none of them.
    CHECK(found({with_digest("xx", file("x", "0")), with_digest("aa", file("a", "1")),
                 with_digest("bb", file("b", "2")), with_digest("cc", file("c", "3"))}) == "a:4 b:5 c:7 x:0");
    // Decoded in another way, named in another way, cut in another way.
    CHECK(found({with_digest("a2", file("a", "1"))}) == "a:4");
    CHECK(found({with_digest("bb", file("b2", "2"))}) == "b2:5");
    CHECK(found({with_digest("c2", file("c", "3a"))}) == "c:7");
    CHECK(found({with_digest("x", file("x", "9")), with_digest("y", file("y", "8"))}) == "x:4 y:5");
    CHECK(found({}).empty());
    // The same file twice: each stays itself, whatever the order.
    auto const twin = [](std::string where) { return with_digest("aa", file("a", std::move(where))); };
    CHECK(with_numbers_of({numbered(1, twin("1")), numbered(2, twin("2"))}, {twin("2"), twin("1")}) ==
          std::vector{numbered(1, twin("1")), numbered(2, twin("2"))});
}
