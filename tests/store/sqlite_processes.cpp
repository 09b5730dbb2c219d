// Several Store objects, in one process and in several, on one file; and processes that are killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "tests/store/backends.h"
#include "tests/store/records.h"
#include "tests/store/sqlite_file_tools.h"

using namespace postern;
using namespace postern::test;

namespace {

// A process of its own, that tells what it did through a pipe. It never returns into the test.
class Child {
  public:
    explicit Child(std::function<void(int pipe)> const& work) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::close(ends[0]);
            try {
                work(ends[1]);
            } catch (std::exception const&) {
                ::_exit(1);
            }
            ::_exit(0);
        }
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    ~Child() {
        ::close(pipe_);
        if (pid_ > 0) kill();
    }
    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;

    // The next line it told; empty where it ended.
    std::string line() {
        std::string text;
        char c = 0;
        while (::read(pipe_, &c, 1) == 1 && c != '\n') text.push_back(c);
        return text;
    }
    void kill() {
        ::kill(pid_, SIGKILL);
        static_cast<void>(wait());
    }
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return status;
    }

  private:
    pid_t pid_ = 0;
    int pipe_ = -1;
};

void tell(int pipe, std::string const& text) {
    auto const line = text + "\n";
    if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(2);
}

}  // namespace

TEST_CASE("two Store objects on one file: each sees what the other committed, and notices it") {
    SqliteBackend backend;
    auto const other = open_sqlite_store({backend.file, Migrate::no});
    auto const before = other->data_version();
    CHECK(other->data_version() == before);
    auto const ticket = open_ticket(backend.store, "M1");
    CHECK(other->data_version() != before);
    CHECK(other->ticket(ticket.number));
    auto const own = backend.store.data_version();
    open_ticket(backend.store, "M2");
    CHECK(backend.store.data_version() == own);  // one's own commits don't count
    CHECK(other->set_status(ticket.number, TicketStatus::resolved, "operator", at(1)));
    CHECK(backend.store.data_version() != own);
    CHECK(backend.store.ticket(ticket.number)->ticket.status == TicketStatus::resolved);
}

TEST_CASE("what is not committed yet nobody else sees, who wants to write has to wait, and is told busy") {
    SqliteBackend backend;
    auto const other = open_sqlite_store({backend.file, Migrate::no, std::chrono::milliseconds{20}});
    backend.store.atomically([&] {
        backend.store.commit(apart(Disposition::held, "M1"), at(0));
        CHECK(other->ledger({}).empty());
        try {
            other->commit(apart(Disposition::held, "M2"), at(0));
            FAIL("committed");
        } catch (StoreError const& error) {
            CHECK(error.kind() == StoreError::Kind::busy);
        }
    });
    CHECK(other->ledger({}).size() == 1);
    other->commit(apart(Disposition::held, "M2"), at(0));
    CHECK(backend.store.ledger({}).size() == 2);
}

TEST_CASE("two Store objects do not hand out the same mail") {
    SqliteBackend backend;
    auto const other = open_sqlite_store({backend.file, Migrate::no});
    open_ticket(backend.store, "M1");
    open_ticket(backend.store, "M2");
    auto const one = backend.store.claim_due(at(1), at(60), 1);
    auto const two = other->claim_due(at(1), at(60), 5);
    REQUIRE(one.size() == 1);
    REQUIRE(two.size() == 1);
    CHECK(one[0].id != two[0].id);
}

TEST_CASE("two processes that open tickets at once never get the same number") {
    constexpr int tickets_each = 40;
    SqliteBackend backend;
    backend.owner.reset();
    auto const work = [&](std::string const& name) {
        return [&, name](int pipe) {
            auto const store = open_sqlite_store({backend.file, Migrate::no, std::chrono::seconds{60}});
            for (int n = 0; n < tickets_each; ++n) {
                tell(pipe, open_ticket(*store, name + std::to_string(n)).number.text());
            }
        };
    };
    Child one{work("A")}, two{work("B")};
    std::set<std::string> numbers;
    for (auto* child : {&one, &two}) {
        for (auto line = child->line(); !line.empty(); line = child->line()) CHECK(numbers.insert(line).second);
        CHECK(child->wait() == 0);
    }
    REQUIRE(numbers.size() == 2 * tickets_each);
    CHECK(*numbers.begin() == "ACME-1000");
    CHECK(*numbers.rbegin() == "ACME-1079");
    CHECK(open_sqlite_store({backend.file, Migrate::no})->tickets({}).size() == 2 * tickets_each);
}

TEST_CASE("killed in the middle of a transaction: nothing of it stays") {
    SqliteBackend backend;
    open_ticket(backend.store, "before");
    backend.owner.reset();
    Child child{[&](int pipe) {
        auto const store = open_sqlite_store({backend.file, Migrate::no});
        store->atomically([&] {
            for (int n = 0; n < 20; ++n) {
                store->commit(opening(store->next_ticket_number("ACME", 1000), "M" + std::to_string(n)), at(n));
            }
            // More than SQLite's cache: part of it is in the log already.
            auto const large = noise(48U << 20U);
            auto record = apart(Disposition::held, "large");
            record.octets = large;
            store->commit(record, at(0));
            tell(pipe, "ready");
            ::pause();
        });
    }};
    REQUIRE(child.line() == "ready");
    child.kill();
    auto const store = open_sqlite_store({backend.file, Migrate::no});
    CHECK(store->ledger({}).size() == 1);
    CHECK(store->outbox().size() == 1);
    CHECK(store->next_ticket_number("ACME", 1000).number == 1001);
}

TEST_CASE("killed at any moment: what was told as committed is there, and all else whole") {
    SqliteBackend backend;
    backend.owner.reset();
    int told = 0;
    for (int round = 0; round < 5; ++round) {
        Child child{[&](int pipe) {
            auto const store = open_sqlite_store({backend.file, Migrate::yes});
            for (int n = 0;; ++n) {
                auto const id = std::to_string(round) + "-" + std::to_string(n);
                open_ticket(*store, id, n);
                tell(pipe, id);
            }
        }};
        for (int n = 0; n < 7 + round; ++n) {
            REQUIRE(child.line() == std::to_string(round) + "-" + std::to_string(n));
            ++told;
        }
        child.kill();
        auto const store = open_sqlite_store({backend.file, Migrate::no});
        for (int n = 0; n < 7 + round; ++n) {
            CHECK(store->raw_octets({std::to_string(round) + "-" + std::to_string(n)}) == "hello");
        }
        auto const tickets = store->tickets({});
        CHECK(static_cast<int>(tickets.size()) >= told);
        CHECK(tickets.size() == store->ledger({}).size());
        CHECK(tickets.size() == store->outbox().size());
        for (auto const& ticket : tickets) CHECK(store->ticket(ticket.number)->articles.size() == 2);
        told = static_cast<int>(tickets.size());
    }
}

TEST_CASE("a claim outlives the process that made it") {
    SqliteBackend backend;
    open_ticket(backend.store, "M1");
    backend.owner.reset();
    Child child{[&](int pipe) {
        auto const store = open_sqlite_store({backend.file, Migrate::no});
        tell(pipe, std::to_string(store->claim_due(at(1), at(60), 1).size()));
        ::pause();
    }};
    REQUIRE(child.line() == "1");
    child.kill();
    auto const store = open_sqlite_store({backend.file, Migrate::no});
    CHECK(store->claim_due(at(2), at(60), 1).empty());
    store->release_claims();
    CHECK(store->claim_due(at(2), at(60), 1).size() == 1);
}
