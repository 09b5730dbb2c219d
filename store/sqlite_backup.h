// Copies of the SQLite file. Internal to the SQLite store.
#pragma once

#include <filesystem>

#include "store/file_sync.h"
#include "store/sqlite_connection.h"

namespace postern {

// Copies one state of the store, page by page; others read and write meanwhile, `source` itself is in no transaction.
// The copy is synced, mode 0600, and bears its name only once it is whole. False: refused, a file of that name exists.
// Throws StoreError.
[[nodiscard]] bool copy_sqlite_file(SqliteConnection& source, std::filesystem::path const& target,
                                    FileInTheMaking::Existing existing);

}  // namespace postern
