#include "store/sqlite_audit.h"

#include <array>
#include <string>
#include <utility>

#include "parsers/digest.h"
#include "parsers/message.h"
#include "store/record_rules.h"
#include "store/sqlite_raw.h"
#include "store/sqlite_recounts.h"
#include "store/store.h"

namespace postern {

namespace {

// A column of words, and whether this program knows one.
struct WordColumn {
    char const* name;
    char const* sql;  // yields each word once
    bool (*knows)(std::string_view);
    int since = 1;  // the schema that has it
};

template <auto parse>
bool knows(std::string_view text) {
    return parse(text).has_value();
}

constexpr std::array word_columns{
    WordColumn{"ledger.source", "SELECT DISTINCT source FROM ledger", knows<parse_source>},
    WordColumn{"ticket.status", "SELECT DISTINCT status FROM ticket", knows<parse_ticket_status>},
    WordColumn{"article.kind", "SELECT DISTINCT kind FROM article", knows<parse_article_kind>},
    WordColumn{"article.direction", "SELECT DISTINCT direction FROM article", knows<parse_direction>},
    WordColumn{"outbox.kind", "SELECT DISTINCT kind FROM outbox", knows<parse_outgoing_kind>},
    WordColumn{"outbox.state", "SELECT DISTINCT state FROM outbox", knows<parse_outbox_state>},
    WordColumn{"imap_mark.action", "SELECT DISTINCT action FROM imap_mark", knows<parse_mark_action>},
    WordColumn{"petition.state", "SELECT DISTINCT state FROM petition", knows<parse_petition_state>, 6},
};

// "mail 069A… of ticket ACME-1042: what (detail)"; what is about neither speaks for itself.
AuditProblem problem(MailId mail, std::optional<TicketNumber> ticket, std::string_view what,
                     std::string_view detail = {}) {
    std::string words;
    if (!mail.text.empty()) words = "mail " + mail.text;
    if (ticket) words += (words.empty() ? "ticket " : " of ticket ") + ticket->text();
    if (!words.empty()) words += ": ";
    words += what;
    if (!detail.empty()) words.append(" (").append(detail).append(")");
    return {std::move(words), std::move(mail), std::move(ticket)};
}

class Audit {
  public:
    Audit(SqliteConnection& connection, TimePoint now) : connection_(connection), now_(now) {}

    AuditReport run() {
        // Each by itself: what is broken hides none of the others.
        attempt("the ledger's dispositions", [&] { count_dispositions(); });
        // A copy of an older schema is looked at as it is.
        int schema = 1;
        attempt("the schema", [&] { schema = schema_of_file(); });
        for (auto const& column : word_columns) {
            if (column.since <= schema) attempt(column.name, [&] { look_at_words(column); });
        }
        for (auto const& recount : sqlite_recounts()) {
            if (recount.since <= schema) attempt(recount.what, [&] { this->recount(recount); });
        }
        attempt("refused mail", [&] { look_at_refused(); });
        attempt("the octets", [&] { look_at_octets(); });
        return std::move(report_);
    }

  private:
    template <class Work>
    void attempt(std::string_view about, Work const& work) {
        try {
            work();
        } catch (StoreError const& error) {
            if (error.kind() != StoreError::Kind::broken) throw;
            report_.add(
                problem({}, {}, "the store cannot be read, asked about '" + std::string(about) + "'", error.what()));
        }
    }

    int schema_of_file() {
        Query row{connection_, "PRAGMA user_version"};
        return row.step() ? static_cast<int>(row.integer(0)) : 0;
    }

    void count_dispositions() {
        // Counted here: SQLite would sort the whole ledger to group it.
        Query row{connection_, "SELECT id, disposition FROM ledger"};
        while (row.step()) {
            ++report_.taken_in;
            if (auto const disposition = parse_disposition(row.view(1))) {
                ++report_.by_disposition[*disposition];
            } else {
                report_.add(problem({row.text(0)}, {}, "has no known disposition", row.view(1)));
            }
        }
    }

    void look_at_words(WordColumn const& column) {
        Query row{connection_, column.sql};
        while (row.step()) {
            if (!column.knows(row.view(0)))
                report_.add(problem({}, {}, std::string("a word that nobody knows in ") + column.name, row.view(0)));
        }
    }

    void recount(Recount const& recount) {
        Query row{connection_, recount.sql};
        while (row.step()) {
            std::optional<TicketNumber> ticket;
            if (!row.is_null(1)) ticket = TicketNumber{row.text(1), row.integer(2)};
            report_.add(problem({row.text(0)}, std::move(ticket), recount.what, row.view(3)));
        }
    }

    // Of mail refused by SMTP the ledger row alone is kept, of other refused mail the octets for their time.
    void look_at_refused() {
        Query row{connection_,
                  "SELECT id FROM ledger l WHERE disposition = 'refused' AND source <> 'smtp' AND committed > ?"
                  " AND NOT EXISTS (SELECT 1 FROM raw r WHERE r.mail = l.seq)",
                  now_ - refused_octets_kept};
        while (row.step()) {
            report_.add(problem({row.text(0)}, {}, "its octets are missing", "refused mail keeps them for 30 days"));
        }
    }

    struct Mail {
        std::int64_t row = 0;
        MailId id;
        std::uint64_t size = 0;
        std::string sha256;
        std::optional<std::int64_t> ticket_row;
        std::optional<TicketNumber> ticket;
    };

    void look_at_octets() {
        Query row{connection_,
                  "SELECT l.seq, l.id, l.size, l.sha256, l.ticket, t.tag, t.number FROM ledger l"
                  " LEFT JOIN ticket t ON t.id = l.ticket"
                  " WHERE EXISTS (SELECT 1 FROM raw r WHERE r.mail = l.seq) ORDER BY l.seq"};
        while (row.step()) {
            Mail mail{row.integer(0), {row.text(1)}, row.count(2), row.text(3), {}, {}};
            if (!row.is_null(4)) mail.ticket_row = row.integer(4);
            if (!row.is_null(5)) mail.ticket = TicketNumber{row.text(5), row.integer(6)};
            try {
                look_at_octets_of(mail);
            } catch (StoreError const& error) {
                if (error.kind() != StoreError::Kind::broken) throw;
                report_.add(problem(mail.id, mail.ticket, "its octets cannot be read", error.what()));
            }
        }
    }

    void look_at_octets_of(Mail const& mail) {
        Query row{connection_,
                  "SELECT " POSTERN_RAW_COLUMNS " FROM raw r JOIN ledger l ON l.seq = r.mail WHERE r.mail = ?",
                  mail.row};
        if (!row.step()) return;
        auto const octets = octets_in(row, 0);
        if (octets.size() != mail.size) {
            auto const sizes = std::to_string(octets.size()) + " instead of " + std::to_string(mail.size);
            report_.add(problem(mail.id, mail.ticket, "its octets are not as many as came", sizes));
        } else if (sha256_hex(octets) != mail.sha256) {
            report_.add(problem(mail.id, mail.ticket, "its octets are not those that came, by their digest"));
        }
        if (mail.ticket_row) look_at_attachments(mail, octets);
    }

    void look_at_attachments(Mail const& mail, std::string_view octets) {
        Query row{connection_, "SELECT number, size, sha256, locator FROM attachment WHERE ticket = ? AND mail = ?",
                  *mail.ticket_row, mail.row};
        while (row.step()) {
            auto const which = "attachment " + row.text(0);
            auto const found = attachment_octets(octets, row.view(3));
            if (!found) {
                report_.add(problem(mail.id, mail.ticket, "does not hold an attachment of the ticket", which));
            } else if (found->size() != row.count(1) || sha256_hex(*found) != row.view(2)) {
                report_.add(problem(mail.id, mail.ticket, "holds other octets than the ticket says", which));
            }
        }
    }

    SqliteConnection& connection_;
    TimePoint now_;
    AuditReport report_;
};

}  // namespace

AuditReport audit_sqlite(SqliteConnection& connection, TimePoint now) {
    return connection.snapshot([&] { return Audit{connection, now}.run(); });
}

}  // namespace postern
