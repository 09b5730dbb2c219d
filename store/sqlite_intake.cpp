#include <algorithm>
#include <chrono>
#include <utility>

#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// What one transaction forgets: so that it takes milliseconds.
constexpr int keys_at_once = 500;
constexpr int mails_at_once = 100;
constexpr std::uint64_t octets_at_once = 8U << 20U;

bool forget_floods(SqliteConnection& connection, TimePoint now) {
    Query forget{
        connection,
        "DELETE FROM flood WHERE (key, at, mail) IN (SELECT key, at, mail FROM flood WHERE expires <= ? LIMIT ?)", now,
        keys_at_once};
    return forget.run() == keys_at_once;
}

// False: all are forgotten.
bool forget_keys(SqliteConnection& connection, TimePoint now) {
    Query forget{connection,
                 "DELETE FROM arrival_key WHERE key IN (SELECT key FROM arrival_key WHERE expires <= ? LIMIT ?)", now,
                 keys_at_once};
    return forget.run() == keys_at_once;
}

bool forget_octets(SqliteConnection& connection, TimePoint now) {
    std::vector<std::int64_t> mails;
    std::uint64_t octets = 0;
    Query expired{connection, "SELECT mail, length(octets) FROM raw WHERE expires <= ?", now};
    bool more = false;
    while ((more = expired.step()) && mails.size() < mails_at_once && octets < octets_at_once) {
        mails.push_back(expired.integer(0));
        octets += expired.count(1);
    }
    for (auto const mail : mails) Query{connection, "DELETE FROM raw WHERE mail = ?", mail}.run();
    return more;
}

void find_duplicate(SqliteConnection& connection, ArrivalQuestion const& question, ArrivalContext& context) {
    for (auto const& key : question.arrival_keys) {
        Query query{connection,
                    "SELECT l.id, t.tag, t.number FROM arrival_key k JOIN ledger l ON l.seq = k.mail "
                    "LEFT JOIN ticket t ON t.id = l.ticket "
                    "WHERE k.key = ? AND (k.expires IS NULL OR k.expires > ?)",
                    key, question.now};
        if (!query.step()) continue;
        MailId known{query.text(0)};
        if (question.not_itself == known) continue;
        context.duplicate_of = std::move(known);
        if (!query.is_null(1)) context.duplicate_ticket = TicketNumber{query.text(1), query.integer(2)};
        return;
    }
}

void find_by_message_id(SqliteConnection& connection, std::string const& message_id, ArrivalContext& context) {
    if (message_id.empty()) return;
    Query query{connection,
                "SELECT " POSTERN_TICKET_FACTS
                " FROM ticket t WHERE t.id IN ("
                "SELECT ticket FROM ledger WHERE message_id = ?1 AND message_id <> '' AND threads"
                " UNION ALL SELECT ticket FROM outbox WHERE message_id = ?1"
                " UNION ALL SELECT ticket FROM thread_key WHERE message_id = ?1) ORDER BY t.id",
                message_id};
    while (query.step()) {
        TicketId const id{query.integer(0)};
        if (std::ranges::find(context.by_message_id, id, &TicketFacts::id) != context.by_message_id.end()) continue;
        context.by_message_id.push_back(ticket_facts(query, 0));
    }
}

std::optional<SentMail> find_sent(SqliteConnection& connection, std::string const& message_id) {
    Query query{connection,
                "SELECT o.id, o.recipient, " POSTERN_TICKET_FACTS
                " FROM outbox o LEFT JOIN ticket t ON t.id = o.ticket WHERE o.message_id = ? ORDER BY o.id LIMIT 1",
                message_id};
    if (!query.step()) return std::nullopt;
    SentMail mail{{query.integer(0)}, query.text(1), {}};
    if (!query.is_null(2)) mail.ticket = ticket_facts(query, 2);
    return mail;
}

RecentReceipts find_receipts(SqliteConnection& connection, ReceiptQuestion const& question) {
    RecentReceipts recent;
    Query query{connection,
                "SELECT created FROM outbox WHERE kind IN ('receipt', 'notification') AND recipient = ? COLLATE NOCASE "
                "AND created > ?"
                " ORDER BY created DESC LIMIT ?",
                question.recipient, question.since, question.at_most};
    while (query.step()) {
        ++recent.count;
        recent.oldest = query.time(0);
    }
    return recent;
}

bool was_referred(SqliteConnection& connection, ReferralQuestion const& question) {
    Query query{connection,
                "SELECT 1 FROM outbox WHERE kind = 'referral' AND recipient = ? COLLATE NOCASE AND created > ? LIMIT 1",
                question.recipient, question.since};
    return query.step();
}

FloodFacts find_flood(SqliteConnection& connection, FloodQuestion const& question) {
    FloodFacts flood;
    {
        Query query{
            connection,     "SELECT count(*) FROM (SELECT 1 FROM flood WHERE key = ? AND at > ? AND at <= ? LIMIT ?)",
            question.key,   question.since,
            question.until, question.at_most};
        if (query.step()) flood.mails = static_cast<std::size_t>(query.count(0));
    }
    if (flood.mails < question.at_most) return flood;
    Query query{connection,
                "SELECT f.gathers, " POSTERN_TICKET_FACTS
                " FROM flood f JOIN ledger l ON l.seq = f.mail JOIN ticket t ON t.id = l.ticket"
                " WHERE f.key = ? AND f.at > ? AND f.at <= ? ORDER BY f.at DESC, f.mail DESC LIMIT 1",
                question.key, question.since, question.until};
    if (query.step() && query.integer(0) != 0) flood.gathering = ticket_facts(query, 1);
    return flood;
}

}  // namespace

TicketFacts ticket_facts(Query const& row, int at) {
    return {{row.integer(at)},
            {row.text(at + 1), row.integer(at + 2)},
            row.text(at + 3),
            row.text(at + 4),
            word<TicketStatus>(row, at + 5, parse_ticket_status),
            row.text(at + 6),
            row.text(at + 7),
            row.text(at + 8)};
}

void add_event(SqliteConnection& connection, TicketId ticket, TicketEvent const& event) {
    Query{connection,  "INSERT INTO event (ticket, at, what, by, detail) VALUES (?, ?, ?, ?, ?)",
          ticket,      event.at,
          event.what,  event.by,
          event.detail}
        .run();
}

ArrivalContext SqliteStore::lookup(ArrivalQuestion const& question) {
    return connection_.snapshot([&] {
        ArrivalContext context;
        find_duplicate(connection_, question, context);
        for (auto const& number : question.tags) {
            Query query{connection_, "SELECT " POSTERN_TICKET_FACTS " FROM ticket t WHERE t.tag = ? AND t.number = ?",
                        number.tag, number.number};
            if (query.step()) context.by_tag.push_back(ticket_facts(query, 0));
        }
        for (auto const& id : question.message_ids) find_by_message_id(connection_, id, context);
        if (question.original_message_id) context.original = find_sent(connection_, *question.original_message_id);
        if (question.own_message_id) context.itself = find_sent(connection_, *question.own_message_id);
        if (question.receipts) context.receipts = find_receipts(connection_, *question.receipts);
        if (question.forwards) context.forwards = find_receipts(connection_, *question.forwards);
        if (question.flood) context.flood = find_flood(connection_, *question.flood);
        if (question.referral) context.was_referred = was_referred(connection_, *question.referral);
        if (question.answers) context.question = find_question(connection_, *question.answers);
        if (question.admission_of) context.admission = find_admission(connection_, *question.admission_of);
        return context;
    });
}

TicketNumber SqliteStore::next_ticket_number(std::string_view tag, std::int64_t first) {
    TicketNumber number{std::string(tag), 0};
    connection_.write([&] {
        Query query{connection_,
                    "INSERT INTO ticket_sequence (tag, last) VALUES (?1, ?2) ON CONFLICT (tag) DO UPDATE SET"
                    " last = max(last + 1, excluded.last) RETURNING last",
                    number.tag, first};
        while (query.step()) number.number = query.integer(0);
    });
    return number;
}

TicketNumber SqliteStore::coming_ticket_number(std::string_view tag, std::int64_t first) {
    TicketNumber number{std::string(tag), first};
    Query query{connection_, "SELECT max(last + 1, ?2) FROM ticket_sequence WHERE tag = ?1", number.tag, first};
    while (query.step()) number.number = query.integer(0);
    return number;
}

bool SqliteStore::forget_expired(TimePoint now) {
    bool more = false;
    connection_.atomically([&] {
        bool const more_keys = forget_keys(connection_, now);
        bool const more_octets = forget_octets(connection_, now);
        bool const more_floods = forget_floods(connection_, now);
        bool const more_questions = forget_questions(connection_, now);
        more = more_keys || more_octets || more_floods || more_questions;
    });
    return more;
}

}  // namespace postern
