#include <algorithm>

#include "store/sqlite_articles.h"
#include "store/sqlite_json.h"
#include "store/sqlite_ledger.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// Of the ticket of a ledger row, with its attachments; nullopt: no article shows the mail.
std::optional<Article> article_of(SqliteConnection& connection, std::int64_t mail) {
    std::optional<Article> article;
    {
        Query row{connection,
                  "SELECT " POSTERN_ARTICLE_COLUMNS
                  " FROM ledger l JOIN article a ON a.ticket = l.ticket AND a.mail = l.seq WHERE l.seq = ?",
                  mail};
        if (!row.step()) return std::nullopt;
        article = article_in(row, 0);
    }
    Query row{connection,
              "SELECT " POSTERN_ATTACHMENT_COLUMNS
              " FROM ledger l JOIN attachment f ON f.ticket = l.ticket AND f.mail = l.seq"
              " WHERE l.seq = ? ORDER BY f.number",
              mail};
    while (row.step()) article->attachments.push_back(attachment_in(row, 0));
    return article;
}

// One mail's derived columns being exchanged, within a transaction.
class Rederiving {
  public:
    Rederiving(SqliteConnection& connection, ShownMail const& before, ShownMail const& after)
        : connection_(connection), before_(before), after_(after) {}

    void run() {
        Query{connection_, "UPDATE ledger SET subject = ? WHERE seq = ?", after_.entry.subject, after_.place}.run();
        if (!before_.article || !after_.article) return;
        find_ticket();
        Query{connection_, "UPDATE ticket SET subject = ? WHERE id = ?", after_.ticket_subject, ticket_}.run();
        put_article(*after_.article);
        remove_attachments();
        for (auto const& attachment : after_.article->attachments) put_attachment(attachment);
        Query{connection_, "UPDATE ticket SET attachments = ? WHERE id = ?", last_attachment_, ticket_}.run();
    }

  private:
    void find_ticket() {
        Query row{connection_,
                  "SELECT t.id, t.attachments FROM ledger l JOIN ticket t ON t.id = l.ticket WHERE l.seq = ?",
                  after_.place};
        if (!row.step()) throw StoreError{StoreError::Kind::broken, "store: an article without its ticket"};
        ticket_ = {row.integer(0)};
        last_attachment_ = row.integer(1);
    }

    void put_article(Article const& article) {
        auto const* full_text = article.full_text != article.text ? &article.full_text : nullptr;
        Query{connection_,
              "UPDATE article SET recipients = ?, subject = ?, date = ?, text = ?, full_text = ?"
              " WHERE ticket = ? AND number = ?",
              recipients_to_json(article.to, article.cc),
              article.subject,
              article.date,
              article.text,
              full_text,
              ticket_,
              before_.article->number}
            .run();
    }

    void remove_attachments() {
        auto const& kept = after_.article->attachments;
        for (auto const& each : before_.article->attachments) {
            if (std::ranges::find(kept, each.number, &ArticleAttachment::number) != kept.end()) continue;
            Query{connection_, "DELETE FROM attachment WHERE ticket = ? AND number = ?", ticket_, each.number}.run();
        }
    }

    void put_attachment(ArticleAttachment const& attachment) {
        Query{connection_,
              "INSERT INTO attachment (ticket, number, article, mail, name, media_type, size, sha256, inline,"
              " content_id, locator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
              " ON CONFLICT DO UPDATE SET name = excluded.name, media_type = excluded.media_type,"
              " size = excluded.size, sha256 = excluded.sha256, inline = excluded.inline,"
              " content_id = excluded.content_id, locator = excluded.locator",
              ticket_,
              attachment.number != 0 ? attachment.number : ++last_attachment_,
              before_.article->number,
              after_.place,
              attachment.name,
              attachment.media_type,
              attachment.size,
              attachment.sha256,
              attachment.is_inline,
              attachment.content_id,
              attachment.locator}
            .run();
    }

    SqliteConnection& connection_;
    ShownMail const& before_;
    ShownMail const& after_;
    TicketId ticket_;
    std::int64_t last_attachment_ = 0;
};

}  // namespace

std::optional<ShownMail> SqliteStore::shown_after(std::int64_t place) {
    return connection_.snapshot([&]() -> std::optional<ShownMail> {
        ShownMail mail;
        {
            Query row{connection_,
                      "SELECT l.seq, t.subject FROM ledger l LEFT JOIN ticket t ON t.id = l.ticket"
                      " WHERE l.seq > ? ORDER BY l.seq LIMIT 1",
                      place};
            if (!row.step()) return std::nullopt;
            mail.place = row.integer(0);
            mail.ticket_subject = row.text(1);
        }
        auto entry = ledger_entry_at(connection_, mail.place);
        if (!entry) throw StoreError{StoreError::Kind::broken, "store: a mail of the ledger has no entry"};
        mail.entry = std::move(*entry);
        mail.article = article_of(connection_, mail.place);
        return mail;
    });
}

std::int64_t SqliteStore::last_place() {
    Query row{connection_, "SELECT coalesce(max(seq), 0) FROM ledger"};
    return row.step() ? row.integer(0) : 0;
}

bool SqliteStore::rederive(ShownMail const& before, ShownMail const& after) {
    bool done = false;
    connection_.atomically([&] {
        auto const stored = shown_after(before.place - 1);
        if (!stored || !is_still(before, *stored)) return;
        Rederiving{connection_, before, after}.run();
        done = true;
    });
    return done;
}

}  // namespace postern
