// A row of the ledger as an entry. Internal to the SQLite store.
#pragma once

#include <cstdint>
#include <optional>

#include "store/ledger.h"
#include "store/sqlite_connection.h"

namespace postern {

// With its story; within a transaction or a snapshot. nullopt: there is no such row.
[[nodiscard]] std::optional<LedgerEntry> ledger_entry_at(SqliteConnection& connection, std::int64_t row);

}  // namespace postern
