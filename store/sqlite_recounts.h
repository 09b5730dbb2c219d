// What the audit recounts by SQL alone, one row of a table each. Internal to the SQLite store.
#pragma once

#include <span>

namespace postern {

struct Recount {
    // What is wrong with each row that sql yields; followed by the row's detail.
    char const* what;
    // Yields mail id, ticket tag, ticket number and detail, each of which may be NULL.
    char const* sql;
    // The schema that has what sql asks for.
    int since = 1;
};

[[nodiscard]] std::span<Recount const> sqlite_recounts();

}  // namespace postern
