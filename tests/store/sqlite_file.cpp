// The file of the SQLite store: whose it is, who may read it, which schema, what becomes of it when the disk is full.
#include <fstream>

#include "store/sqlite_migration.h"
#include "store/sqlite_store_impl.h"
#include "tests/store/backends.h"
#include "tests/store/records.h"
#include "tests/store/sqlite_file_tools.h"

using namespace postern;
using namespace postern::test;

namespace {

SQLite::Database& database_of(Store& store) {
    return dynamic_cast<SqliteStore&>(store).connection().database();
}

}  // namespace

TEST_CASE("nobody else can read the store, its log or its index, whatever the umask") {
    OpenUmask const umask;
    SqliteBackend backend;
    backend.store.commit(apart(Disposition::held, "M1"), at(0));
    CHECK(mode_of(backend.file) == 0600);
    CHECK(mode_of(backend.file.string() + "-wal") == 0600);
    CHECK(mode_of(backend.file.string() + "-shm") == 0600);
}

TEST_CASE("the store is durable at each commit: a log, fully synchronous, with foreign keys") {
    SqliteBackend backend;
    auto& database = database_of(backend.store);
    CHECK(database.execAndGet("PRAGMA journal_mode").getString() == "wal");
    CHECK(database.execAndGet("PRAGMA synchronous").getInt() == 2);
    CHECK(database.execAndGet("PRAGMA foreign_keys").getInt() == 1);
    CHECK(database.execAndGet("PRAGMA user_version").getInt() == static_cast<int>(sqlite_migrations().size()));
    CHECK(database
              .execAndGet("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                          "AND NOT strict")
              .getInt() == 0);
    CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("what was committed is there when the store is opened again") {
    SqliteBackend backend;
    auto const ticket = open_ticket(backend.store, "M1");
    backend.owner.reset();
    auto const again = open_sqlite_store({backend.file, Migrate::no});
    CHECK(again->raw_octets({"M1"}) == "hello");
    CHECK(again->ticket(ticket.number)->articles.size() == 2);
    CHECK(again->next_ticket_number("ACME", 1000).number == ticket.number.number + 1);
}

TEST_CASE("a store that is not there is not made by who may not migrate") {
    TemporaryFolder folder;
    CHECK(failure_of({folder.path() / "none.db", Migrate::no}) == StoreError::Kind::broken);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "none.db"));
    CHECK(failure_of({folder.path() / "no" / "folder.db", Migrate::yes}) == StoreError::Kind::broken);
}

TEST_CASE("an empty file is a store to be made, by who may migrate") {
    TemporaryFolder folder;
    auto const file = folder.path() / "postern.db";
    std::ofstream{file}.flush();
    CHECK(failure_of({file, Migrate::no}) == StoreError::Kind::schema_older);
    CHECK_NOTHROW(open_sqlite_store({file, Migrate::yes}));
    CHECK_NOTHROW(open_sqlite_store({file, Migrate::no}));
}

TEST_CASE("another program's SQLite file is left alone") {
    TemporaryFolder folder;
    auto const file = folder.path() / "places.sqlite";
    sql(file, "CREATE TABLE places (url TEXT); PRAGMA user_version = 1");
    CHECK(failure_of({file, Migrate::yes}) == StoreError::Kind::broken);
    CHECK(number_in(file, "SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("a file that is no SQLite file is left alone") {
    TemporaryFolder folder;
    auto const file = folder.path() / "postern.toml";
    std::ofstream{file} << std::string(5000, '#');
    CHECK(failure_of({file, Migrate::yes}) == StoreError::Kind::broken);
    CHECK(std::filesystem::file_size(file) == 5000);
}

TEST_CASE("a full disk: the work is undone, the store says so, and goes on when there is room") {
    SqliteBackend backend;
    open_ticket(backend.store, "M1");
    auto& database = database_of(backend.store);
    auto const pages = database.execAndGet("PRAGMA page_count").getInt();
    database.exec("PRAGMA max_page_count = " + std::to_string(pages + 10));
    auto const large = noise(1U << 20U);
    auto record = apart(Disposition::held, "M2");
    record.octets = large;
    try {
        backend.store.commit(record, at(1));
        FAIL("committed");
    } catch (StoreError const& error) {
        CHECK(error.kind() == StoreError::Kind::full);
    }
    CHECK_FALSE(backend.store.ledger_entry("M2"));
    CHECK(backend.store.raw_octets({"M1"}) == "hello");
    backend.store.commit(apart(Disposition::held, "small"), at(1));
    database.exec("PRAGMA max_page_count = 1000000");
    backend.store.commit(record, at(2));
    CHECK(backend.store.raw_octets({"M2"})->size() == large.size());
}

TEST_CASE("a full disk under nested work: the others are kept whole or the whole is undone, never a part") {
    SqliteBackend backend;
    auto& database = database_of(backend.store);
    auto const pages = database.execAndGet("PRAGMA page_count").getInt();
    database.exec("PRAGMA max_page_count = " + std::to_string(pages + 40));
    auto const large = noise(64U << 10U);
    int committed = 0;
    bool all_undone = false;
    try {
        backend.store.atomically([&] {
            for (int n = 0; n < 20; ++n) {
                auto record = apart(Disposition::held, "M" + std::to_string(n));
                if (n % 2 == 1) record.octets = large;
                try {
                    backend.store.atomically([&] { backend.store.commit(record, at(n)); });
                    ++committed;
                } catch (StoreError const& error) {
                    CHECK(error.kind() == StoreError::Kind::full);
                }
            }
        });
    } catch (StoreError const& error) {
        CHECK(error.kind() == StoreError::Kind::full);
        all_undone = true;
    }
    CHECK(committed < 20);
    CHECK(static_cast<int>(backend.store.ledger({}).size()) == (all_undone ? 0 : committed));
    CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("when SQLite has ended the transaction by itself, nothing more is written by halves") {
    SqliteBackend backend;
    CHECK_THROWS_AS(backend.store.atomically([&] {
        backend.store.commit(apart(Disposition::held, "M1"), at(0));
        database_of(backend.store).exec("ROLLBACK");  // what SQLite does at some I/O errors
        CHECK_THROWS_AS(backend.store.commit(apart(Disposition::held, "M2"), at(0)), StoreError);
        CHECK_THROWS_AS(backend.store.save_imap_folder({}), StoreError);
        CHECK_THROWS_AS(backend.store.ledger({}), StoreError);
    }),
                    StoreError);
    CHECK(backend.store.ledger({}).empty());
    CHECK(backend.store.imap_folders().empty());
}

TEST_CASE("a word that this program does not know is a broken store, not a wrong answer") {
    SqliteBackend backend;
    backend.store.commit(apart(Disposition::held, "M1"), at(0));
    database_of(backend.store).exec("UPDATE ledger SET disposition = 'teleported'");
    CHECK_THROWS_AS(backend.store.ledger({}), StoreError);
}
