#include "store/sqlite_backup.h"

#include <sqlite3.h>
#include <SQLiteCpp/Backup.h>

#include <string>

namespace postern {

namespace {

// All at once: in a log of its own each reader sees its state, and no writer waits for it. In steps the copy would
// begin again at each commit of another's.
constexpr int all_pages = -1;

void copy_pages(SqliteConnection& source, std::filesystem::path const& file) {
    SQLite::Database target{file.string(), SQLite::OPEN_READWRITE};
    // Nobody but us sees the file before it is whole and synced.
    target.exec("PRAGMA journal_mode = OFF");
    target.exec("PRAGMA synchronous = OFF");
    try {
        if (SQLite::Backup{target, source.database()}.executeStep(all_pages) != SQLITE_DONE) {
            throw StoreError{StoreError::Kind::busy, "store: it is busy"};
        }
    } catch (SQLite::Exception const& exception) {
        throw store_error(exception, &target);
    }
}

}  // namespace

bool copy_sqlite_file(SqliteConnection& source, std::filesystem::path const& target,
                      FileInTheMaking::Existing existing) {
    FileInTheMaking copy{target};
    try {
        copy_pages(source, copy.path());
    } catch (SQLite::Exception const& exception) {
        throw store_error(exception, nullptr);
    } catch (StoreError const& error) {
        throw StoreError{error.kind(), "cannot copy the store to " + target.string() + ": " + error.what()};
    }
    return copy.become_target(existing);
}

}  // namespace postern
