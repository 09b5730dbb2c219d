// Raw octets as they lie in the table raw. Internal to the SQLite store.
#pragma once

#include <optional>
#include <string>

#include "store/packed_octets.h"
#include "store/sqlite_connection.h"

// Columns that give octets, of a `raw r` and its `ledger l`: see octets_in().
#define POSTERN_RAW_COLUMNS "r.encoding, r.octets, l.size"

namespace postern {

// As they came. Throws StoreError (broken) where they can't be unpacked.
[[nodiscard]] std::string octets_in(Query const& row, int at);

void put_raw(SqliteConnection& connection, std::int64_t mail, std::string_view octets, PackedOctets const& packed,
             std::optional<TimePoint> expires);

}  // namespace postern
