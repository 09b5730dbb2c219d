#include <utility>

#include "store/record_rules.h"
#include "store/sqlite_store_impl.h"

// A mail may not overtake an earlier one of its ticket to the same person.
#define POSTERN_NOT_OVERTAKING                                                                               \
    " NOT EXISTS (SELECT 1 FROM outbox earlier WHERE earlier.state = 'queued' AND earlier.ticket = o.ticket" \
    " AND earlier.recipient = o.recipient AND earlier.id < o.id) "

// Columns that give an OutboxMail without its octets: see mail_of().
#define POSTERN_OUTBOX_COLUMNS                                                                                  \
    "SELECT o.id, o.kind, o.state, o.reverse_path, o.recipient, o.subject, o.message_id,"                       \
    " coalesce(o.text, (SELECT a.text FROM article a WHERE a.ticket = o.ticket AND a.number = o.article), '')," \
    " t.tag, t.number, l.id, o.attempts, o.created, o.next_attempt, o.last_error FROM outbox o"                 \
    " LEFT JOIN ticket t ON t.id = o.ticket LEFT JOIN ledger l ON l.seq = o.caused_by "

namespace postern {

namespace {

OutboxMail mail_of(Query const& row) {
    OutboxMail mail;
    mail.id = {row.integer(0)};
    mail.kind = word<OutgoingKind>(row, 1, parse_outgoing_kind);
    mail.state = word<OutboxState>(row, 2, parse_outbox_state);
    mail.reverse_path = row.text(3);
    mail.recipient = row.text(4);
    mail.subject = row.text(5);
    mail.message_id = row.text(6);
    mail.text = row.text(7);
    if (!row.is_null(8)) mail.ticket = TicketNumber{row.text(8), row.integer(9)};
    mail.caused_by = {row.text(10)};
    mail.attempts = static_cast<unsigned>(row.integer(11));
    mail.created = row.time(12);
    mail.next_attempt = row.time(13);
    mail.last_error = row.text(14);
    return mail;
}

std::string octets_of(SqliteConnection& connection, OutboxId id) {
    Query row{connection, "SELECT octets FROM outbox_octets WHERE outbox = ?", id};
    return row.step() ? row.text(0) : std::string{};
}

void forget_octets(SqliteConnection& connection, OutboxId id) {
    Query{connection, "DELETE FROM outbox_octets WHERE outbox = ?", id}.run();
}

struct SettledMail {
    OutgoingKind kind;
    OutboxState state;
    std::optional<TicketId> ticket;
    std::string recipient;
};

std::optional<SettledMail> find_mail(SqliteConnection& connection, OutboxId id) {
    Query row{connection, "SELECT kind, state, ticket, recipient FROM outbox WHERE id = ?", id};
    if (!row.step()) return std::nullopt;
    SettledMail mail{word<OutgoingKind>(row, 0, parse_outgoing_kind),
                     word<OutboxState>(row, 1, parse_outbox_state),
                     {},
                     row.text(3)};
    if (!row.is_null(2)) mail.ticket = TicketId{row.integer(2)};
    return mail;
}

void update_settled(SqliteConnection& connection, OutboxId id, SendOutcome const& outcome) {
    switch (outcome.result) {
        case SendOutcome::Result::sent:
            Query{connection, "UPDATE outbox SET state = 'sent', attempts = attempts + 1, last_error = '' WHERE id = ?",
                  id}
                .run();
            forget_octets(connection, id);
            break;
        case SendOutcome::Result::try_again:
            Query{connection,
                  "UPDATE outbox SET attempts = attempts + 1, last_error = ?1, next_attempt = ?2, due = ?2"
                  " WHERE id = ?3",
                  outcome.detail, outcome.next_attempt, id}
                .run();
            break;
        case SendOutcome::Result::failed:
            Query{connection,
                  "UPDATE outbox SET state = 'failed', attempts = attempts + 1, last_error = ? WHERE id = ?",
                  outcome.detail, id}
                .run();
            break;
    }
}

void add_tickets(SqliteConnection& connection, OwedSummary& summary, std::size_t most_tickets) {
    Query row{connection,
              "SELECT l.id, t.tag, t.number FROM summary_mail s JOIN ledger l ON l.seq = s.mail"
              " LEFT JOIN ticket t ON t.id = l.ticket WHERE s.summary = ? ORDER BY s.mail",
              summary.id};
    while (row.step()) {
        if (summary.first.text.empty()) summary.first = {row.text(0)};
        if (row.is_null(1)) continue;
        if (summary.tickets.size() < most_tickets) {
            summary.tickets.push_back({row.text(1), row.integer(2)});
        } else {
            ++summary.not_listed;
        }
    }
}

}  // namespace

OutboxId put_apart(SqliteConnection& connection, OutgoingMail const& mail, TimePoint now) {
    Query{connection,
          "INSERT INTO outbox (kind, state, reverse_path, recipient, subject, message_id, text, attempts, created,"
          " next_attempt, due, last_error) VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6, 0, ?7, ?7, ?7, '')",
          mail.kind,
          mail.reverse_path,
          mail.recipient,
          mail.subject,
          mail.message_id,
          mail.text,
          now}
        .run();
    OutboxId const id{connection.last_id()};
    Query{connection, "INSERT INTO outbox_octets (outbox, octets) VALUES (?, ?)", id, Blob{mail.octets}}.run();
    return id;
}

std::vector<OutboxMail> SqliteStore::claim_due(TimePoint now, TimePoint claim_ends, std::size_t max) {
    std::vector<OutboxMail> mails;
    connection_.atomically([&] {
        Query row{connection_,
                  POSTERN_OUTBOX_COLUMNS "WHERE o.state = 'queued' AND o.due <= ? AND" POSTERN_NOT_OVERTAKING
                                         "ORDER BY o.due, o.id LIMIT ?",
                  now, max};
        while (row.step()) mails.push_back(mail_of(row));
        for (auto& mail : mails) {
            mail.octets = octets_of(connection_, mail.id);
            Query{connection_, "UPDATE outbox SET due = ? WHERE id = ?", claim_ends, mail.id}.run();
        }
    });
    return mails;
}

void SqliteStore::settle(OutboxId id, SendOutcome const& outcome) {
    connection_.atomically([&] {
        auto const mail = find_mail(connection_, id);
        if (!mail) return;
        // Meanwhile an operator may have dropped it, or a bounce come back: only that it was sent is news then.
        bool const dropped_but_sent =
            mail->state == OutboxState::dropped && outcome.result == SendOutcome::Result::sent;
        if (mail->state != OutboxState::queued && !dropped_but_sent) return;
        update_settled(connection_, id, outcome);
        auto const event = settled_event(mail->kind, mail->recipient, outcome);
        if (mail->ticket && event) add_event(connection_, *mail->ticket, *event);
    });
}

bool SqliteStore::queue_alarm(OutgoingMail const& mail, std::string_view of_hour_before, TimePoint now) {
    bool queued = false;
    connection_.atomically([&] {
        Query told{connection_, "SELECT 1 FROM outbox WHERE message_id IN (?, ?) AND created > ?", mail.message_id,
                   std::string(of_hour_before), now - alarm_pause};
        queued = !told.step();
        if (!queued) return;
        put_apart(connection_, mail, now);
    });
    return queued;
}

std::vector<OwedSummary> SqliteStore::summaries_due(TimePoint now, std::size_t max, std::size_t most_tickets) {
    return connection_.snapshot([&] {
        std::vector<OwedSummary> due;
        {
            Query row{connection_,
                      "SELECT id, mailbox, recipient FROM summary WHERE outbox IS NULL AND due <= ?"
                      " ORDER BY due, id LIMIT ?",
                      now, max};
            while (row.step()) due.push_back({{row.integer(0)}, row.text(1), row.text(2), {}, {}, 0});
        }
        for (auto& summary : due) add_tickets(connection_, summary, most_tickets);
        return due;
    });
}

bool SqliteStore::queue_summary(SummaryId id, OutgoingMail const& mail, TimePoint now) {
    bool queued = false;
    connection_.atomically([&] {
        {
            Query gathering{connection_, "SELECT 1 FROM summary WHERE id = ? AND outbox IS NULL", id};
            queued = gathering.step();
        }
        if (!queued) return;
        Query{connection_, "UPDATE summary SET outbox = ? WHERE id = ?", put_apart(connection_, mail, now), id}.run();
    });
    return queued;
}

std::optional<Undelivered> SqliteStore::undelivered_to(std::string_view address) {
    return connection_.snapshot([&]() -> std::optional<Undelivered> {
        Undelivered undelivered;
        {
            Query row{connection_,
                      POSTERN_OUTBOX_COLUMNS
                      "WHERE o.state = 'failed' AND o.recipient = ? COLLATE NOCASE ORDER BY o.id DESC LIMIT 1",
                      address};
            if (!row.step()) return std::nullopt;
            undelivered.mail = mail_of(row);
        }
        Query row{
            connection_,
            "SELECT count(*) FROM outbox WHERE kind IN ('receipt', 'notification') AND recipient = ? COLLATE NOCASE"
            " AND created >= ? AND id > ? AND state = 'sent'",
            address, undelivered.mail.created, undelivered.mail.id};
        if (row.step()) undelivered.sent_since = row.count(0);
        return undelivered;
    });
}

void SqliteStore::release_claims() {
    connection_.write([&] {
        Query{connection_, "UPDATE outbox SET due = next_attempt WHERE state = 'queued' AND due <> next_attempt"}.run();
    });
}

void SqliteStore::release_claim(OutboxId id) {
    connection_.write([&] {
        Query{connection_, "UPDATE outbox SET due = next_attempt WHERE id = ? AND state = 'queued'", id}.run();
    });
}

std::optional<TimePoint> SqliteStore::next_due() {
    return connection_.snapshot([&]() -> std::optional<TimePoint> {
        Query row{connection_, "SELECT o.due FROM outbox o WHERE o.state = 'queued' AND" POSTERN_NOT_OVERTAKING
                               "ORDER BY o.due LIMIT 1"};
        if (!row.step()) return std::nullopt;
        return row.time(0);
    });
}

std::vector<OutboxMail> SqliteStore::answers_to(MailId const& id) {
    return connection_.snapshot([&] {
        std::vector<OutboxMail> mails;
        Query row{connection_,
                  POSTERN_OUTBOX_COLUMNS "WHERE o.caused_by = (SELECT seq FROM ledger WHERE id = ?) ORDER BY o.id",
                  id.text};
        while (row.step()) mails.push_back(mail_of(row));
        return mails;
    });
}

std::vector<OutboxMail> SqliteStore::outbox() {
    return connection_.snapshot([&] {
        std::vector<OutboxMail> mails;
        Query row{connection_, POSTERN_OUTBOX_COLUMNS
                  "WHERE o.id IN (SELECT id FROM outbox WHERE state = 'queued'"
                  " UNION ALL SELECT id FROM outbox WHERE state = 'failed') ORDER BY o.id"};
        while (row.step()) mails.push_back(mail_of(row));
        return mails;
    });
}

bool SqliteStore::retry_outgoing(OutboxId id, TimePoint now) {
    bool possible = false;
    connection_.atomically([&] {
        Query row{connection_,
                  "SELECT state = 'queued' AND due > next_attempt AND due > ? FROM outbox"
                  " WHERE id = ? AND state IN ('queued', 'failed')"
                  " AND EXISTS (SELECT 1 FROM outbox_octets WHERE outbox = outbox.id)",
                  now, id};
        possible = row.step();
        if (!possible || row.integer(0) != 0) return;  // claimed: it is being tried at this moment
        Query{connection_, "UPDATE outbox SET state = 'queued', next_attempt = ?1, due = ?1 WHERE id = ?2", now, id}
            .run();
    });
    return possible;
}

bool SqliteStore::drop_outgoing(OutboxId id, TimePoint now) {
    static_cast<void>(now);
    bool dropped = false;
    connection_.atomically([&] {
        dropped =
            Query{connection_, "UPDATE outbox SET state = 'dropped' WHERE id = ? AND state IN ('queued', 'failed')", id}
                .run() > 0;
        if (dropped) forget_octets(connection_, id);
    });
    return dropped;
}

}  // namespace postern
