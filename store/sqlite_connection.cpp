#include "store/sqlite_connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <limits>
#include <stdexcept>

#include "store/text.h"

namespace postern {

namespace {

StoreError::Kind kind_of(int code, int system_error) {
    switch (code) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return StoreError::Kind::busy;
        case SQLITE_FULL:
            return StoreError::Kind::full;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return system_error == ENOSPC || system_error == EDQUOT ? StoreError::Kind::full : StoreError::Kind::broken;
        default:
            return StoreError::Kind::broken;
    }
}

// https://www.sqlite.org/uri.html; every octet that might mean something else is escaped.
std::string immutable_uri(std::filesystem::path const& file) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string uri{"file:"};
    for (auto const c : std::filesystem::absolute(file).string()) {
        auto const octet = static_cast<unsigned char>(c);
        uri += '%';
        uri += hex[octet >> 4U];
        uri += hex[octet & 0xFU];
    }
    return uri + "?immutable=1";
}

}  // namespace

StoreError store_error(SQLite::Exception const& exception, SQLite::Database const* database) {
    auto const code = exception.getErrorCode() & 0xFF;
    auto const system_error = database != nullptr ? sqlite3_system_errno(database->getHandle()) : 0;
    return StoreError{kind_of(code, system_error), std::string("store: ") + exception.what() + " (SQLite " +
                                                       std::to_string(exception.getExtendedErrorCode()) + ")"};
}

SqliteConnection::SqliteConnection(std::filesystem::path const& file, std::chrono::milliseconds busy_timeout)
    : database_(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, static_cast<int>(busy_timeout.count())) {}

SqliteConnection::SqliteConnection(std::filesystem::path const& file, Unchanged)
    : database_(immutable_uri(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX) {}

SQLite::Statement& SqliteConnection::statement(char const* sql) {
    auto& entry = statements_[sql];
    if (!entry) entry = std::make_unique<SQLite::Statement>(database_, sql);
    return *entry;
}

bool SqliteConnection::is_open() const noexcept {
    return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

void SqliteConnection::require_transaction() const {
    // Going on would commit each further statement by itself.
    if (depth_ > 0 && !is_open()) throw StoreError{last_failure_, "store: the transaction was undone"};
}

StoreError SqliteConnection::failure(SQLite::Exception const& exception) {
    auto error = store_error(exception, &database_);
    last_failure_ = error.kind();
    return error;
}

void SqliteConnection::atomically(std::function<void()> const& work) {
    if (depth_ == 0) {
        run_outermost(work);
    } else {
        run_nested(work);
    }
}

void SqliteConnection::write(std::function<void()> const& statement) {
    if (depth_ == 0) {
        run_outermost(statement);
    } else {
        require_transaction();
        statement();
    }
}

void SqliteConnection::run_outermost(std::function<void()> const& work) {
    // Not deferred: a transaction that reads first and then writes fails at once when another wrote in between.
    Query{*this, "BEGIN IMMEDIATE"}.run();
    ++depth_;
    try {
        work();
        require_transaction();
        Query{*this, "COMMIT"}.run();
        --depth_;
    } catch (...) {
        --depth_;
        rollback("ROLLBACK");
        throw;
    }
}

void SqliteConnection::run_nested(std::function<void()> const& work) {
    require_transaction();
    Query{*this, "SAVEPOINT nested"}.run();  // the same name at any depth: the innermost is meant
    ++depth_;
    try {
        work();
        require_transaction();
        Query{*this, "RELEASE nested"}.run();
        --depth_;
    } catch (...) {
        --depth_;
        rollback("ROLLBACK TO nested");
        rollback("RELEASE nested");
        throw;
    }
}

void SqliteConnection::rollback(char const* sql) noexcept {
    if (!is_open()) return;
    try {
        static_cast<void>(statement(sql).tryExecuteStep());
        static_cast<void>(statement(sql).tryReset());
    } catch (std::exception const&) {
        // It could not be prepared for want of memory; the next BEGIN meets the open transaction and says so.
        return;
    }
}

Query::~Query() {
    static_cast<void>(statement_.tryReset());
    if (next_ > 1) {
        try {
            statement_.clearBindings();  // they point into the caller's texts
        } catch (std::exception const&) {
            return;  // cannot happen: sqlite3_clear_bindings has no failure
        }
    }
}

bool Query::step() {
    try {
        return statement_.executeStep();
    } catch (SQLite::Exception const& exception) {
        throw connection_.failure(exception);
    }
}

int Query::run() {
    connection_.require_transaction();
    while (step()) {
    }
    return statement_.getChanges();
}

SQLite::Statement& Query::prepared(SqliteConnection& connection, char const* sql) {
    try {
        return connection.statement(sql);
    } catch (SQLite::Exception const& exception) {
        throw connection.failure(exception);
    }
}

void Query::bind(std::string const& text) {
    if (is_storable_text(text)) {
        statement_.bindNoCopy(next_++, text);
    } else {
        bind(storable_text(text));
    }
}

void Query::bind(std::string&& text) {
    kept_.push_front(is_storable_text(text) ? std::move(text) : storable_text(text));
    statement_.bindNoCopy(next_++, kept_.front());
}

void Query::bind(std::string const* text) {
    if (text != nullptr) {
        bind(*text);
    } else {
        bind(std::nullopt);
    }
}

void Query::bind(Blob blob) {
    // SQLite's own bound for one value is 1 GB; a mail is at most [limits] message.
    if (blob.octets.size() > std::numeric_limits<int>::max()) throw std::length_error("blob");
    // A null pointer would bind NULL.
    auto const* data = blob.octets.empty() ? "" : blob.octets.data();
    statement_.bindNoCopy(next_++, static_cast<void const*>(data), static_cast<int>(blob.octets.size()));
}

std::string Query::text(int column) const {
    return std::string(view(column));
}

std::string_view Query::view(int column) const {
    auto const value = statement_.getColumn(column);
    auto const* data = static_cast<char const*>(value.getBlob());  // first: it may convert, and so change the size
    return data == nullptr ? std::string_view{} : std::string_view{data, static_cast<std::size_t>(value.getBytes())};
}

std::optional<std::string> Query::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<TimePoint> Query::optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

}  // namespace postern
