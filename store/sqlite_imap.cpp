#include "store/sqlite_store_impl.h"

#define POSTERN_FOLDER_COLUMNS \
    "SELECT folder, mailbox, name, uid_validity, last_uid, last_success, error, backlog FROM imap_folder "

namespace postern {

namespace {

ImapFolderState folder_of(Query const& row) {
    ImapFolderState state;
    state.folder = row.text(0);
    state.mailbox = row.text(1);
    state.name = row.text(2);
    state.uid_validity = static_cast<std::uint32_t>(row.integer(3));
    state.last_uid = static_cast<std::uint32_t>(row.integer(4));
    state.last_success = row.optional_time(5);
    state.error = row.optional_text(6);
    state.backlog = row.count(7);
    return state;
}

}  // namespace

std::optional<ImapFolderState> SqliteStore::imap_folder(std::string_view folder) {
    return connection_.snapshot([&]() -> std::optional<ImapFolderState> {
        Query row{connection_, POSTERN_FOLDER_COLUMNS "WHERE folder = ?", folder};
        if (!row.step()) return std::nullopt;
        return folder_of(row);
    });
}

void SqliteStore::save_imap_folder(ImapFolderState const& state) {
    connection_.write([&] {
        Query{connection_,
              "INSERT INTO imap_folder (folder, mailbox, name, uid_validity, last_uid, last_success, error, backlog)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET mailbox = excluded.mailbox,"
              " name = excluded.name, uid_validity = excluded.uid_validity, last_uid = excluded.last_uid,"
              " last_success = excluded.last_success, error = excluded.error, backlog = excluded.backlog",
              state.folder,
              state.mailbox,
              state.name,
              state.uid_validity,
              state.last_uid,
              state.last_success,
              state.error,
              state.backlog}
            .run();
    });
}

std::vector<ImapFolderState> SqliteStore::imap_folders() {
    return connection_.snapshot([&] {
        std::vector<ImapFolderState> folders;
        Query row{connection_, POSTERN_FOLDER_COLUMNS "ORDER BY folder"};
        while (row.step()) folders.push_back(folder_of(row));
        return folders;
    });
}

unsigned SqliteStore::imap_attempt(ImapPlace const& place) {
    std::int64_t before = 0;
    connection_.write([&] {
        Query row{connection_,
                  "INSERT INTO imap_attempt (folder, uid_validity, uid, attempts) VALUES (?, ?, ?, 1)"
                  " ON CONFLICT DO UPDATE SET attempts = attempts + 1 RETURNING attempts - 1",
                  place.folder, place.uid_validity, place.uid};
        while (row.step()) before = row.integer(0);
    });
    return static_cast<unsigned>(before);
}

bool SqliteStore::imap_taken(ImapPlace const& place) {
    return connection_.snapshot([&] {
        Query row{connection_,
                  "SELECT 1 FROM ledger WHERE imap_folder = ? AND imap_uid_validity = ? AND imap_uid = ? LIMIT 1",
                  place.folder, place.uid_validity, place.uid};
        return row.step();
    });
}

std::vector<ImapMark> SqliteStore::imap_marks_owed(std::string_view folder, std::uint32_t uid_validity,
                                                   std::size_t max) {
    return connection_.snapshot([&] {
        std::vector<ImapMark> marks;
        Query row{connection_,
                  "SELECT uid, action, move_to FROM imap_mark WHERE folder = ? AND uid_validity = ?"
                  " ORDER BY uid LIMIT ?",
                  folder, uid_validity, max};
        while (row.step()) {
            marks.push_back({{std::string(folder), uid_validity, static_cast<std::uint32_t>(row.integer(0))},
                             word<MarkAction>(row, 1, parse_mark_action),
                             row.text(2)});
        }
        return marks;
    });
}

void SqliteStore::imap_mark_done(ImapPlace const& place) {
    connection_.write([&] {
        Query{connection_, "DELETE FROM imap_mark WHERE folder = ? AND uid_validity = ? AND uid = ?", place.folder,
              place.uid_validity, place.uid}
            .run();
    });
}

}  // namespace postern
