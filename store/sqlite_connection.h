// One connection to the SQLite file: its prepared statements, its transactions, its errors as StoreErrors. Internal to
// the SQLite store. One thread.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "parsers/time_point.h"
#include "store/ids.h"
#include "store/store.h"

namespace postern {

struct Blob {  // octets to be bound, as they are
    std::string_view octets;
};

class SqliteConnection {
  public:
    SqliteConnection(std::filesystem::path const& file, std::chrono::milliseconds busy_timeout);
    // Of a file that nobody has open: read without a lock, a log or an index beside it.
    enum class Unchanged { at_rest };
    SqliteConnection(std::filesystem::path const& file, Unchanged);
    SqliteConnection(SqliteConnection const&) = delete;
    SqliteConnection& operator=(SqliteConnection const&) = delete;

    [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
    // The prepared statement of a text; SQL texts are literals, so their address names them.
    [[nodiscard]] SQLite::Statement& statement(char const* sql);
    void forget_statements() { statements_.clear(); }

    // Runs work in a transaction of its own, BEGIN IMMEDIATE, or in a savepoint of the one that is open. Throws what
    // work throws, and StoreError.
    void atomically(std::function<void()> const& work);
    // Runs one statement that changes something; it needs no savepoint.
    void write(std::function<void()> const& statement);
    // Runs read, which changes nothing, on one state of the store.
    template <class Read>
    auto snapshot(Read const& read);

    // Throws where the transaction that should be open is gone: SQLite ends one by itself when the disk is full.
    void require_transaction() const;
    // What SQLite threw, as ours; remembered in case it ended the transaction.
    [[nodiscard]] StoreError failure(SQLite::Exception const& exception);
    [[nodiscard]] std::int64_t last_id() const noexcept { return database_.getLastInsertRowid(); }

  private:
    void run_outermost(std::function<void()> const& work);
    void run_nested(std::function<void()> const& work);
    void rollback(char const* sql) noexcept;
    [[nodiscard]] bool is_open() const noexcept;

    SQLite::Database database_;
    std::unordered_map<void const*, std::unique_ptr<SQLite::Statement>> statements_;
    unsigned depth_ = 0;
    StoreError::Kind last_failure_ = StoreError::Kind::broken;
};

// What SQLite threw, as ours. `database` may be null where there is none yet.
[[nodiscard]] StoreError store_error(SQLite::Exception const& exception, SQLite::Database const* database);

// One run of a prepared statement: binds in order, steps, and leaves the statement ready for the next. A std::string
// that is no temporary, and a Blob, are not copied: they must live until the last step.
class Query {
  public:
    template <class... Values>
    explicit Query(SqliteConnection& connection, char const* sql, Values&&... values)
        : connection_(connection), statement_(prepared(connection, sql)) {
        (bind(std::forward<Values>(values)), ...);
    }
    ~Query();
    Query(Query const&) = delete;
    Query& operator=(Query const&) = delete;

    [[nodiscard]] bool step();  // true: a row is there
    int run();                  // for what yields no rows; how many it changed

    [[nodiscard]] std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
    [[nodiscard]] bool is_null(int column) const { return statement_.isColumnNull(column); }
    [[nodiscard]] std::string text(int column) const;       // also of a blob; NULL is ""
    [[nodiscard]] std::string_view view(int column) const;  // until the next step
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;
    [[nodiscard]] TimePoint time(int column) const { return TimePoint{std::chrono::milliseconds{integer(column)}}; }
    [[nodiscard]] std::optional<TimePoint> optional_time(int column) const;
    [[nodiscard]] std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }

    void bind(std::string const& text);
    void bind(std::string&& text);
    void bind(std::string_view text) { bind(std::string(text)); }
    void bind(char const* text) { bind(std::string(text)); }
    void bind(std::string const* text);  // null: NULL
    void bind(Blob blob);
    void bind(std::nullopt_t) { statement_.bind(next_++); }
    void bind(TimePoint time) { bind(std::int64_t{time.time_since_epoch().count()}); }
    template <std::integral Integer>
    void bind(Integer value) {
        statement_.bind(next_++, static_cast<std::int64_t>(value));
    }
    template <class Enum>
    requires std::is_enum_v<Enum>
    void bind(Enum value) {
        statement_.bindNoCopy(next_++, to_string(value).data());  // the words are literals
    }
    template <class Tag>
    void bind(Id<Tag> id) {
        bind(id.value);
    }
    template <class Value>
    void bind(std::optional<Value> const& value) {
        if (value) {
            bind(*value);
        } else {
            bind(std::nullopt);
        }
    }
    template <class Value>
    void bind(std::optional<Value>&& value) {
        if (value) {
            bind(std::move(*value));
        } else {
            bind(std::nullopt);
        }
    }

  private:
    static SQLite::Statement& prepared(SqliteConnection& connection, char const* sql);

    SqliteConnection& connection_;
    SQLite::Statement& statement_;
    std::forward_list<std::string> kept_;  // texts mended or temporary, until the statement has run
    int next_ = 1;
};

template <class Read>
auto SqliteConnection::snapshot(Read const& read) {
    if (depth_ > 0) {
        require_transaction();
        return read();
    }
    struct End {
        SqliteConnection& connection;
        ~End() { connection.rollback("ROLLBACK"); }
    };
    Query{*this, "BEGIN"}.run();
    End const end{*this};
    return read();
}

}  // namespace postern
