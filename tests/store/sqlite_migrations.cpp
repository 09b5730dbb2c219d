// From one schema to the next: stores of every earlier one open, are copied beside themselves first, and lose nothing.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <vector>

#include "store/sqlite_migration.h"
#include "tests/store/backends.h"
#include "tests/store/records.h"
#include "tests/store/sqlite_file_tools.h"

using namespace postern;
using namespace postern::test;

namespace {

// A store that an earlier version left behind.
struct OldStore {
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "postern.db";
    std::filesystem::path copy;

    explicit OldStore(int schema = 1) : copy(file.string() + ".schema-" + std::to_string(schema) + ".backup") {
        auto const dump = "tests/store/schema-" + std::to_string(schema) + ".sql";
        sql(file, octets_of(std::filesystem::path(POSTERN_SOURCE_DIR) / dump));
        sql(file, "PRAGMA journal_mode = WAL");
    }
    [[nodiscard]] bool copy_exists() const { return std::filesystem::exists(copy); }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder.path()}, {}));
    }
};

TimePoint when_it_was_made() {
    return TimePoint{std::chrono::milliseconds{1'795'305'300'000}};
}

std::vector<std::string_view> known_and(std::initializer_list<std::string_view> more) {
    std::vector<std::string_view> migrations{sqlite_migrations().begin(), sqlite_migrations().end()};
    migrations.insert(migrations.end(), more);
    return migrations;
}

void migrate(std::filesystem::path const& file, std::vector<std::string_view> const& migrations) {
    SqliteConnection connection{file, std::chrono::milliseconds{100}};
    prepare_schema(connection, file, Migrate::yes, migrations);
}

// How many columns each table has.
std::map<std::string, int> columns_of(std::filesystem::path const& file) {
    std::map<std::string, int> columns;
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY};
    SQLite::Statement tables{database, "SELECT name FROM sqlite_schema WHERE type = 'table'"};
    while (tables.executeStep()) {
        auto const name = tables.getColumn(0).getString();
        columns[name] = SQLite::Statement{database, "SELECT * FROM " + name}.getColumnCount();
    }
    return columns;
}

// Each row of each table, in order, without columns that are new since: what a migration may not lose.
std::string contents(std::filesystem::path const& file, std::map<std::string, int> const& known) {
    std::string text;
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY};
    SQLite::Statement tables{database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"};
    while (tables.executeStep()) {
        auto const table = known.find(tables.getColumn(0).getString());
        SQLite::Statement rows{database, "SELECT * FROM " + tables.getColumn(0).getString() + " ORDER BY 1, 2"};
        auto const columns = table == known.end() ? rows.getColumnCount() : table->second;
        while (rows.executeStep()) {
            for (int column = 0; column < columns; ++column) {
                text += rows.getColumn(column).getString() + '|';
            }
            text += '\n';
        }
    }
    return text;
}

// Runs work in a process of its own, where no file may grow past `octets`: the copy fails half-way, as on a full disk.
int with_file_size_limit(rlim_t octets, std::function<int()> const& work) {
    auto const pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{octets, octets};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::_exit(work());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a store of an earlier schema: copied beside itself, brought up to date, all there, and adds up") {
    auto const schema = GENERATE(1, 2, 3, 4, 5);
    CAPTURE(schema);
    OpenUmask const umask;
    OldStore old(schema);
    auto const columns = columns_of(old.file);
    auto const before = contents(old.file, columns);
    auto const store = open_sqlite_store({old.file, Migrate::yes});

    CHECK(number_in(old.file, "PRAGMA user_version") == static_cast<int>(sqlite_migrations().size()));
    auto const report = store->audit(when_it_was_made());
    INFO(told(report));
    CHECK(report.ok());
    CHECK(report.taken_in == 10);
    CHECK(contents(old.file, columns) == before);
    CHECK(store->tickets({}).size() == 2);
    CHECK(store->ticket({"ACME", 1000})->ticket.status == TicketStatus::resolved);
    CHECK(store->ticket({"ACME", 1000})->articles.at(0).text.find("It has smoked") == 0);
    CHECK(store->outbox().size() == 1);
    CHECK(store->imap_marks_owed("support@imap.acme.example/INBOX", 1795251600, 10).size() == 1);
    CHECK(store->raw_octets(store->ledger_entry("<2@northwind.example>")->id)->find("It burns now.") !=
          std::string::npos);
    // It goes on from where it was.
    CHECK(open_ticket(*store, "next").number.text() == "ACME-1002");

    CHECK(mode_of(old.copy) == 0600);
    CHECK(number_in(old.copy, "PRAGMA user_version") == schema);
    CHECK(contents(old.copy, columns) == before);
    CHECK(verify_sqlite_store(old.copy, when_it_was_made()).ok());
}

TEST_CASE("an older store is not migrated by who may not, nor copied") {
    OldStore old;
    CHECK(failure_of({old.file, Migrate::no}) == StoreError::Kind::schema_older);
    CHECK(number_in(old.file, "PRAGMA user_version") == 1);
    CHECK_FALSE(old.copy_exists());
}

TEST_CASE("a newer program's store is refused, and not changed") {
    SqliteBackend backend;
    backend.owner.reset();
    sql(backend.file, "PRAGMA user_version = 9999");
    CHECK(failure_of({backend.file, Migrate::yes}) == StoreError::Kind::schema_newer);
    CHECK(failure_of({backend.file, Migrate::no}) == StoreError::Kind::schema_newer);
    CHECK(number_in(backend.file, "PRAGMA user_version") == 9999);
}

TEST_CASE("every step is copied aside under the version it leaves") {
    SqliteBackend backend;
    open_ticket(backend.store, "M1");
    backend.owner.reset();
    auto const known = std::to_string(sqlite_migrations().size());
    migrate(backend.file, known_and({"ALTER TABLE ticket ADD COLUMN colour TEXT; UPDATE ticket SET colour = 'red'"}));
    CHECK(number_in(backend.file, "SELECT count(*) FROM ticket WHERE colour = 'red'") == 1);
    CHECK(failure_of({backend.file, Migrate::yes}) == StoreError::Kind::schema_newer);

    auto const old = open_sqlite_store({backend.file.string() + ".schema-" + known + ".backup", Migrate::no});
    CHECK(old->tickets({}).size() == 1);
    CHECK(old->raw_octets({"M1"}) == "hello");
}

TEST_CASE("a migration that fails changes nothing") {
    OldStore old;
    auto const before = contents(old.file, columns_of(old.file));
    CHECK_THROWS(migrate(old.file, known_and({"CREATE TABLE extra (x TEXT) STRICT", "DELETE FROM nothing_such"})));
    CHECK_THROWS_AS(migrate(old.file, known_and({"PRAGMA defer_foreign_keys = ON; DELETE FROM ticket"})), StoreError);
    CHECK(number_in(old.file, "PRAGMA user_version") == 1);
    CHECK(contents(old.file, columns_of(old.file)) == before);
    CHECK_NOTHROW(open_sqlite_store({old.file, Migrate::yes}));
}

TEST_CASE("no room for the copy: said so, nothing changed, nothing left lying about") {
    OldStore old;
    auto const before = contents(old.file, columns_of(old.file));
    auto const files = old.files();
    auto const outcome = with_file_size_limit(std::filesystem::file_size(old.file) / 2, [&] {
        try {
            static_cast<void>(open_sqlite_store({old.file, Migrate::yes}));
        } catch (StoreError const& error) {
            bool const clear = std::string(error.what()).find("postern.db.schema-1.backup") != std::string::npos;
            return clear ? 7 : 1;
        }
        return 0;
    });
    CHECK(outcome == 7);
    CHECK(number_in(old.file, "PRAGMA user_version") == 1);
    CHECK(contents(old.file, columns_of(old.file)) == before);
    CHECK(old.files() == files);
    CHECK_NOTHROW(open_sqlite_store({old.file, Migrate::yes}));
    CHECK(old.copy_exists());
}
