#include "store/sqlite_store.h"

#include "store/sqlite_functions.h"
#include "store/sqlite_migration.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// Pages of the cache, in KiB: holds the upper levels of every index of a store of a million mails.
constexpr char const* cache = "PRAGMA cache_size = -32768";

// Pages in the WAL before it is brought into the file: less often than SQLite's 1000, since a page changed many
// times in between is then written once.
constexpr char const* checkpoint = "PRAGMA wal_autocheckpoint = 4000";

// The WAL grows to the size of the largest transaction; afterwards it shrinks to this.
constexpr char const* wal_limit = "PRAGMA journal_size_limit = 67108864";

void set_pragmas(SqliteConnection& connection) {
    auto& database = connection.database();
    Query mode{connection, "PRAGMA journal_mode = WAL"};
    if (!mode.step() || mode.text(0) != "wal") {
        throw StoreError{StoreError::Kind::broken, "store: its file system cannot hold a write-ahead log"};
    }
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA trusted_schema = OFF");
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
        if (options.migrate == Migrate::yes) create_sqlite_file(options.file);
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
        Query outbox{connection_,
                     "SELECT coalesce(sum(state = 'queued'), 0), coalesce(sum(state = 'failed'), 0) FROM outbox "
                     "WHERE state IN ('queued', 'failed')"};
        if (outbox.step()) {
            counts.outbox_queued = outbox.count(0);
            counts.outbox_failed = outbox.count(1);
        }
        Query oldest{connection_, "SELECT min(created) FROM outbox WHERE state = 'queued'"};
        if (oldest.step()) counts.outbox_oldest = oldest.optional_time(0);
        Query held{connection_, "SELECT count(*) FROM ledger WHERE disposition = 'held'"};
        if (held.step()) counts.held = held.count(0);
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

std::int64_t SqliteStore::data_version() {
    Query query{connection_, "PRAGMA data_version"};
    return query.step() ? query.integer(0) : 0;
}

}  // namespace postern
