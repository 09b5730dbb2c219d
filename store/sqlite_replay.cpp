// What was recorded of mail, and what was known when it came.
#include <algorithm>

#include "store/sqlite_ledger.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// Of a table `ticket t`: it was there at the moment (?1, ?2). Its first article tells which mail opened it, where that
// came in the same millisecond.
#define POSTERN_TICKET_WAS_THERE \
    "t.created <= ?2 AND (SELECT a.mail FROM article a WHERE a.ticket = t.id AND a.number = 1) < ?1"
// Of a table `outbox o`.
#define POSTERN_MAIL_WAS_SENT "o.created <= ?2 AND (o.caused_by IS NULL OR o.caused_by < ?1)"

// By the index of the times alone: the rows before it, which may be many, are not read. nullopt: there are none after.
std::optional<std::int64_t> place_before(SqliteConnection& connection, TimePoint since) {
    Query query{connection, "SELECT min(seq) - 1 FROM ledger INDEXED BY ledger_received WHERE received >= ?", since};
    if (!query.step() || query.is_null(0)) return std::nullopt;
    return query.integer(0);
}

void find_by_tag(SqliteConnection& connection, MomentOf const& moment, TicketNumber const& number,
                 ArrivalContext& context) {
    Query query{connection,
                "SELECT " POSTERN_TICKET_FACTS
                " FROM ticket t WHERE t.tag = ?3 AND t.number = ?4 AND " POSTERN_TICKET_WAS_THERE,
                moment.place,
                moment.at,
                number.tag,
                number.number};
    if (query.step()) context.by_tag.push_back(ticket_facts(query, 0));
}

void find_by_message_id(SqliteConnection& connection, MomentOf const& moment, std::string const& message_id,
                        ArrivalContext& context) {
    if (message_id.empty()) return;
    // What was held and then released threads only since.
    Query query{connection,
                "SELECT " POSTERN_TICKET_FACTS
                " FROM ticket t WHERE t.id IN ("
                "SELECT ticket FROM ledger l WHERE l.message_id = ?3 AND l.message_id <> '' AND l.threads"
                " AND l.seq < ?1 AND l.committed <= ?2"
                " UNION ALL SELECT ticket FROM outbox o WHERE o.message_id = ?3 AND " POSTERN_MAIL_WAS_SENT
                " UNION ALL SELECT ticket FROM thread_key WHERE message_id = ?3) AND " POSTERN_TICKET_WAS_THERE
                " ORDER BY t.id",
                moment.place, moment.at, message_id};
    while (query.step()) {
        TicketId const id{query.integer(0)};
        if (std::ranges::find(context.by_message_id, id, &TicketFacts::id) != context.by_message_id.end()) continue;
        context.by_message_id.push_back(ticket_facts(query, 0));
    }
}

std::optional<SentMail> find_sent(SqliteConnection& connection, MomentOf const& moment, std::string const& message_id) {
    Query query{connection,
                "SELECT o.id, o.recipient, " POSTERN_TICKET_FACTS
                " FROM outbox o LEFT JOIN ticket t ON t.id = o.ticket WHERE o.message_id = ?3"
                " AND " POSTERN_MAIL_WAS_SENT " ORDER BY o.id LIMIT 1",
                moment.place, moment.at, message_id};
    if (!query.step()) return std::nullopt;
    SentMail mail{{query.integer(0)}, query.text(1), {}};
    if (!query.is_null(2)) mail.ticket = ticket_facts(query, 2);
    return mail;
}

}  // namespace

std::vector<RecordedMail> SqliteStore::recorded_after(std::int64_t place, TimePoint since, std::size_t max) {
    return connection_.snapshot([&] {
        std::vector<RecordedMail> mails;
        auto const after = place == 0 ? place_before(connection_, since) : std::optional(place);
        if (!after) return mails;
        {
            Query query{connection_,
                        "SELECT l.seq, t.organization, " POSTERN_TICKET_FACTS
                        " FROM ledger l LEFT JOIN ticket t ON t.id = l.ticket"
                        " WHERE l.seq > ? AND l.received >= ? ORDER BY l.seq LIMIT ?",
                        *after, since, max};
            while (query.step()) {
                RecordedMail mail{query.integer(0), {}, {}, query.text(1)};
                if (!query.is_null(2)) mail.ticket = ticket_facts(query, 2);
                mails.push_back(std::move(mail));
            }
        }
        for (auto& mail : mails) {
            auto entry = ledger_entry_at(connection_, mail.place);
            if (!entry) throw StoreError{StoreError::Kind::broken, "store: a mail of the ledger has no entry"};
            mail.entry = std::move(*entry);
        }
        return mails;
    });
}

ArrivalContext SqliteStore::lookup_at(MomentOf const& moment, ArrivalQuestion const& question) {
    return connection_.snapshot([&] {
        ArrivalContext context;
        for (auto const& number : question.tags) find_by_tag(connection_, moment, number, context);
        for (auto const& id : question.message_ids) find_by_message_id(connection_, moment, id, context);
        if (question.original_message_id)
            context.original = find_sent(connection_, moment, *question.original_message_id);
        return context;
    });
}

}  // namespace postern
