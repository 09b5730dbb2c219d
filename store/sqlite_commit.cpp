#include <algorithm>
#include <stdexcept>

#include "store/record_rules.h"
#include "store/sqlite_json.h"
#include "store/sqlite_raw.h"
#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// One commit: the rows of one record.
class Commit {
  public:
    Commit(SqliteConnection& connection, Packer& packer, IntakeRecord const& record, TimePoint now)
        : connection_(connection), packer_(packer), record_(record), now_(now) {}

    void run() {
        if (record_.opens) open_ticket();
        if (record_.joins) join_ticket();
        put_ledger();
        put_octets();
        put_keys();
        if (ticket_) put_history();
        for (auto const& mail : record_.outgoing) put_outgoing(mail);
        if (ticket_) update_ticket();
        if (record_.bounced) put_bounce();
        put_imap();
        if (record_.flood) put_flood(*record_.flood);
        if (record_.folds)
            Query{connection_, "INSERT INTO folded (mail, ticket) VALUES (?, ?)", mail_, ticket_->id}.run();
        if (record_.summary) put_summary(*record_.summary);
        if (record_.petition_to) put_petition(connection_, mail_, *record_.petition_to);
        if (!record_.admits.empty()) put_answer(connection_, mail_, record_.admits);
    }

  private:
    struct TicketRow {
        TicketId id;
        std::string mailbox;
        std::int64_t articles = 0, attachments = 0;
    };

    [[noreturn]] void contradiction(char const* what) const {
        throw std::logic_error("intake record " + record_.ledger.id.text + ": " + what);
    }

    void open_ticket() {
        auto const& opens = *record_.opens;
        Query{connection_,
              "INSERT INTO ticket (tag, number, mailbox, subject, status, severity, organization_id, organization,"
              " contact, created, updated, articles, attachments, admitted_by)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
              opens.number.tag,
              opens.number.number,
              opens.mailbox,
              opens.subject,
              TicketStatus::open,
              opens.severity,
              opens.organization_id,
              opens.organization,
              opens.contact,
              now_,
              now_,
              opens.admitted_by}
            .run();
        ticket_ = TicketRow{{connection_.last_id()}, opens.mailbox};
    }

    void join_ticket() {
        Query query{connection_, "SELECT mailbox, articles, attachments, tag, number FROM ticket WHERE id = ?",
                    record_.joins->value};
        if (!query.step()) contradiction("joins a ticket that does not exist");
        ticket_ = TicketRow{*record_.joins, query.text(0), query.integer(1), query.integer(2)};
        auto const& named = record_.ledger.ticket;
        if (named && *named != TicketNumber{query.text(3), query.integer(4)}) {
            contradiction("its ledger row names another ticket");
        }
    }

    // The ticket that the ledger row names: the one of this record, or a duplicate's.
    std::optional<TicketId> ledger_ticket() const {
        if (ticket_) return ticket_->id;
        auto const& named = record_.ledger.ticket;
        if (!named) return std::nullopt;
        Query query{connection_, "SELECT id FROM ticket WHERE tag = ? AND number = ?", named->tag, named->number};
        if (!query.step()) contradiction("its ledger row names a ticket that does not exist");
        return TicketId{query.integer(0)};
    }

    void put_ledger() {
        auto const& entry = record_.ledger;
        {
            Query query{connection_, "SELECT seq, disposition FROM ledger WHERE id = ?", entry.id.text};
            if (query.step()) {
                if (query.view(1) != to_string(Disposition::held)) contradiction("taken in before, and not held");
                mail_ = query.integer(0);
            }
        }
        if (mail_ != 0) {
            end_petition(connection_, mail_, record_.is_admission && entry.disposition != Disposition::held);
            release_ledger();
        } else {
            insert_ledger();
        }
    }

    void insert_ledger() {
        auto const& entry = record_.ledger;
        auto const& imap = entry.imap;
        Query{connection_,
              "INSERT INTO ledger (id, received, committed, source, mailbox, reverse_path, client, sender, message_id,"
              " threads, subject, size, sha256, disposition, rule, reason, ticket, story, receipt_why, imap_folder,"
              " imap_uid_validity, imap_uid, authentication, authentication_results, revision, arrived) VALUES (?, ?, "
              "?, ?,"
              " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              entry.id.text,
              entry.received,
              now_,
              entry.source,
              entry.mailbox,
              entry.reverse_path,
              entry.client,
              entry.from,
              entry.message_id,
              threads(),
              entry.subject,
              entry.size,
              entry.sha256,
              entry.disposition,
              entry.rule,
              entry.reason,
              ledger_ticket(),
              story_to_json(entry.story),
              entry.receipt_why,
              imap ? &imap->folder : nullptr,
              imap ? std::optional{imap->uid_validity} : std::nullopt,
              imap ? std::optional{imap->uid} : std::nullopt,
              entry.authentication,
              entry.authentication_results,
              entry.revision,
              entry.arrived}
            .run();
        mail_ = connection_.last_id();
    }

    // A held mail gets its disposition: what it is and when and how it came stay as they are.
    void release_ledger() {
        auto const& entry = record_.ledger;
        Query{connection_,
              "UPDATE ledger SET committed = ?, mailbox = ?, sender = ?, message_id = ?, threads = ?, subject = ?, "
              "disposition = ?,"
              " rule = ?, reason = ?, ticket = ?, story = ?, receipt_why = ?, revision = ? WHERE seq = ?",
              now_,
              entry.mailbox,
              entry.from,
              entry.message_id,
              threads(),
              entry.subject,
              entry.disposition,
              entry.rule,
              entry.reason,
              ledger_ticket(),
              story_to_json(entry.story),
              entry.receipt_why,
              entry.revision,
              mail_}
            .run();
        Query{connection_, "DELETE FROM arrival_key WHERE mail = ?", mail_}.run();
    }

    // Almost every mail threads by its own Message-ID, which the ledger has in an index anyway.
    [[nodiscard]] bool threads() const {
        auto const& ids = record_.thread_ids;
        return std::ranges::find(ids, record_.ledger.message_id) != ids.end();
    }

    void put_octets() {
        // Of a copy that was held the first one's are enough.
        if (record_.ledger.disposition == Disposition::duplicate) {
            Query{connection_, "DELETE FROM raw WHERE mail = ?", mail_}.run();
        }
        if (!keeps_octets(record_)) return;
        auto const expires = octets_expire(record_, now_);
        if (record_.packed != nullptr) return put_raw(connection_, mail_, record_.octets, *record_.packed, expires);
        put_raw(connection_, mail_, record_.octets, packer_.pack(record_.octets), expires);
    }

    void put_keys() {
        for (auto const& key : record_.keys) {
            // One that is known already and holds belongs to the mail that came first.
            Query{connection_,
                  "INSERT INTO arrival_key (key, mail, expires) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET"
                  " mail = excluded.mail, expires = excluded.expires WHERE expires <= ?4",
                  key.key,
                  mail_,
                  key.expires,
                  now_}
                .run();
        }
    }

    void put_history() {
        if (record_.article) put_article(*record_.article, true);
        for (auto const& id : record_.thread_ids) put_thread_key(id);
        for (auto const& event : record_.events) add_event(connection_, ticket_->id, event);
    }

    void put_thread_key(std::string const& message_id) {
        if (message_id.empty() || message_id == record_.ledger.message_id) return;
        Query{connection_, "INSERT INTO thread_key (message_id, ticket) VALUES (?, ?) ON CONFLICT DO NOTHING",
              message_id, ticket_->id}
            .run();
    }

    void put_article(Article const& article, bool of_this_mail) {
        std::optional<std::int64_t> mail;
        if (of_this_mail) mail = mail_;
        auto const* full_text = article.full_text != article.text ? &article.full_text : nullptr;
        Query{connection_,
              "INSERT INTO article (ticket, number, mail, kind, direction, sender, recipients, subject, date,"
              " message_id, text, full_text, authentication) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              ticket_->id,
              ++ticket_->articles,
              mail,
              article.kind,
              article.direction,
              article.from,
              recipients_to_json(article.to, article.cc),
              article.subject,
              article.date,
              article.message_id,
              article.text,
              full_text,
              article.authentication}
            .run();
        for (auto const& attachment : article.attachments) put_attachment(attachment);
    }

    void put_attachment(ArticleAttachment const& attachment) {
        Query{connection_,
              "INSERT INTO attachment (ticket, number, article, mail, name, media_type, size, sha256, inline,"
              " content_id, locator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              ticket_->id,
              ++ticket_->attachments,
              ticket_->articles,
              mail_,
              attachment.name,
              attachment.media_type,
              attachment.size,
              attachment.sha256,
              attachment.is_inline,
              attachment.content_id,
              attachment.locator}
            .run();
    }

    void put_outgoing(OutgoingMail const& mail) {
        std::optional<TicketId> ticket;
        std::optional<std::int64_t> number;
        auto const* text = &mail.text;
        if (ticket_ && !mail.beside_ticket) {
            ticket = ticket_->id;
            if (auto const article = article_of(mail, ticket_->mailbox, now_)) {
                put_article(*article, false);
                number = ticket_->articles;
                text = nullptr;  // the article has it
            }
        }
        Query{connection_,
              "INSERT INTO outbox (kind, state, ticket, article, caused_by, reverse_path, recipient, subject,"
              " message_id, text, attempts, created, next_attempt, due, last_error)"
              " VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '')",
              mail.kind,
              ticket,
              number,
              mail_,
              mail.reverse_path,
              mail.recipient,
              mail.subject,
              mail.message_id,
              text,
              now_,
              now_,
              now_}
            .run();
        Query{connection_, "INSERT INTO outbox_octets (outbox, octets) VALUES (?, ?)", connection_.last_id(),
              Blob{mail.octets}}
            .run();
    }

    void update_ticket() {
        Query{connection_,
              "UPDATE ticket SET updated = max(updated, ?), articles = ?, attachments = ? WHERE id = ?",
              now_,
              ticket_->articles,
              ticket_->attachments,
              ticket_->id}
            .run();
        if (!record_.reopens) return;
        Query{connection_, "UPDATE ticket SET status = 'open' WHERE id = ? AND status = 'resolved'", ticket_->id}.run();
    }

    void put_bounce() {
        Query{connection_,
              "UPDATE outbox SET state = 'failed', last_error = ? WHERE id = ? AND state IN ('queued', 'sent')",
              record_.bounce_detail, *record_.bounced}
            .run();
        std::optional<TicketId> ticket;
        std::string recipient;
        {
            Query query{connection_, "SELECT ticket, recipient FROM outbox WHERE id = ?", *record_.bounced};
            if (!query.step()) contradiction("reports a mail of ours that does not exist");
            if (!query.is_null(0)) ticket = TicketId{query.integer(0)};
            recipient = query.text(1);
        }
        if (!ticket) return;
        if (auto const event = bounced_event(record_, recipient, now_)) add_event(connection_, *ticket, *event);
    }

    void put_imap() {
        if (record_.ledger.imap) {
            auto const& place = *record_.ledger.imap;
            Query{connection_, "DELETE FROM imap_attempt WHERE folder = ? AND uid_validity = ? AND uid = ?",
                  place.folder, place.uid_validity, place.uid}
                .run();
        }
        if (!record_.mark || record_.mark->action == MarkAction::none) return;
        auto const& mark = *record_.mark;
        Query{connection_,
              "INSERT INTO imap_mark (folder, uid_validity, uid, action, move_to) VALUES (?, ?, ?, ?, ?)"
              " ON CONFLICT DO UPDATE SET action = excluded.action, move_to = excluded.move_to",
              mark.place.folder,
              mark.place.uid_validity,
              mark.place.uid,
              mark.action,
              mark.move_to}
            .run();
    }

    void put_flood(FloodMark const& mark) {
        Query{connection_, "INSERT INTO flood (key, at, mail, gathers, expires) VALUES (?, ?, ?, ?, ?)",
              mark.key,    mark.at,
              mail_,       mark.gathers,
              mark.expires}
            .run();
    }

    void put_summary(SummaryOwed const& owed) {
        Query{connection_, "INSERT INTO summary (mailbox, recipient, due) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
              owed.mailbox, owed.recipient, owed.due}
            .run();
        Query{connection_,
              "INSERT INTO summary_mail (mail, summary) SELECT ?, id FROM summary"
              " WHERE recipient = ? COLLATE NOCASE AND mailbox = ? AND outbox IS NULL",
              mail_, owed.recipient, owed.mailbox}
            .run();
    }

    SqliteConnection& connection_;
    Packer& packer_;
    IntakeRecord const& record_;
    TimePoint now_;
    std::optional<TicketRow> ticket_;
    std::int64_t mail_ = 0;  // the ledger row's seq
};

}  // namespace

void SqliteStore::commit(IntakeRecord const& record, TimePoint now) {
    require_consistent(record);
    connection_.atomically([&] { Commit{connection_, packer_, record, now}.run(); });
}

}  // namespace postern
