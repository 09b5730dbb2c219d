#include <algorithm>
#include <utility>

#include "store/record_rules.h"
#include "store/sqlite_json.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

struct FoldedMail {
    std::int64_t seq;
    MailId id;
    std::string subject;
};

std::vector<FoldedMail> folded_mails(SqliteConnection& connection, TicketId ticket, std::size_t max) {
    std::vector<FoldedMail> mails;
    Query row{connection,
              "SELECT l.seq, l.id, l.subject FROM folded f JOIN ledger l ON l.seq = f.mail"
              " WHERE f.ticket = ? ORDER BY f.mail LIMIT ?",
              ticket, max};
    while (row.step()) mails.push_back({row.integer(0), {row.text(1)}, row.text(2)});
    return mails;
}

// What the operator takes apart is no flood: counting begins anew.
void forget_flood(SqliteConnection& connection, TicketId ticket) {
    Query{connection,
          "DELETE FROM flood WHERE key IN (SELECT f.key FROM article a JOIN flood f ON f.mail = a.mail AND f.gathers"
          " WHERE a.ticket = ?)",
          ticket}
        .run();
}

// One ticket being taken apart, within a transaction.
class Unfolding {
  public:
    Unfolding(SqliteConnection& connection, TicketId ticket, TicketNumber from, std::string_view by, TimePoint now)
        : connection_(connection), ticket_(ticket), from_(std::move(from)), by_(by), now_(now) {}

    // `number` and `subject`: of its own ticket.
    void take_out(FoldedMail const& mail, TicketNumber const& number, std::string const& subject) {
        auto const own = open_ticket(number, subject);
        auto const article = move_article(mail.seq, own);
        move_attachments(mail.seq, own);
        leave_note(article, number);
        tell_ledger(mail.seq, own, number);
        add_event(connection_, own, unfolded_into(mail.id, from_, by_, now_));
        Query{connection_, "DELETE FROM folded WHERE mail = ?", mail.seq}.run();
    }

  private:
    TicketId open_ticket(TicketNumber const& number, std::string const& subject) {
        Query{connection_,
              "INSERT INTO ticket (tag, number, mailbox, subject, status, severity, organization_id, organization,"
              " contact, created, updated, articles, attachments) SELECT ?, ?, mailbox, ?, ?, severity,"
              " organization_id, organization, contact, ?, ?, 1, 0 FROM ticket WHERE id = ?",
              number.tag,
              number.number,
              subject,
              TicketStatus::open,
              now_,
              now_,
              ticket_}
            .run();
        return {connection_.last_id()};
    }

    // What the note in its place needs of it.
    Article move_article(std::int64_t mail, TicketId own) {
        Article article;
        {
            Query row{connection_, "SELECT number, subject FROM article WHERE ticket = ? AND mail = ?", ticket_, mail};
            if (!row.step()) throw StoreError{StoreError::Kind::broken, "store: a folded mail without its article"};
            article.number = row.integer(0);
            article.subject = row.text(1);
        }
        Query{connection_, "UPDATE article SET ticket = ?, number = 1 WHERE ticket = ? AND mail = ?", own, ticket_,
              mail}
            .run();
        return article;
    }

    void move_attachments(std::int64_t mail, TicketId own) {
        std::vector<std::int64_t> numbers;
        {
            Query row{connection_, "SELECT number FROM attachment WHERE ticket = ? AND mail = ? ORDER BY number",
                      ticket_, mail};
            while (row.step()) numbers.push_back(row.integer(0));
        }
        std::int64_t count = 0;
        for (auto const number : numbers) {
            Query{connection_,
                  "UPDATE attachment SET ticket = ?, article = 1, number = ? WHERE ticket = ? AND number = ?",
                  own,
                  ++count,
                  ticket_,
                  number}
                .run();
        }
        if (count > 0) Query{connection_, "UPDATE ticket SET attachments = ? WHERE id = ?", count, own}.run();
    }

    void leave_note(Article const& moved, TicketNumber const& to) {
        auto const note = unfolded_note(moved, to, by_, now_);
        Query{connection_,
              "INSERT INTO article (ticket, number, mail, kind, direction, sender, recipients, subject, date,"
              " message_id, text, full_text, authentication) VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, '', ?, NULL, ?)",
              ticket_,
              note.number,
              note.kind,
              note.direction,
              note.from,
              recipients_to_json(note.to, note.cc),
              note.subject,
              note.date,
              note.text,
              note.authentication}
            .run();
    }

    void tell_ledger(std::int64_t mail, TicketId own, TicketNumber const& number) {
        std::vector<StoryStep> story;
        {
            Query row{connection_, "SELECT story FROM ledger WHERE seq = ?", mail};
            if (row.step()) story = story_from_json(row.view(0));
        }
        story.push_back(unfolded_step(from_, number, by_));
        Query{connection_,
              "UPDATE ledger SET committed = ?, disposition = ?, rule = ?, reason = ?, ticket = ?, story = ?"
              " WHERE seq = ?",
              now_,
              Disposition::opened,
              unfold_rule,
              story.back().result,
              own,
              story_to_json(story),
              mail}
            .run();
    }

    SqliteConnection& connection_;
    TicketId ticket_;
    TicketNumber from_;
    std::string by_;
    TimePoint now_;
};

}  // namespace

std::optional<Unfolded> SqliteStore::unfold(TicketNumber const& number, std::size_t max, std::string_view by,
                                            TimePoint now) {
    std::optional<Unfolded> unfolded;
    connection_.atomically([&] {
        TicketId ticket;
        {
            Query row{connection_, "SELECT id FROM ticket WHERE tag = ? AND number = ?", number.tag, number.number};
            if (!row.step()) return;
            ticket = {row.integer(0)};
        }
        unfolded.emplace();
        forget_flood(connection_, ticket);
        auto const mails = folded_mails(connection_, ticket, max);
        if (mails.empty()) return;
        Unfolding unfolding{connection_, ticket, number, by, now};
        auto const is_ours = [&](TicketNumber const& tag) {
            Query row{connection_, "SELECT 1 FROM ticket_sequence WHERE tag = ?", tag.tag};
            return row.step();
        };
        for (auto const& mail : mails) {
            auto own = next_ticket_number(number.tag, number.number);
            unfolding.take_out(mail, own, without_ticket_tags(mail.subject, is_ours));
            unfolded->mails.push_back({mail.id, std::move(own)});
        }
        add_event(connection_, ticket, unfolded_from(*unfolded, by, now));
        Query{connection_, "UPDATE ticket SET updated = max(updated, ?) WHERE id = ?", now, ticket}.run();
        Query left{connection_, "SELECT 1 FROM folded WHERE ticket = ?", ticket};
        unfolded->more = left.step();
    });
    return unfolded;
}

}  // namespace postern
