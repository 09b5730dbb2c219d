#include <string>
#include <system_error>

#include "store/sqlite_audit.h"
#include "store/sqlite_migration.h"
#include "store/sqlite_store.h"

namespace postern {

namespace {

// integrity_check tells no more than this.
constexpr char const* structure = "PRAGMA integrity_check(100)";

// What is committed in a log beside the file is not in the file.
bool has_log(std::filesystem::path const& file) {
    std::error_code error;
    auto const size = std::filesystem::file_size(file.string() + "-wal", error);
    return !error && size > 0;
}

// Copies of an older schema are looked at as they are: the audit asks of each what it has.
void refuse_what_is_no_store(SqliteConnection& connection, std::filesystem::path const& file) {
    auto const version = schema_version(connection, file);
    refuse_newer(version, static_cast<int>(sqlite_migrations().size()), file);
    if (version == 0) throw StoreError{StoreError::Kind::broken, "store: " + file.string() + " is empty"};
    if (has_log(file)) {
        throw StoreError{StoreError::Kind::broken, "store: beside " + file.string() +
                                                       " lies its log: it is in use, or was not copied by 'postern "
                                                       "backup'"};
    }
}

void look_at_structure(SqliteConnection& connection, AuditReport& report) {
    Query row{connection, structure};
    while (row.step()) {
        if (row.view(0) != "ok") report.add({"the file is damaged: " + row.text(0), {}, {}});
    }
}

void look_at_references(SqliteConnection& connection, AuditReport& report) {
    Query row{connection, "PRAGMA foreign_key_check"};
    while (row.step()) {
        report.add(
            {"a row of " + row.text(0) + " refers to none of " + row.text(2) + " (row " + row.text(1) + ")", {}, {}});
    }
}

template <class Work>
void attempt(AuditReport& report, Work const& work) {
    try {
        try {
            work();
        } catch (SQLite::Exception const& exception) {
            throw store_error(exception, nullptr);
        }
    } catch (StoreError const& error) {
        if (error.kind() != StoreError::Kind::broken) throw;
        report.add({error.what(), {}, {}});
    }
}

}  // namespace

AuditReport verify_sqlite_store(std::filesystem::path const& file, TimePoint now) {
    AuditReport report;
    attempt(report, [&] {
        SqliteConnection connection{file, SqliteConnection::Unchanged::at_rest};
        refuse_what_is_no_store(connection, file);
        auto found = audit_sqlite(connection, now);
        attempt(found, [&] { look_at_structure(connection, found); });
        attempt(found, [&] { look_at_references(connection, found); });
        report = std::move(found);
    });
    return report;
}

}  // namespace postern
