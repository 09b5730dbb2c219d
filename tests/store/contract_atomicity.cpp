// What every Store owes a caller whose work fails half-way.
#include <stdexcept>

#include "tests/store/backends.h"
#include "tests/store/records.h"

using namespace postern;
using namespace postern::test;

namespace {

struct Trouble : std::runtime_error {
    Trouble() : std::runtime_error("trouble") {}
};

}  // namespace

CONTRACT("an exception undoes the work and comes through") {
    TestType backend;
    auto& store = backend.store;
    CHECK_THROWS_AS(store.atomically([&] {
        store.commit(opening(store.next_ticket_number("ACME", 1000), "M1"), at(0));
        CHECK(store.ledger({}).size() == 1);  // seen within
        throw Trouble{};
    }),
                    Trouble);
    CHECK(store.ledger({}).empty());
    CHECK(store.tickets({}).empty());
    CHECK(store.outbox().empty());
}

CONTRACT("an exception in nested work undoes just that") {
    TestType backend;
    auto& store = backend.store;
    store.atomically([&] {
        store.atomically([&] { store.commit(opening(store.next_ticket_number("ACME", 1000), "M1"), at(0)); });
        CHECK_THROWS_AS(store.atomically([&] {
            store.commit(opening(store.next_ticket_number("ACME", 1000), "M2"), at(0));
            throw Trouble{};
        }),
                        Trouble);
        store.atomically([&] { store.commit(opening(store.next_ticket_number("ACME", 1000), "M3"), at(0)); });
    });
    auto const entries = store.ledger({});
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].id.text == "M1");
    CHECK(entries[1].id.text == "M3");
    CHECK(entries[1].ticket == TicketNumber{"ACME", 1001});  // that of M2 was undone with it
}

CONTRACT("a failing commit within other work undoes just itself") {
    TestType backend;
    auto& store = backend.store;
    store.atomically([&] {
        store.commit(opening({"ACME", 1000}, "M1"), at(0));
        auto late = joining({1}, "M2");
        late.bounced = OutboxId{99};  // found out when ledger row and article are there
        CHECK_THROWS_AS(store.commit(late, at(0)), std::logic_error);
    });
    CHECK(store.ledger({}).size() == 1);
    CHECK(store.ticket({"ACME", 1000})->articles.size() == 2);
}

CONTRACT("nested deeper, and the outermost fails: nothing stays") {
    TestType backend;
    auto& store = backend.store;
    CHECK_THROWS_AS(store.atomically([&] {
        store.atomically([&] {
            store.atomically([&] { store.commit(apart(Disposition::held, "M1"), at(0)); });
            store.save_imap_folder({"inbox", "support@acme.example", "INBOX", 1, 5, {}, {}, 0});
        });
        throw Trouble{};
    }),
                    Trouble);
    CHECK(store.ledger({}).empty());
    CHECK(store.imap_folders().empty());
    store.atomically([&] { store.commit(apart(Disposition::held, "M1"), at(0)); });
    CHECK(store.ledger({}).size() == 1);
}

CONTRACT("nested work may change as much as it likes, and is undone or kept as a whole") {
    TestType backend;
    auto& store = backend.store;
    constexpr std::size_t mails = 200;
    std::string const octets(8000, 'x');  // in all far more than a back end keeps in memory of a savepoint
    store.atomically([&] {
        for (std::size_t n = 0; n < mails; ++n) {
            auto record = apart(Disposition::refused, "M" + std::to_string(n));
            record.outgoing = {outgoing(OutgoingKind::referral, "<" + record.ledger.id.text + ">")};
            record.outgoing[0].octets = octets;
            store.commit(record, at(0));
        }
    });
    auto const drop_all = [&] {
        for (auto const& mail : store.outbox()) CHECK(store.drop_outgoing(mail.id, at(1)));
    };
    store.atomically([&] {
        CHECK_THROWS_AS(store.atomically([&] {
            drop_all();
            throw Trouble{};
        }),
                        Trouble);
    });
    auto const all = store.claim_due(at(1), at(60), mails);
    REQUIRE(all.size() == mails);
    CHECK((all.back().octets == octets));
    store.atomically([&] { store.atomically(drop_all); });
    CHECK(store.outbox().empty());
}
