#include <utility>

#include "store/record_rules.h"
#include "store/sqlite_articles.h"
#include "store/sqlite_json.h"
#include "store/sqlite_raw.h"
#include "store/sqlite_store_impl.h"

// Columns that give a Ticket: see ticket_of().
#define POSTERN_TICKET_COLUMNS                                                                     \
    "SELECT t.id, t.tag, t.number, t.mailbox, t.subject, t.status, t.severity, t.organization_id," \
    " t.organization, t.contact, t.assignee, t.created, t.updated, t.articles,"                    \
    " (SELECT count(*) FROM folded f WHERE f.ticket = t.id), t.admitted_by FROM ticket t "

// Each filter with its parameter; NULL lets every ticket pass.
#define POSTERN_TICKET_FILTERS                                                                          \
    "(?1 IS NULL OR same(t.organization_id, ?1) OR same(t.organization, ?1))"                           \
    " AND (?2 IS NULL OR same(t.severity, ?2))"                                                         \
    " AND (?3 IS NULL OR same(t.assignee, ?3))"                                                         \
    " AND (?4 IS NULL OR found(t.subject, ?4) OR EXISTS (SELECT 1 FROM article a WHERE a.ticket = t.id" \
    " AND (found(a.sender, ?4) OR found(a.text, ?4))))"

namespace postern {

namespace {

Ticket ticket_of(Query const& row) {
    Ticket ticket;
    ticket.id = {row.integer(0)};
    ticket.number = {row.text(1), row.integer(2)};
    ticket.mailbox = row.text(3);
    ticket.subject = row.text(4);
    ticket.status = word<TicketStatus>(row, 5, parse_ticket_status);
    ticket.severity = row.text(6);
    ticket.organization_id = row.text(7);
    ticket.organization = row.text(8);
    ticket.contact = row.text(9);
    ticket.assignee = row.optional_text(10);
    ticket.created = row.time(11);
    ticket.updated = row.time(12);
    ticket.articles = row.integer(13);
    ticket.folded = row.integer(14);
    ticket.admitted_by = row.text(15);
    return ticket;
}

std::vector<Article> articles_of(SqliteConnection& connection, TicketId ticket) {
    std::vector<Article> articles;
    Query row{connection, "SELECT " POSTERN_ARTICLE_COLUMNS " FROM article a WHERE a.ticket = ? ORDER BY a.number",
              ticket};
    while (row.step()) articles.push_back(article_in(row, 0));
    return articles;
}

void add_attachments(SqliteConnection& connection, TicketId ticket, std::vector<Article>& articles) {
    Query row{connection,
              "SELECT f.article, " POSTERN_ATTACHMENT_COLUMNS " FROM attachment f WHERE f.ticket = ? ORDER BY f.number",
              ticket};
    while (row.step()) {
        auto const index =
            static_cast<std::size_t>(row.integer(0) - 1);  // articles are numbered from 1, none is missing
        if (index < articles.size()) articles[index].attachments.push_back(attachment_in(row, 1));
    }
}

std::vector<TicketEvent> events_of(SqliteConnection& connection, TicketId ticket) {
    std::vector<TicketEvent> events;
    Query row{connection, "SELECT at, what, by, detail FROM event WHERE ticket = ? ORDER BY at, id", ticket};
    while (row.step()) events.push_back({row.time(0), row.text(1), row.text(2), row.text(3)});
    return events;
}

}  // namespace

Article article_in(Query const& row, int at) {
    Article article;
    article.number = row.integer(at);
    article.kind = word<ArticleKind>(row, at + 1, parse_article_kind);
    article.direction = word<Direction>(row, at + 2, parse_direction);
    article.from = row.text(at + 3);
    auto recipients = recipients_from_json(row.view(at + 4));
    article.to = std::move(recipients.to);
    article.cc = std::move(recipients.cc);
    article.subject = row.text(at + 5);
    article.date = row.time(at + 6);
    article.message_id = row.text(at + 7);
    article.text = row.text(at + 8);
    article.full_text = row.text(at + 9);
    article.authentication = row.text(at + 10);
    return article;
}

ArticleAttachment attachment_in(Query const& row, int at) {
    return {row.integer(at),  row.text(at + 1),         row.text(at + 2),          row.count(at + 3),
            row.text(at + 4), row.integer(at + 5) != 0, row.optional_text(at + 6), row.text(at + 7)};
}

std::vector<Ticket> SqliteStore::tickets(TicketFilter const& filter) {
    return connection_.snapshot([&] {
        std::vector<Ticket> tickets;
        // By status there is an index, which a filter that may be NULL could not use.
        Query row =
            filter.status
                ? Query{connection_,
                        POSTERN_TICKET_COLUMNS "WHERE " POSTERN_TICKET_FILTERS " AND t.status = ?5 ORDER BY t.id",
                        filter.organization,
                        filter.severity,
                        filter.assignee,
                        filter.search,
                        *filter.status}
                : Query{connection_,         POSTERN_TICKET_COLUMNS "WHERE " POSTERN_TICKET_FILTERS " ORDER BY t.id",
                        filter.organization, filter.severity,
                        filter.assignee,     filter.search};
        while (row.step()) tickets.push_back(ticket_of(row));
        return tickets;
    });
}

std::optional<TicketHistory> SqliteStore::ticket(TicketNumber const& number) {
    return connection_.snapshot([&]() -> std::optional<TicketHistory> {
        TicketHistory history;
        {
            Query row{connection_, POSTERN_TICKET_COLUMNS "WHERE t.tag = ? AND t.number = ?", number.tag,
                      number.number};
            if (!row.step()) return std::nullopt;
            history.ticket = ticket_of(row);
        }
        history.articles = articles_of(connection_, history.ticket.id);
        add_attachments(connection_, history.ticket.id, history.articles);
        history.events = events_of(connection_, history.ticket.id);
        return history;
    });
}

std::optional<Store::AttachmentSource> SqliteStore::attachment(TicketNumber const& number, std::int64_t attachment) {
    return connection_.snapshot([&]() -> std::optional<AttachmentSource> {
        Query row{connection_,
                  "SELECT " POSTERN_RAW_COLUMNS ", " POSTERN_ATTACHMENT_COLUMNS
                  " FROM ticket t JOIN attachment f ON f.ticket = t.id JOIN raw r ON r.mail = f.mail"
                  " JOIN ledger l ON l.seq = f.mail"
                  " WHERE t.tag = ? AND t.number = ? AND f.number = ?",
                  number.tag, number.number, attachment};
        if (!row.step()) return std::nullopt;
        return AttachmentSource{octets_in(row, 0), attachment_in(row, 3)};
    });
}

bool SqliteStore::set_status(TicketNumber const& number, TicketStatus status, std::string_view by, TimePoint now) {
    bool exists = false;
    connection_.atomically([&] {
        TicketId id;
        auto before = TicketStatus::open;
        {
            Query row{connection_, "SELECT id, status FROM ticket WHERE tag = ? AND number = ?", number.tag,
                      number.number};
            exists = row.step();
            if (!exists) return;
            id = {row.integer(0)};
            before = word<TicketStatus>(row, 1, parse_ticket_status);
        }
        if (before == status) return;
        Query{connection_, "UPDATE ticket SET status = ?, updated = max(updated, ?) WHERE id = ?", status, now, id}
            .run();
        add_event(connection_, id, change_event("status", to_string(before), to_string(status), by, now));
    });
    return exists;
}

bool SqliteStore::set_severity(TicketNumber const& number, std::string_view severity, std::string_view by,
                               TimePoint now) {
    bool exists = false;
    connection_.atomically([&] {
        TicketId id;
        std::string before;
        {
            Query row{connection_, "SELECT id, severity FROM ticket WHERE tag = ? AND number = ?", number.tag,
                      number.number};
            exists = row.step();
            if (!exists) return;
            id = {row.integer(0)};
            before = row.text(1);
        }
        if (before == severity) return;
        Query{connection_, "UPDATE ticket SET severity = ?, updated = max(updated, ?) WHERE id = ?", severity, now, id}
            .run();
        add_event(connection_, id, change_event("severity", before, severity, by, now));
    });
    return exists;
}

}  // namespace postern
