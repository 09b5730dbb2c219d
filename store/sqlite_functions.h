// SQL functions of our own. Internal to the SQLite store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace postern {

// found(text, needle): needle is in text, without regard to case. same(text, other): equal but for case. Both in all
// of Unicode, where SQLite's own lower() knows ASCII only.
void register_functions(SQLite::Database& database);

}  // namespace postern
