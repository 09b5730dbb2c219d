// The audit of the SQLite store: a healthy one adds up; each kind of damage, made by SQL in the file, is named.
#include <string>

#include "parsers/digest.h"
#include "store/sqlite_store_impl.h"
#include "tests/store/backends.h"
#include "tests/store/records.h"
#include "tests/store/sqlite_file_tools.h"

using namespace postern;
using namespace postern::test;

namespace {

// A mail with an attachment of base64, "smoke" in octets.
constexpr std::string_view mail_with_attachment =
    "Subject: Printer on fire\r\nContent-Type: application/octet-stream\r\n\r\nc21va2U=\r\n";

void set_octets(IntakeRecord& record, std::string_view octets) {
    record.octets = octets;
    record.ledger.size = octets.size();
    record.ledger.sha256 = sha256_hex(octets);
}

ArticleAttachment smoke() {
    auto const begin = mail_with_attachment.find("c21v");
    auto attachment = file("smoke.log", std::to_string(begin) + "-" + std::to_string(begin + 8) + ":b");
    attachment.size = 5;
    attachment.sha256 = sha256_hex("smoke");
    return attachment;
}

IntakeRecord without_receipt(IntakeRecord record, std::string why) {
    record.ledger.receipt_why = std::move(why);
    return record;
}

// Every disposition once: ACME-1000 opened by "opens" and joined by "joins", with an attachment.
class AuditedStore {
  public:
    AuditedStore() {
        auto& store = backend_.store;
        auto first = opening(store.next_ticket_number("ACME", 1000), "opens");
        first.article->attachments = {smoke()};
        set_octets(first, mail_with_attachment);
        store.commit(first, at(0));
        ArrivalQuestion question;
        question.tags = {{"ACME", 1000}};
        auto const ticket = store.lookup(question).by_tag.at(0).id;
        store.commit(without_receipt(joining(ticket, "joins"), "appended mail gets none"), at(1));
        for (auto const disposition :
             {Disposition::held, Disposition::refused, Disposition::ignored, Disposition::duplicate}) {
            auto record = apart(disposition, std::string(to_string(disposition)));
            record.ledger.source = Source::imap;
            record.ledger.imap = ImapPlace{"folder", 7, static_cast<std::uint32_t>(disposition)};
            record.mark = ImapMark{*record.ledger.imap, MarkAction::seen, ""};
            store.commit(without_receipt(record, "gets none"), at(2));
        }
        store.commit(without_receipt(apart(Disposition::held, "dropped"), "gets none"), at(3));
        CHECK(store.drop_held({"dropped"}, at(4)));
    }

    void sql(std::string const& text) {
        auto& database = dynamic_cast<SqliteStore&>(backend_.store).connection().database();
        database.exec("PRAGMA foreign_keys = OFF");
        CHECK(database.exec(text) > 0);
    }
    [[nodiscard]] AuditReport audit(std::int64_t now = 10) { return backend_.store.audit(at(now)); }
    [[nodiscard]] SqliteBackend& backend() { return backend_; }

  private:
    SqliteBackend backend_;
};

struct Damage {
    char const* sql;
    char const* told;  // the line that names it
};

#define OPENS "(SELECT seq FROM ledger WHERE id = 'opens')"
#define JOINS "(SELECT seq FROM ledger WHERE id = 'joins')"

std::vector<Damage> const damages = {
    // The ledger and its tickets.
    {"UPDATE ledger SET disposition = 'teleported' WHERE id = 'joins'",
     "mail joins: has no known disposition (teleported)"},
    {"UPDATE ledger SET rule = '' WHERE id = 'joins'", "mail joins of ticket ACME-1000: names no rule that decided it"},
    {"UPDATE ledger SET ticket = NULL WHERE id = 'joins'",
     "mail joins: belongs to a ticket, and names none (appended)"},
    {"UPDATE ledger SET ticket = 77 WHERE id = 'joins'", "mail joins: names a ticket that does not exist (row 77)"},
    {"DELETE FROM ledger WHERE id = 'joins'",
     "ticket ACME-1000: has an article of a mail that the ledger does not know (article 3)"},
    {"UPDATE ledger SET disposition = 'appended' WHERE id = 'opens'", "ticket ACME-1000: was opened by no mail"},
    {"UPDATE ledger SET source = 'pigeon' WHERE id = 'joins'", "a word that nobody knows in ledger.source (pigeon)"},
    {"DELETE FROM ticket", "mail opens: names a ticket that does not exist (row 1)"},

    // Articles and attachments.
    {"DELETE FROM article WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: has not one article in its ticket (it has 0)"},
    {"INSERT INTO article SELECT NULL, ticket, 4, mail, kind, direction, sender, recipients, subject, date, message_id,"
     " text, full_text, authentication FROM article WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: has not one article in its ticket (it has 2)"},
    {"DELETE FROM article WHERE kind = 'receipt'",
     "ticket ACME-1000: counts other articles than it has (it counts 3 and has 2)"},
    {"UPDATE article SET number = 9 WHERE mail = " JOINS,
     "ticket ACME-1000: counts other articles than it has (it counts 3 and has 3)"},
    {"UPDATE article SET ticket = 77 WHERE mail = " JOINS, "mail joins: an article of no ticket (article row 3)"},
    {"UPDATE ledger SET disposition = 'held' WHERE id = 'joins'",
     "mail joins of ticket ACME-1000: is shown in a ticket that is not its own (article 3, and it was held)"},
    {"DELETE FROM article WHERE mail = " OPENS,
     "mail opens of ticket ACME-1000: has an attachment that belongs to none of its articles (attachment 1)"},
    {"DELETE FROM raw WHERE mail = " OPENS,
     "mail opens of ticket ACME-1000: has an attachment whose mail is not kept (attachment 1)"},
    {"UPDATE ticket SET attachments = 0", "ticket ACME-1000: counts fewer attachments than it has"},
    {"UPDATE attachment SET locator = '1-99999:b'",
     "mail opens of ticket ACME-1000: does not hold an attachment of the ticket (attachment 1)"},
    {"UPDATE attachment SET locator = 'nonsense'",
     "mail opens of ticket ACME-1000: does not hold an attachment of the ticket (attachment 1)"},
    {"UPDATE attachment SET size = 6",
     "mail opens of ticket ACME-1000: holds other octets than the ticket says (attachment 1)"},
    {"UPDATE attachment SET sha256 = 'aa'",
     "mail opens of ticket ACME-1000: holds other octets than the ticket says (attachment 1)"},
    {"UPDATE ticket_sequence SET last = 999",
     "ticket ACME-1000: its number may be given again, as its tag's sequence is behind"},
    {"UPDATE event SET ticket = 77 WHERE what = 'opened'", "an event of no ticket (event row 1, opened)"},
    {"INSERT INTO thread_key VALUES ('<a@b>', 77)", "a Message-ID that leads to no ticket (<a@b>)"},

    // Receipts.
    {"DELETE FROM outbox", "mail opens of ticket ACME-1000: is owed one receipt (the outbox has 0)"},
    {"INSERT INTO outbox SELECT NULL, kind, 'sent', ticket, article, caused_by, reverse_path, recipient, subject,"
     " message_id, text, attempts, created, next_attempt, due, last_error FROM outbox",
     "mail opens of ticket ACME-1000: is owed one receipt (the outbox has 2)"},
    {"UPDATE ledger SET receipt_why = 'the mail is automatic' WHERE id = 'opens'",
     "mail opens of ticket ACME-1000: is owed no receipt, and the outbox has one (the mail is automatic)"},
    {"UPDATE outbox SET caused_by = 77",
     "ticket ACME-1000: an outgoing mail that answers a mail which the ledger does not know (outbox 1, receipt to "
     "ana@northwind.example)"},
    {"UPDATE outbox SET ticket = 77",
     "mail opens: an outgoing mail of a ticket that does not exist (outbox 1, receipt to ana@northwind.example)"},
    {"UPDATE outbox SET article = 9",
     "mail opens of ticket ACME-1000: misses the article that shows an outgoing mail (outbox 1, receipt)"},
    {"UPDATE outbox SET state = 'lost'", "a word that nobody knows in outbox.state (lost)"},
    {"DELETE FROM outbox_octets",
     "mail opens of ticket ACME-1000: an outgoing mail that waits and has no octets (outbox 1, receipt to "
     "ana@northwind.example)"},
    {"UPDATE outbox SET state = 'sent'", "octets to be sent of no outgoing mail that waits (outbox 1, which was sent)"},
    {"INSERT INTO outbox_octets VALUES (77, x'41')", "octets to be sent of no outgoing mail that waits (outbox 77)"},

    // Storms.
    {"INSERT INTO summary VALUES (1, 'support@acme.example', 'ana@northwind.example', 0, NULL)",
     "a summary that names no mail (summary 1 to ana@northwind.example)"},
    {"INSERT INTO summary_mail VALUES (77, 1)",
     "a mail that the ledger does not know is named by a summary (summary 1, row 77)"},
    {"INSERT INTO summary_mail VALUES (" JOINS ", 9)",
     "mail joins: is named by a summary that does not exist (summary 9)"},
    {"INSERT INTO summary_mail VALUES (" OPENS ", 9)",
     "mail opens of ticket ACME-1000: is named by a summary, and was not opened or got a receipt too (it was opened)"},
    {"UPDATE ledger SET receipt_why = 'enough: a summary will name the ticket' WHERE id = 'opens'",
     "mail opens of ticket ACME-1000: is to be named by a summary, and none gathers it"},
    {"INSERT INTO summary VALUES (1, 'support@acme.example', 'ana@northwind.example', 0, 77)",
     "a summary that was queued, and the outbox has none (summary 1 to ana@northwind.example)"},
    {"UPDATE outbox SET kind = 'summary'",
     "a summary in the outbox that nobody was owed once (outbox 1 to ana@northwind.example)"},
    {"INSERT INTO folded VALUES (" OPENS ", (SELECT id FROM ticket))",
     "mail opens of ticket ACME-1000: is folded into a ticket that is not its own (it was opened)"},
    {"UPDATE ledger SET rule = 'fold' WHERE id = 'joins'",
     "mail joins of ticket ACME-1000: was folded, and its ticket does not count it"},

    // Octets.
    {"DELETE FROM raw WHERE mail = " JOINS, "mail joins of ticket ACME-1000: its octets are missing (it was appended)"},
    {"DELETE FROM raw WHERE mail = (SELECT seq FROM ledger WHERE id = 'held')",
     "mail held: its octets are missing (it was held)"},
    {"DELETE FROM raw WHERE expires IS NOT NULL",
     "mail refused: its octets are missing (refused mail keeps them for 30 days)"},
    {"UPDATE raw SET octets = x'68656C6C' WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: its octets are not as many as came (4 instead of 5)"},
    {"UPDATE raw SET octets = x'68656C6C6E' WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: its octets are not those that came, by their digest"},
    {"UPDATE ledger SET sha256 = 'aa' WHERE id = 'joins'",
     "mail joins of ticket ACME-1000: its octets are not those that came, by their digest"},
    {"INSERT INTO raw (mail, encoding, octets) VALUES (77, 'identity', x'41')",
     "octets of a mail that the ledger does not know (row 77)"},
    {"UPDATE ledger SET disposition = 'erased' WHERE id = 'held'",
     "mail held: its octets are still there (it was erased)"},
    {"UPDATE raw SET expires = 1 WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: its octets would be forgotten one day, as only those of refused and forwarded "
     "mail are (it was "
     "appended)"},

    // Arrival keys and IMAP.
    {"UPDATE arrival_key SET mail = 77 WHERE key = 'key-held'",
     "an arrival key of a mail that the ledger does not know (key-held)"},
    {"INSERT INTO arrival_key VALUES ('k', (SELECT seq FROM ledger WHERE id = 'refused'), NULL)",
     "mail refused: has an arrival key, and a copy of it would be swallowed (it was refused)"},
    {"DELETE FROM arrival_key WHERE mail = " JOINS,
     "mail joins of ticket ACME-1000: has no arrival key, and a copy of it would be taken in again (it was appended)"},
    {"INSERT INTO imap_mark VALUES ('folder', 7, 99, 'seen', '')",
     "a mark owed to an IMAP mail that was never taken in (folder, UIDVALIDITY 7, UID 99: seen)"},
};

}  // namespace

TEST_CASE("a healthy store adds up, mail of every disposition in it") {
    AuditedStore store;
    auto const report = store.audit();
    INFO(told(report));
    CHECK(report.ok());
    CHECK(report.taken_in == 7);
    CHECK(report.by_disposition == std::map<Disposition, std::uint64_t>{{Disposition::opened, 1},
                                                                        {Disposition::appended, 1},
                                                                        {Disposition::refused, 1},
                                                                        {Disposition::held, 1},
                                                                        {Disposition::ignored, 1},
                                                                        {Disposition::duplicate, 1},
                                                                        {Disposition::dropped, 1}});
}

TEST_CASE("each kind of damage is named") {
    auto const& damage = GENERATE(from_range(damages));
    AuditedStore store;
    store.sql(damage.sql);
    auto const report = store.audit();
    INFO(damage.sql << "\n" << told(report));
    CHECK_FALSE(report.ok());
    CHECK(told(report).find(std::string(damage.told) + '\n') != std::string::npos);
}

TEST_CASE("a receipt sent, given up or dropped by an operator is a receipt") {
    auto const* const state = GENERATE("sent", "failed", "dropped");
    AuditedStore store;
    store.sql("UPDATE outbox SET state = '" + std::string(state) + "'");
    if (std::string(state) != "failed") store.sql("DELETE FROM outbox_octets");
    INFO(told(store.audit()));
    CHECK(store.audit().ok());
}

TEST_CASE("octets of refused mail may be gone after 30 days, mail refused by SMTP has none from the first") {
    AuditedStore store;
    auto refused = apart(Disposition::refused, "by SMTP");
    refused.keep_octets = false;
    refused.ledger.receipt_why = "gets none";
    store.backend().store.commit(refused, at(5));
    CHECK(store.audit().ok());
    store.sql("DELETE FROM raw WHERE expires IS NOT NULL");
    constexpr std::int64_t thirty_days = 30 * 86400;
    CHECK_FALSE(store.audit(thirty_days).ok());
    CHECK(store.audit(thirty_days + 2).ok());
}

TEST_CASE("the audit holds no lock: others write while it is at work, and it sees the state it began with") {
    AuditedStore store;
    auto const other = open_sqlite_store({store.backend().file, Migrate::no});
    other->atomically([&] {
        other->commit(without_receipt(apart(Disposition::held, "later"), "gets none"), at(5));
        CHECK(store.audit().taken_in == 7);
    });
    CHECK(store.audit().taken_in == 8);
}

TEST_CASE("a store that lost a table is told in bounded words") {
    AuditedStore store;
    store.sql(
        "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
        " INSERT INTO event SELECT NULL, i, 0, 'opened', '', '' FROM n");
    auto const report = store.audit();
    CHECK(report.problems.size() == AuditReport::most_told);
    CHECK(report.not_told == 101);
    store.sql("ALTER TABLE imap_mark RENAME TO lost");
    CHECK(told(store.audit()).find("cannot be read") != std::string::npos);
}
