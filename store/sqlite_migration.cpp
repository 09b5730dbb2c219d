#include "store/sqlite_migration.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "store/sqlite_backup.h"

namespace postern {

namespace {

// "Pstr", PRAGMA application_id: tells our file from any other SQLite file.
constexpr std::int64_t application_id = 0x50737472;

std::int64_t pragma(SqliteConnection& connection, char const* sql) {
    Query query{connection, sql};
    return query.step() ? query.integer(0) : 0;
}

bool is_empty(SqliteConnection& connection) {
    Query query{connection, "SELECT 1 FROM sqlite_schema LIMIT 1"};
    return !query.step();
}

}  // namespace

int schema_version(SqliteConnection& connection, std::filesystem::path const& file) {
    auto const id = pragma(connection, "PRAGMA application_id");
    auto const version = pragma(connection, "PRAGMA user_version");
    bool const is_new = id == 0 && version == 0 && is_empty(connection);
    if (id != application_id && !is_new) {
        throw StoreError{StoreError::Kind::broken, "store: " + file.string() + " is not a store of Postern"};
    }
    return is_new ? 0 : static_cast<int>(version);
}

namespace {

// Beside the transaction that migrates, so that nothing is committed in between that the copy would miss; by a
// connection of its own, since SQLite copies for none that writes.
void copy_aside(std::filesystem::path const& file, int version) {
    SqliteConnection source{file, std::chrono::milliseconds{0}};
    auto target = file;
    target += ".schema-" + std::to_string(version) + ".backup";
    static_cast<void>(copy_sqlite_file(source, target, FileInTheMaking::Existing::replace));
}

void migrate_from(SqliteConnection& connection, int version, std::span<std::string_view const> migrations) {
    for (auto at = static_cast<std::size_t>(version); at < migrations.size(); ++at) {
        connection.database().exec(std::string(migrations[at]));
    }
    connection.database().exec("PRAGMA application_id = " + std::to_string(application_id));
    connection.database().exec("PRAGMA user_version = " + std::to_string(migrations.size()));
}

}  // namespace

void refuse_newer(int version, int newest, std::filesystem::path const& file) {
    if (version <= newest) return;
    throw StoreError{StoreError::Kind::schema_newer,
                     "store: " + file.string() + " has schema " + std::to_string(version) +
                         " of a newer Postern; this one knows up to " + std::to_string(newest)};
}

void prepare_schema(SqliteConnection& connection, std::filesystem::path const& file, Migrate migrate,
                    std::span<std::string_view const> migrations) {
    auto const newest = static_cast<int>(migrations.size());
    auto const version = schema_version(connection, file);
    refuse_newer(version, newest, file);
    if (version == newest) return;
    if (migrate == Migrate::no) {
        throw StoreError{StoreError::Kind::schema_older, "store: " + file.string() + " has schema " +
                                                             std::to_string(version) + ", this program needs " +
                                                             std::to_string(newest) + ": start posternd once"};
    }
    // Tables are altered by making them anew, which references to them must survive; checked before the commit.
    connection.database().exec("PRAGMA foreign_keys = OFF");
    connection.atomically([&] {
        auto const present = schema_version(connection, file);  // somebody may have been faster
        refuse_newer(present, newest, file);
        if (present > 0 && present < newest) copy_aside(file, present);
        migrate_from(connection, present, migrations);
        Query check{connection, "PRAGMA foreign_key_check"};
        if (check.step()) throw StoreError{StoreError::Kind::broken, "store: migration breaks " + check.text(0)};
    });
    connection.forget_statements();
    connection.database().exec("PRAGMA foreign_keys = ON");
}

}  // namespace postern
