// The audit of a SQLite file. Internal to the SQLite store.
#pragma once

#include "parsers/time_point.h"
#include "store/audit.h"
#include "store/sqlite_connection.h"

namespace postern {

// On one state of the store, while others go on writing. What cannot be read at all is a problem, not an exception.
[[nodiscard]] AuditReport audit_sqlite(SqliteConnection& connection, TimePoint now);

}  // namespace postern
