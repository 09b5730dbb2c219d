// The schema of the SQLite file: whose file it is, which version, and the way from an older one to the newest. Internal
// to the SQLite store.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "store/sqlite_connection.h"
#include "store/sqlite_store.h"

namespace postern {

// schema/sqlite/NNN.sql in order; file N makes version N out of version N-1.
[[nodiscard]] std::span<std::string_view const> sqlite_migrations();

// The version, after a look at whose file it is; 0: a new file. Throws StoreError.
[[nodiscard]] int schema_version(SqliteConnection& connection, std::filesystem::path const& file);

// Throws StoreError (schema_newer).
void refuse_newer(int version, int newest, std::filesystem::path const& file);

// Brings the schema to the newest of `migrations`, in one transaction, in which the older file is copied first, to
// FILE.schema-N.backup, N being its version. Throws StoreError: schema_newer; schema_older where it must not migrate;
// broken for a file that is not Postern's.
void prepare_schema(SqliteConnection& connection, std::filesystem::path const& file, Migrate migrate,
                    std::span<std::string_view const> migrations = sqlite_migrations());

}  // namespace postern
