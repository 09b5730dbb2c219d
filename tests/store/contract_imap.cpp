// What every Store owes the IMAP poller.
#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

std::string uids(std::vector<ImapMark> const& marks) {
    std::string text;
    for (auto const& mark : marks) text += std::to_string(mark.place.uid) + " ";
    return text;
}

IntakeRecord from_imap(std::string id, std::uint32_t uid, MarkAction action) {
    auto record = apart(Disposition::ignored, std::move(id));
    record.ledger.source = Source::imap;
    record.ledger.imap = ImapPlace{"inbox", 7, uid};
    record.mark = ImapMark{*record.ledger.imap, action, "Processed"};
    return record;
}

}  // namespace

CONTRACT("a folder's state is kept, and changed as a whole") {
    TestType backend;
    auto& store = backend.store;
    CHECK_FALSE(store.imap_folder("b"));
    store.save_imap_folder({"b", "support@acme.example", "INBOX", 4294967295U, 17, at(5), {}, 3});
    store.save_imap_folder({"a", "help@acme.example", "Archive", 1, 1, {}, "NO [ALERT] down", 0});
    auto const b = store.imap_folder("b");
    REQUIRE(b);
    CHECK(b->mailbox == "support@acme.example");
    CHECK(b->name == "INBOX");
    CHECK(b->uid_validity == 4294967295U);
    CHECK(b->last_uid == 17);
    CHECK(b->last_success == at(5));
    CHECK_FALSE(b->error);
    CHECK(b->backlog == 3);
    store.save_imap_folder({"b", "support@acme.example", "INBOX", 8, 0, {}, "login failed", 0});
    CHECK(store.imap_folder("b")->uid_validity == 8);
    CHECK(store.imap_folder("b")->error == "login failed");
    CHECK_FALSE(store.imap_folder("b")->last_success);
    auto const all = store.imap_folders();
    REQUIRE(all.size() == 2);
    CHECK(all[0].folder == "a");
    CHECK(all[0].error == "NO [ALERT] down");
}

CONTRACT("attempts at a mail are counted until the ledger has a row of it") {
    TestType backend;
    auto& store = backend.store;
    ImapPlace const place{"inbox", 7, 42};
    CHECK(store.imap_attempt(place) == 0);
    CHECK(store.imap_attempt(place) == 1);
    CHECK(store.imap_attempt({"inbox", 8, 42}) == 0);
    CHECK(store.imap_attempt({"other", 7, 42}) == 0);
    CHECK(store.imap_attempt({"inbox", 7, 43}) == 0);
    CHECK(store.imap_attempt(place) == 2);
    CHECK_FALSE(store.imap_taken(place));
    store.commit(from_imap("M1", 42, MarkAction::none), at(0));
    CHECK(store.imap_taken(place));
    CHECK_FALSE(store.imap_taken({"inbox", 7, 43}));
    CHECK_FALSE(store.imap_taken({"inbox", 8, 42}));
    CHECK(store.imap_attempt(place) == 0);
}

CONTRACT("marks owed come with the commit and stay until they are done") {
    TestType backend;
    auto& store = backend.store;
    store.commit(from_imap("M1", 30, MarkAction::seen), at(0));
    store.commit(from_imap("M2", 10, MarkAction::move), at(0));
    store.commit(from_imap("M3", 20, MarkAction::none), at(0));
    store.commit(from_imap("M4", 40, MarkAction::remove), at(0));
    auto const owed = store.imap_marks_owed("inbox", 7, 10);
    REQUIRE(uids(owed) == "10 30 40 ");
    CHECK(owed[0].action == MarkAction::move);
    CHECK(owed[0].move_to == "Processed");
    CHECK(owed[0].place.folder == "inbox");
    CHECK(owed[0].place.uid_validity == 7);
    CHECK(owed[2].action == MarkAction::remove);
    CHECK(uids(store.imap_marks_owed("inbox", 7, 2)) == "10 30 ");
    CHECK(store.imap_marks_owed("inbox", 8, 10).empty());
    CHECK(store.imap_marks_owed("other", 7, 10).empty());
    store.imap_mark_done(owed[0].place);
    store.imap_mark_done(owed[0].place);
    CHECK(uids(store.imap_marks_owed("inbox", 7, 10)) == "30 40 ");
}

CONTRACT("the same place with other octets is a new mail") {
    TestType backend;
    auto& store = backend.store;
    store.commit(from_imap("M1", 42, MarkAction::seen), at(0));
    store.commit(from_imap("M2", 42, MarkAction::move), at(1));
    CHECK(store.ledger({}).size() == 2);
    CHECK(store.ledger_entry("M1")->imap->uid == 42);
    CHECK(store.imap_marks_owed("inbox", 7, 10).at(0).action == MarkAction::move);
}
