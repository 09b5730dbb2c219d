#include "store/sqlite_store.h"

#include <sqlite3.h>

#include <mutex>

#include "store/file_sync.h"
#include "store/sqlite_audit.h"
#include "store/sqlite_backup.h"
#include "store/sqlite_functions.h"
#include "store/sqlite_migration.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// Pages of the cache, in KiB: holds the upper levels of every index of a store of a million mails.
constexpr char const* cache = "PRAGMA cache_size = -32768";

// Pages in the WAL before it is brought into the file: less often than SQLite's 1000, since a page changed many
// times in between is then written once.
constexpr char const* checkpoint = "PRAGMA wal_autocheckpoint = 16384";

// The WAL grows to the size of the largest transaction; afterwards it shrinks to this.
constexpr char const* wal_limit = "PRAGMA journal_size_limit = 67108864";

// For the whole process, before SQLite's first use; if somebody was earlier, SQLite refuses and it is only slower.
void configure_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // its counters take a lock at each allocation
    });
}

void set_pragmas(SqliteConnection& connection) {
    auto& database = connection.database();
    Query mode{connection, "PRAGMA journal_mode = WAL"};
    if (!mode.step() || mode.text(0) != "wal") {
        throw StoreError{StoreError::Kind::broken, "store: its file system cannot hold a write-ahead log"};
    }
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA trusted_schema = OFF");
    // Savepoints keep the pages they may have to put back in memory: never through a file, where SQLite 3.40 loses what
    // a large piece holds past 128 KiB and takes that for a full disk.
    database.exec("PRAGMA temp_store = MEMORY");
    database.exec(cache);
    database.exec(checkpoint);
    database.exec(wal_limit);
}

}  // namespace

SqliteStore::SqliteStore(std::filesystem::path const& file, std::chrono::milliseconds busy_timeout)
    : connection_(file, busy_timeout) {}

std::unique_ptr<Store> open_sqlite_store(SqliteOptions const& options) {
    std::unique_ptr<SqliteStore> store;
    try {
        configure_library();
        if (options.migrate == Migrate::yes) create_store_file(options.file);
        store = std::make_unique<SqliteStore>(options.file, options.busy_timeout);
        prepare_schema(store->connection(), options.file, options.migrate);
        set_pragmas(store->connection());
        register_functions(store->connection().database());
    } catch (SQLite::Exception const& exception) {
        throw store_error(exception, store ? &store->connection().database() : nullptr);
    }
    return store;
}

void SqliteStore::atomically(std::function<void()> const& work) {
    connection_.atomically(work);
}

StatusCounts SqliteStore::status_counts() {
    return connection_.snapshot([&] {
        StatusCounts counts;
        counts.held = held_in(connection_);
        Query queued{connection_, "SELECT count(*), min(created) FROM outbox WHERE state = 'queued'"};
        if (queued.step()) {
            counts.outbox_queued = queued.count(0);
            counts.outbox_oldest = queued.optional_time(1);
        }
        Query failed{connection_, "SELECT count(*) FROM outbox WHERE state = 'failed'"};
        if (failed.step()) counts.outbox_failed = failed.count(0);
        Query tickets{connection_, "SELECT status, count(*) FROM ticket GROUP BY status"};
        while (tickets.step()) {
            auto const status = word<TicketStatus>(tickets, 0, parse_ticket_status);
            (status == TicketStatus::open          ? counts.open
             : status == TicketStatus::in_progress ? counts.in_progress
                                                   : counts.resolved) = tickets.count(1);
        }
        return counts;
    });
}

std::map<std::string, std::uint64_t> SqliteStore::authentication_counts(TimePoint since) {
    std::map<std::string, std::uint64_t> counts;
    Query mails{connection_, "SELECT authentication, count(*) FROM ledger WHERE received > ? GROUP BY authentication",
                since};
    while (mails.step()) counts[mails.text(0)] = mails.count(1);
    return counts;
}

AuditReport SqliteStore::audit(TimePoint now) {
    return audit_sqlite(connection_, now);
}

// The file's first page, which holds the schema's version, with what it has already.
void SqliteStore::prove_writable() {
    Query version{connection_, "PRAGMA user_version"};
    auto const same = version.step() ? version.integer(0) : 0;
    connection_.write([&] {
        try {
            connection_.database().exec("PRAGMA user_version = " + std::to_string(same));
        } catch (SQLite::Exception const& exception) {
            throw connection_.failure(exception);
        }
    });
}

bool SqliteStore::back_up(std::filesystem::path const& file) {
    return copy_sqlite_file(connection_, file, FileInTheMaking::Existing::refuse);
}

std::int64_t SqliteStore::data_version() {
    Query query{connection_, "PRAGMA data_version"};
    return query.step() ? query.integer(0) : 0;
}

}  // namespace postern
