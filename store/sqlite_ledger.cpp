#include "store/sqlite_ledger.h"

#include <algorithm>

#include "store/record_rules.h"
#include "store/sqlite_json.h"
#include "store/sqlite_raw.h"
#include "store/sqlite_store_impl.h"

// Columns that give a LedgerEntry without its story: see entry_of().
#define POSTERN_LEDGER_COLUMNS                                                                                   \
    "SELECT l.id, l.received, l.source, l.mailbox, l.reverse_path, l.client, l.sender, l.message_id, l.subject," \
    " l.size, l.sha256, l.disposition, l.rule, l.reason, t.tag, t.number, l.receipt_why, l.imap_folder,"         \
    " l.imap_uid_validity, l.imap_uid, l.story, l.committed, l.authentication, l.authentication_results,"        \
    " l.revision, coalesce(l.arrived, l.received) FROM ledger l LEFT JOIN ticket t ON t.id = l.ticket "

namespace postern {

namespace {

LedgerEntry entry_of(Query const& row) {
    LedgerEntry entry;
    entry.id = {row.text(0)};
    entry.received = row.time(1);
    entry.committed = row.time(21);
    entry.source = word<Source>(row, 2, parse_source);
    entry.mailbox = row.text(3);
    entry.reverse_path = row.text(4);
    entry.client = row.text(5);
    entry.from = row.text(6);
    entry.message_id = row.text(7);
    entry.subject = row.text(8);
    entry.size = row.count(9);
    entry.sha256 = row.text(10);
    entry.disposition = word<Disposition>(row, 11, parse_disposition);
    entry.rule = row.text(12);
    entry.reason = row.text(13);
    if (!row.is_null(14)) entry.ticket = TicketNumber{row.text(14), row.integer(15)};
    entry.receipt_why = row.text(16);
    if (!row.is_null(17)) {
        entry.imap = ImapPlace{row.text(17), static_cast<std::uint32_t>(row.integer(18)),
                               static_cast<std::uint32_t>(row.integer(19))};
    }
    entry.authentication = row.text(22);
    entry.authentication_results = row.text(23);
    entry.revision = row.text(24);
    entry.arrived = row.time(25);
    return entry;
}

std::vector<LedgerEntry> entries_of(Query& query) {
    std::vector<LedgerEntry> entries;
    while (query.step()) entries.push_back(entry_of(query));
    std::ranges::reverse(entries);  // asked for newest first, so that the bound keeps the newest
    return entries;
}

std::optional<LedgerEntry> whole_entry_of(Query&& query) {
    if (!query.step()) return std::nullopt;
    auto entry = entry_of(query);
    entry.story = story_from_json(query.view(20));
    return entry;
}

}  // namespace

std::vector<LedgerEntry> SqliteStore::ledger(LedgerFilter const& filter) {
    return connection_.snapshot([&] {
        auto const limit = filter.max == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.max);
        if (!filter.disposition) {
            Query query{connection_, POSTERN_LEDGER_COLUMNS "ORDER BY l.received DESC, l.seq DESC LIMIT ?", limit};
            return entries_of(query);
        }
        if (*filter.disposition == Disposition::held) {  // has an index of its own
            Query query{connection_,
                        POSTERN_LEDGER_COLUMNS
                        "WHERE l.disposition = 'held' ORDER BY l.received DESC, l.seq DESC LIMIT ?",
                        limit};
            return entries_of(query);
        }
        Query query{connection_,
                    POSTERN_LEDGER_COLUMNS "WHERE l.disposition = ? ORDER BY l.received DESC, l.seq DESC LIMIT ?",
                    *filter.disposition, limit};
        return entries_of(query);
    });
}

std::optional<LedgerEntry> ledger_entry_at(SqliteConnection& connection, std::int64_t row) {
    return whole_entry_of(Query{connection, POSTERN_LEDGER_COLUMNS "WHERE l.seq = ?", row});
}

std::optional<LedgerEntry> SqliteStore::ledger_entry(std::string_view id) {
    return connection_.snapshot([&] {
        auto entry = whole_entry_of(Query{connection_, POSTERN_LEDGER_COLUMNS "WHERE l.id = ?", id});
        if (!entry && !id.empty()) {
            entry = whole_entry_of(Query{connection_,
                                         POSTERN_LEDGER_COLUMNS "WHERE l.message_id = ? AND l.message_id <> '' "
                                                                "ORDER BY l.received DESC, l.seq DESC LIMIT 1",
                                         bracketed(id)});
        }
        return entry;
    });
}

std::optional<std::string> SqliteStore::raw_octets(MailId const& id) {
    return connection_.snapshot([&]() -> std::optional<std::string> {
        Query query{connection_,
                    "SELECT " POSTERN_RAW_COLUMNS " FROM ledger l JOIN raw r ON r.mail = l.seq WHERE l.id = ?",
                    id.text};
        if (!query.step()) return std::nullopt;
        return octets_in(query, 0);
    });
}

ReceiptState SqliteStore::receipt_state(MailId const& id) {
    return connection_.snapshot([&] {
        Query query{connection_,
                    "SELECT o.state FROM ledger l JOIN outbox o ON o.caused_by = l.seq "
                    "WHERE l.id = ? AND o.kind = 'receipt' ORDER BY o.id DESC LIMIT 1",
                    id.text};
        if (!query.step()) return ReceiptState::none;
        return receipt_state_of(word<OutboxState>(query, 0, parse_outbox_state));
    });
}

std::uint64_t held_in(SqliteConnection& connection) {
    Query query{connection, "SELECT count(*) FROM ledger WHERE disposition = 'held'"};
    return query.step() ? query.count(0) : 0;
}

std::uint64_t SqliteStore::held_count() {
    return connection_.snapshot([&] { return held_in(connection_); });
}

bool SqliteStore::drop_held(MailId const& id, TimePoint now) {
    bool dropped = false;
    connection_.atomically([&] {
        dropped = Query{connection_,
                        "UPDATE ledger SET disposition = 'dropped', committed = ? "
                        "WHERE id = ? AND disposition = 'held'",
                        now, id.text}
                      .run() > 0;
        if (!dropped) return;
        close_petition(id);
        Query{connection_, "DELETE FROM arrival_key WHERE mail = (SELECT seq FROM ledger WHERE id = ?)", id.text}.run();
    });
    return dropped;
}

}  // namespace postern
