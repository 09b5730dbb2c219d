// What every Store knows of admission: who is to be asked about which held mail, what was asked, who was let in.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

constexpr std::int64_t day = 86400;

QuestionBounds bounds(std::int64_t now, std::size_t most_questions = 5, std::size_t most_petitions = 20) {
    return {at(now - day), most_questions, most_petitions};
}

// A colleague's mail that is held and asked about.
void hold(Store& store, std::string const& id, std::string const& organization = "northwind", std::int64_t when = 0,
          std::string const& mailbox = "support@acme.example") {
    auto record = apart(Disposition::held, id, when);
    record.ledger.from = "carl@northwind.example";
    record.ledger.mailbox = mailbox;
    record.petition_to = organization;
    store.commit(record, at(when));
}

void ask(Store& store, std::int64_t id, std::vector<std::string> const& mails, std::int64_t when = 0,
         std::string const& organization = "northwind") {
    Question question{{id}, organization, "support@acme.example", "lnd@northwind.example", at(when + 7 * day), {}};
    for (auto const& mail : mails) question.items.push_back({{mail}, "TULIP"});
    auto mail = outgoing(OutgoingKind::question, "<q" + std::to_string(id) + "@support.acme.example>");
    mail.text = "May Carl write to us?";
    store.queue_question(question, mail, at(when));
}

void admit(Store& store, std::string const& answer, std::vector<MailId> mails, std::int64_t when = 0) {
    auto record = apart(Disposition::ignored, answer, when);
    record.admits = std::move(mails);
    store.commit(record, at(when));
}

std::optional<QuestionFacts> facts_of(Store& store, std::int64_t id) {
    ArrivalQuestion question;
    question.answers = QuestionId{id};
    return store.lookup(question).question;
}

std::optional<Admission> admission_of(Store& store, std::string id) {
    ArrivalQuestion question;
    question.admission_of = MailId{std::move(id)};
    return store.lookup(question).admission;
}

PetitionState state_of(Store& store, std::int64_t question, std::size_t index = 0) {
    return facts_of(store, question).value().petitions.at(index).state;
}

// Releases a held mail into a ticket.
TicketNumber release(Store& store, std::string const& id, bool is_admission) {
    TicketNumber number;
    store.atomically([&] {
        number = store.next_ticket_number("ACME", 1000);
        auto record = opening(number, id);
        record.is_admission = is_admission;
        if (is_admission) record.opens->admitted_by = "lnd@northwind.example";
        store.commit(record, at(0));
    });
    return number;
}

void require_sound(Store& store) {
    auto const report = store.audit(at(0));
    for (auto const& problem : report.problems) UNSCOPED_INFO(problem.what);
    CHECK(report.ok());
}

}  // namespace

CONTRACT("held mail is asked about, the oldest first, that of one organisation and mailbox together") {
    TestType backend;
    auto& store = backend.store;
    CHECK_FALSE(store.question_owed(bounds(0)));
    store.commit(apart(Disposition::held, "nobodys"), at(0));
    CHECK_FALSE(store.question_owed(bounds(0)));
    hold(store, "one", "northwind", 5);
    hold(store, "two", "globex");
    hold(store, "three", "northwind", 7);
    hold(store, "sales", "northwind", 8, "sales@acme.example");
    auto const owed = store.question_owed(bounds(10)).value();
    CHECK(owed.organization_id == "northwind");
    CHECK(owed.mailbox == "support@acme.example");
    REQUIRE(owed.petitions.size() == 2);
    CHECK(owed.petitions[0].mail.text == "one");
    CHECK(owed.petitions[0].from == "carl@northwind.example");
    CHECK(owed.petitions[0].subject == "Printer on fire");
    CHECK(owed.petitions[0].received == at(5));
    CHECK(owed.petitions[1].mail.text == "three");
    CHECK(store.question_owed(bounds(10, 5, 1))->petitions.size() == 1);
    ask(store, 1, {"one", "three"});
    CHECK(store.question_owed(bounds(10))->organization_id == "globex");
    ask(store, 2, {"two"}, 0, "globex");
    CHECK(store.question_owed(bounds(10))->mailbox == "sales@acme.example");
    require_sound(store);
}

CONTRACT("an organisation that was asked as often as it may be is asked again when the day is over") {
    TestType backend;
    auto& store = backend.store;
    for (std::int64_t n = 1; n <= 5; ++n) {
        hold(store, "mail" + std::to_string(n), "northwind", n);
        REQUIRE(store.question_owed(bounds(n)));
        ask(store, n, {"mail" + std::to_string(n)}, n);
    }
    hold(store, "mail6", "northwind", 6);
    hold(store, "mail7", "northwind", 7);
    CHECK_FALSE(store.question_owed(bounds(8)));
    hold(store, "other", "globex", 8);
    CHECK(store.question_owed(bounds(8))->organization_id == "globex");
    CHECK_FALSE(store.question_owed({at(0), 5, 20}).value().petitions.empty());
    // The first of the five is a day old: what came meanwhile goes into one.
    auto const owed = store.question_owed(bounds(day + 1)).value();
    CHECK(owed.organization_id == "northwind");
    CHECK(owed.petitions.size() == 2);
}

CONTRACT("a question is in the outbox, and what it asked is known to its answers") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    hold(store, "two");
    ask(store, 7, {"one", "two"}, 3);
    REQUIRE(store.outbox().size() == 1);
    CHECK(store.outbox().front().kind == OutgoingKind::question);
    CHECK_FALSE(store.outbox().front().ticket);
    auto const facts = facts_of(store, 7).value();
    CHECK(facts.organization_id == "northwind");
    CHECK(facts.asked == "lnd@northwind.example");
    CHECK(facts.expires == at(3 + 7 * day));
    CHECK(facts.text == "May Carl write to us?");
    REQUIRE(facts.petitions.size() == 2);
    CHECK(facts.petitions[0].mail.text == "one");
    CHECK(facts.petitions[0].word == "TULIP");
    CHECK(facts.petitions[0].state == PetitionState::asked);
    CHECK_FALSE(facts_of(store, 8));
    // Also when it was sent, and its octets are gone.
    auto const sent = store.claim_due(at(4), at(5), 10);
    store.settle(sent.at(0).id, {SendOutcome::Result::sent, {}, at(4), {}});
    CHECK(facts_of(store, 7)->text == "May Carl write to us?");
    require_sound(store);
}

CONTRACT("what is not owed is not asked about, and of such a question nothing stays") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    CHECK_THROWS_AS(ask(store, 1, {"one", "unknown"}), std::logic_error);
    CHECK_FALSE(facts_of(store, 1));
    CHECK(store.outbox().empty());
    ask(store, 2, {"one"});
    CHECK_THROWS_AS(ask(store, 3, {"one"}), std::logic_error);
    CHECK(store.outbox().size() == 1);
    require_sound(store);
}

CONTRACT("an answer lets a mail in once, and it goes its way once") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    CHECK_THROWS_AS(admit(store, "early", {{"one"}}), std::logic_error);
    CHECK_FALSE(store.ledger_entry("early"));
    ask(store, 1, {"one"});
    CHECK(store.admissions(10).empty());
    admit(store, "answer", {{"one"}});
    CHECK_THROWS_AS(admit(store, "again", {{"one"}}), std::logic_error);
    CHECK(state_of(store, 1) == PetitionState::admitted);
    auto const admissions = store.admissions(10);
    REQUIRE(admissions.size() == 1);
    CHECK(admissions[0].mail.text == "one");
    CHECK(admissions[0].organization_id == "northwind");
    CHECK(admissions[0].by == "lnd@northwind.example");
    CHECK(store.admissions(0).empty());
    CHECK(admission_of(store, "one")->by == "lnd@northwind.example");
    CHECK_FALSE(admission_of(store, "answer"));
    require_sound(store);

    auto const number = release(store, "one", true);
    CHECK(state_of(store, 1) == PetitionState::done);
    CHECK(store.admissions(10).empty());
    CHECK_FALSE(admission_of(store, "one"));
    CHECK(store.ticket(number)->ticket.admitted_by == "lnd@northwind.example");
    ArrivalQuestion question;
    question.tags = {number};
    CHECK(store.lookup(question).by_tag.at(0).admitted_by == "lnd@northwind.example");
    CHECK_THROWS_AS(release(store, "one", true), std::logic_error);
    CHECK(store.tickets({}).size() == 1);
    require_sound(store);
}

CONTRACT("nobody is let in without a word: an admission that nobody gave is refused") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    CHECK_THROWS_AS(release(store, "one", true), std::logic_error);
    ask(store, 1, {"one"});
    CHECK_THROWS_AS(release(store, "one", true), std::logic_error);
    CHECK(store.tickets({}).empty());
    CHECK(store.held_count() == 1);
}

CONTRACT("a mail that an operator released or dropped is asked about no longer, and no answer counts") {
    TestType backend;
    auto& store = backend.store;
    for (auto const* const id : {"owed", "owed-too", "asked", "asked-too", "admitted", "admitted-too"}) hold(store, id);
    ask(store, 1, {"asked", "asked-too", "admitted", "admitted-too"});
    admit(store, "answer", {{"admitted"}, {"admitted-too"}});
    for (auto const* const id : {"owed", "asked", "admitted"}) release(store, id, false);
    for (auto const* const id : {"owed-too", "asked-too", "admitted-too"}) CHECK(store.drop_held({id}, at(1)));
    CHECK_FALSE(store.question_owed(bounds(0)));
    CHECK(store.admissions(10).empty());
    for (std::size_t i = 0; i < 4; ++i) CHECK(state_of(store, 1, i) == PetitionState::closed);
    CHECK_THROWS_AS(admit(store, "late", {{"asked"}}), std::logic_error);
}

CONTRACT("a petition is closed, and its mail stays held") {
    TestType backend;
    auto& store = backend.store;
    for (auto const* const id : {"owed", "asked", "admitted"}) hold(store, id);
    ask(store, 1, {"asked", "admitted"});
    admit(store, "answer", {{"admitted"}});
    for (auto const* const id : {"owed", "asked", "admitted", "unknown"}) store.close_petition({id});
    CHECK_FALSE(store.question_owed(bounds(0)));
    CHECK(store.admissions(10).empty());
    CHECK(state_of(store, 1, 0) == PetitionState::closed);
    CHECK(state_of(store, 1, 1) == PetitionState::closed);
    CHECK(store.held_count() == 3);
    require_sound(store);
}

CONTRACT("an admission that ends with the mail held closes the petition") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    ask(store, 1, {"one"});
    admit(store, "answer", {{"one"}});
    auto record = apart(Disposition::held, "one");
    record.is_admission = true;
    store.commit(record, at(1));
    CHECK(state_of(store, 1) == PetitionState::closed);
    CHECK(store.held_count() == 1);
    require_sound(store);
}

CONTRACT("questions that can't be answered any more are forgotten, but for those about mail that is still held") {
    TestType backend;
    auto& store = backend.store;
    for (auto const* const id : {"one", "two", "three"}) hold(store, id);
    ask(store, 1, {"one"});
    ask(store, 2, {"two"}, 1);
    ask(store, 3, {"three"}, 1);
    CHECK(store.drop_held({"one"}, at(2)));
    admit(store, "answer", {{"two"}});
    CHECK_FALSE(store.forget_expired(at(7 * day - 1)));
    CHECK(facts_of(store, 1));
    CHECK_FALSE(store.forget_expired(at(8 * day)));
    CHECK_FALSE(facts_of(store, 1));
    CHECK_FALSE(store.petition({"one"}));
    CHECK(facts_of(store, 2));
    CHECK(facts_of(store, 3));
    CHECK(store.admissions(10).size() == 1);
    CHECK(store.held_count() == 2);
    require_sound(store);
    release(store, "two", true);
    CHECK_FALSE(store.forget_expired(at(8 * day)));
    CHECK_FALSE(facts_of(store, 2));
    CHECK(store.ledger_entry("answer"));
    require_sound(store);
}

CONTRACT("what is undone with its transaction asks nobody and lets nobody in") {
    TestType backend;
    auto& store = backend.store;
    struct Undo {};
    hold(store, "one");
    CHECK_THROWS_AS(store.atomically([&] {
        ask(store, 1, {"one"});
        admit(store, "answer", {{"one"}});
        throw Undo{};
    }),
                    Undo);
    CHECK_FALSE(facts_of(store, 1));
    CHECK(store.question_owed(bounds(0))->petitions.size() == 1);
    CHECK(store.admissions(10).empty());
}

CONTRACT("only held mail is asked about, and only an answer that is nothing else lets in") {
    TestType backend;
    auto& store = backend.store;
    auto record = apart(Disposition::ignored, "one");
    record.petition_to = "northwind";
    CHECK_THROWS_AS(store.commit(record, at(0)), std::logic_error);
    hold(store, "two");
    ask(store, 1, {"two"});
    auto answer = apart(Disposition::held, "answer");
    answer.admits = {{"two"}};
    CHECK_THROWS_AS(store.commit(answer, at(0)), std::logic_error);
    CHECK(state_of(store, 1) == PetitionState::asked);
}

CONTRACT("what was done about a held mail is told: who was asked, until when, and what let it in") {
    TestType backend;
    auto& store = backend.store;
    hold(store, "one");
    hold(store, "two");
    CHECK_FALSE(store.petition({"unknown"}));
    auto const owed = store.petition({"one"}).value();
    CHECK(owed.state == PetitionState::owed);
    CHECK(owed.asked.empty());
    ask(store, 1, {"one", "two"}, 3);
    admit(store, "answer", {{"two"}}, 4);
    auto const asked = store.petition({"one"}).value();
    CHECK(asked.state == PetitionState::asked);
    CHECK(asked.asked == "lnd@northwind.example");
    CHECK(asked.created == at(3));
    CHECK(asked.expires == at(3 + 7 * day));
    CHECK_FALSE(asked.answered);
    CHECK(store.petition({"two"})->answered.value().text == "answer");
    release(store, "two", true);
    CHECK(store.petition({"two"})->state == PetitionState::done);
}
