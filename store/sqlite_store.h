// A Store in one SQLite file: WAL, synchronous FULL, STRICT tables, migrations by numbered files (schema/sqlite).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "store/store.h"

namespace postern {

enum class Migrate { yes, no };  // only the holder of the state_dir's lock migrates

struct SqliteOptions {
    std::filesystem::path file;
    Migrate migrate = Migrate::no;  // no: an older schema throws schema_older, a file that is not there is `broken`
    // How long a transaction waits for another process's. postern's own take under 100 ms.
    std::chrono::milliseconds busy_timeout{5000};
};

// Throws StoreError. The file is made with mode 0600, or 0660 in a folder that its group shares (file_sync.h).
[[nodiscard]] std::unique_ptr<Store> open_sqlite_store(SqliteOptions const& options);

// Looks at a copy of a store, which nobody has open, and changes nothing: SQLite's own structure, the references, and
// the audit. What is no readable store is a problem too. Throws StoreError: schema_newer.
[[nodiscard]] AuditReport verify_sqlite_store(std::filesystem::path const& file, TimePoint now);

}  // namespace postern
