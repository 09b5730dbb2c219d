#include "store/sqlite_recounts.h"

#include <array>

// Mail to the postmaster: see octets_expire.
#define POSTERN_WAS_FORWARDED "(l.disposition = 'ignored' AND l.rule = 'postmaster')"

// Of a `ledger l`, with the ticket it names.
#define POSTERN_OF_MAIL(detail) \
    "SELECT l.id, t.tag, t.number, " detail " FROM ledger l LEFT JOIN ticket t ON t.id = l.ticket WHERE "
#define POSTERN_OF_TICKET(detail) "SELECT NULL, t.tag, t.number, " detail " FROM ticket t WHERE "

#define POSTERN_IN_TICKET "l.disposition IN ('opened', 'appended', 'noted')"
#define POSTERN_RECEIPTS "(SELECT count(*) FROM outbox o WHERE o.caused_by = l.seq AND o.kind = 'receipt')"

namespace postern {

namespace {

constexpr std::array recounts{
    // ---- the ledger and its tickets
    Recount{"names no rule that decided it", POSTERN_OF_MAIL("NULL") "l.rule = ''"},
    Recount{"belongs to a ticket, and names none",
            "SELECT l.id, NULL, NULL, l.disposition FROM ledger l WHERE " POSTERN_IN_TICKET " AND l.ticket IS NULL"},
    Recount{"names a ticket that does not exist",
            "SELECT l.id, NULL, NULL, 'row ' || l.ticket FROM ledger l WHERE l.ticket IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.id = l.ticket)"},
    Recount{
        "has not one article in its ticket",
        POSTERN_OF_MAIL("'it has ' || (SELECT count(*) FROM article a WHERE a.ticket = l.ticket AND a.mail = l.seq)")
            POSTERN_IN_TICKET
        " AND t.id IS NOT NULL"
        " AND (SELECT count(*) FROM article a WHERE a.ticket = l.ticket AND a.mail = l.seq) <> 1"},
    Recount{"was opened by no mail",
            POSTERN_OF_TICKET("NULL") "NOT EXISTS (SELECT 1 FROM article a JOIN ledger l ON l.seq = a.mail"
                                      " WHERE a.ticket = t.id AND l.disposition IN ('opened', 'erased'))"},

    // ---- articles and attachments
    Recount{"counts other articles than it has",
            POSTERN_OF_TICKET(
                "'it counts ' || t.articles || ' and has '"
                " || (SELECT count(*) FROM article a WHERE a.ticket = t.id)") "t.articles <> (SELECT count(*) FROM "
                                                                              "article a WHERE a.ticket = t.id)"
                                                                              " OR t.articles <> (SELECT "
                                                                              "coalesce(max(a.number), 0) FROM article "
                                                                              "a WHERE a.ticket = t.id)"},
    Recount{"an article of no ticket",
            "SELECT l.id, NULL, NULL, 'article row ' || a.id FROM article a LEFT JOIN ledger l ON l.seq = a.mail"
            " WHERE NOT EXISTS (SELECT 1 FROM ticket t WHERE t.id = a.ticket)"},
    Recount{"has an article of a mail that the ledger does not know",
            "SELECT NULL, t.tag, t.number, 'article ' || a.number FROM article a LEFT JOIN ticket t ON t.id = a.ticket"
            " WHERE a.mail IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = a.mail)"},
    Recount{"is shown in a ticket that is not its own",
            "SELECT l.id, t.tag, t.number, 'article ' || a.number || ', and it was ' || l.disposition"
            " FROM article a JOIN ledger l ON l.seq = a.mail LEFT JOIN ticket t ON t.id = a.ticket"
            " WHERE l.disposition <> 'erased' AND (NOT " POSTERN_IN_TICKET " OR l.ticket IS NOT a.ticket)"},
    Recount{"has an attachment that belongs to none of its articles",
            "SELECT l.id, t.tag, t.number, 'attachment ' || f.number FROM attachment f"
            " LEFT JOIN ledger l ON l.seq = f.mail LEFT JOIN ticket t ON t.id = f.ticket WHERE NOT EXISTS"
            " (SELECT 1 FROM article a WHERE a.ticket = f.ticket AND a.number = f.article AND a.mail = f.mail)"},
    Recount{"has an attachment whose mail is not kept",
            "SELECT l.id, t.tag, t.number, 'attachment ' || f.number FROM attachment f"
            " LEFT JOIN ledger l ON l.seq = f.mail LEFT JOIN ticket t ON t.id = f.ticket"
            " WHERE NOT EXISTS (SELECT 1 FROM raw r WHERE r.mail = f.mail)"},
    Recount{"counts fewer attachments than it has",
            POSTERN_OF_TICKET("NULL") "t.attachments < (SELECT max(f.number) FROM attachment f WHERE f.ticket = t.id)"},
    Recount{"its number may be given again, as its tag's sequence is behind",
            POSTERN_OF_TICKET("NULL") "NOT EXISTS"
                                      " (SELECT 1 FROM ticket_sequence s WHERE s.tag = t.tag AND s.last >= t.number)"},
    Recount{"an event of no ticket",
            "SELECT NULL, NULL, NULL, 'event row ' || e.id || ', ' || e.what FROM event e"
            " WHERE NOT EXISTS (SELECT 1 FROM ticket t WHERE t.id = e.ticket)"},
    Recount{"a Message-ID that leads to no ticket",
            "SELECT NULL, NULL, NULL, k.message_id FROM thread_key k"
            " WHERE NOT EXISTS (SELECT 1 FROM ticket t WHERE t.id = k.ticket)"},

    // ---- receipts and the outbox
    Recount{"is owed one receipt",
            POSTERN_OF_MAIL("'the outbox has ' || " POSTERN_RECEIPTS) "l.disposition = 'opened' AND l.receipt_why = '' "
                                                                      "AND " POSTERN_RECEIPTS " <> 1"},
    Recount{"is owed no receipt, and the outbox has one",
            POSTERN_OF_MAIL("nullif(l.receipt_why, '')") "l.disposition <> 'erased' AND (l.disposition <> 'opened' OR "
                                                         "l.receipt_why <> '')"
                                                         " AND " POSTERN_RECEIPTS " > 0"},
    Recount{"an outgoing mail that answers a mail which the ledger does not know",
            "SELECT NULL, t.tag, t.number, 'outbox ' || o.id || ', ' || o.kind || ' to ' || o.recipient FROM outbox o"
            " LEFT JOIN ticket t ON t.id = o.ticket WHERE o.caused_by IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = o.caused_by)"},
    Recount{"an outgoing mail of a ticket that does not exist",
            "SELECT l.id, NULL, NULL, 'outbox ' || o.id || ', ' || o.kind || ' to ' || o.recipient FROM outbox o"
            " LEFT JOIN ledger l ON l.seq = o.caused_by WHERE o.ticket IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.id = o.ticket)"},
    Recount{"misses the article that shows an outgoing mail",
            "SELECT l.id, t.tag, t.number, 'outbox ' || o.id || ', ' || o.kind FROM outbox o"
            " JOIN ticket t ON t.id = o.ticket LEFT JOIN ledger l ON l.seq = o.caused_by"
            " WHERE (o.article IS NOT NULL OR o.text IS NULL) AND NOT EXISTS"
            " (SELECT 1 FROM article a WHERE a.ticket = o.ticket AND a.number = o.article)"},
    Recount{"an outgoing mail that waits and has no octets",
            "SELECT l.id, t.tag, t.number, 'outbox ' || o.id || ', ' || o.kind || ' to ' || o.recipient FROM outbox o"
            " LEFT JOIN ticket t ON t.id = o.ticket LEFT JOIN ledger l ON l.seq = o.caused_by"
            " WHERE o.state = 'queued' AND NOT EXISTS (SELECT 1 FROM outbox_octets b WHERE b.outbox = o.id)"},
    Recount{"octets to be sent of no outgoing mail that waits",
            "SELECT NULL, NULL, NULL, 'outbox ' || b.outbox || coalesce(', which was ' || o.state, '')"
            " FROM outbox_octets b LEFT JOIN outbox o ON o.id = b.outbox"
            " WHERE o.state IS NULL OR o.state IN ('sent', 'dropped')"},

    // ---- octets, arrival keys, IMAP
    Recount{"octets of a mail that the ledger does not know",
            "SELECT NULL, NULL, NULL, 'row ' || r.mail FROM raw r"
            " WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = r.mail)"},
    Recount{"its octets are missing",
            POSTERN_OF_MAIL(
                "'it was ' || l.disposition") "l.disposition IN ('opened', 'appended', 'noted', 'held', 'ignored')"
                                              " AND NOT " POSTERN_WAS_FORWARDED
                                              " AND NOT EXISTS (SELECT 1 FROM raw r WHERE r.mail = l.seq)"},
    Recount{"its octets are still there",
            POSTERN_OF_MAIL("'it was ' || l.disposition") "l.disposition IN ('erased', 'duplicate') AND EXISTS (SELECT "
                                                          "1 FROM raw r WHERE r.mail = l.seq)"},
    Recount{"its octets would be forgotten one day, as only those of refused and forwarded mail are",
            POSTERN_OF_MAIL("'it was ' || l.disposition") "l.disposition <> 'refused' AND NOT " POSTERN_WAS_FORWARDED
                                                          " AND EXISTS (SELECT 1 FROM raw r WHERE r.mail = l.seq AND "
                                                          "r.expires IS NOT NULL)"},
    Recount{"an arrival key of a mail that the ledger does not know",
            "SELECT NULL, NULL, NULL, k.key FROM arrival_key k"
            " WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = k.mail)"},
    Recount{
        "has an arrival key, and a copy of it would be swallowed",
        POSTERN_OF_MAIL("'it was ' || l.disposition") "l.disposition IN ('refused', 'duplicate', 'dropped', 'erased')"
                                                      " AND EXISTS (SELECT 1 FROM arrival_key k WHERE k.mail = l.seq)"},
    Recount{"has no arrival key, and a copy of it would be taken in again",
            POSTERN_OF_MAIL(
                "'it was ' || l.disposition") "l.disposition IN ('opened', 'appended', 'noted', 'ignored') AND "
                                              "l.message_id <> ''"
                                              " AND NOT EXISTS (SELECT 1 FROM arrival_key k WHERE k.mail = l.seq)"},
    Recount{"a mark owed to an IMAP mail that was never taken in",
            "SELECT NULL, NULL, NULL, m.folder || ', UIDVALIDITY ' || m.uid_validity || ', UID ' || m.uid || ': '"
            " || m.action FROM imap_mark m WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.imap_folder = m.folder"
            " AND l.imap_uid_validity = m.uid_validity AND l.imap_uid = m.uid)"},

    // ---- storms
    Recount{"is named by a summary, and was not opened or got a receipt too",
            POSTERN_OF_MAIL("'it was ' || l.disposition") "l.seq IN (SELECT mail FROM summary_mail)"
                                                          " AND l.disposition <> 'erased' AND (l.disposition <> "
                                                          "'opened' OR " POSTERN_RECEIPTS " > 0)",
            3},
    Recount{"is to be named by a summary, and none gathers it",
            POSTERN_OF_MAIL("NULL") "l.disposition = 'opened' AND l.receipt_why LIKE '%a summary will name the ticket'"
                                    " AND NOT EXISTS (SELECT 1 FROM summary_mail s WHERE s.mail = l.seq)",
            3},
    Recount{"a mail that the ledger does not know is named by a summary",
            "SELECT NULL, NULL, NULL, 'summary ' || s.summary || ', row ' || s.mail FROM summary_mail s"
            " WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.seq = s.mail)",
            3},
    Recount{"is named by a summary that does not exist",
            "SELECT l.id, NULL, NULL, 'summary ' || s.summary FROM summary_mail s"
            " LEFT JOIN ledger l ON l.seq = s.mail"
            " WHERE NOT EXISTS (SELECT 1 FROM summary y WHERE y.id = s.summary)",
            3},
    Recount{"a summary that names no mail",
            "SELECT NULL, NULL, NULL, 'summary ' || y.id || ' to ' || y.recipient FROM summary y"
            " WHERE NOT EXISTS (SELECT 1 FROM summary_mail s WHERE s.summary = y.id)",
            3},
    Recount{"a summary that was queued, and the outbox has none",
            "SELECT NULL, NULL, NULL, 'summary ' || y.id || ' to ' || y.recipient FROM summary y"
            " WHERE y.outbox IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = y.outbox AND o.kind = 'summary')",
            3},
    Recount{"a summary in the outbox that nobody was owed once",
            "SELECT NULL, NULL, NULL, 'outbox ' || o.id || ' to ' || o.recipient FROM outbox o"
            " WHERE o.kind = 'summary' AND (SELECT count(*) FROM summary y WHERE y.outbox = o.id) <> 1",
            3},
    Recount{"is folded into a ticket that is not its own",
            "SELECT l.id, t.tag, t.number, 'it was ' || coalesce(l.disposition, 'never taken in') FROM folded f"
            " LEFT JOIN ledger l ON l.seq = f.mail LEFT JOIN ticket t ON t.id = f.ticket"
            " WHERE l.disposition IS NULL OR (l.disposition <> 'erased'"
            " AND (l.disposition <> 'appended' OR l.ticket IS NOT f.ticket OR t.id IS NULL))",
            3},
    Recount{"was folded, and its ticket does not count it",
            POSTERN_OF_MAIL("NULL") "l.rule = 'fold' AND l.disposition = 'appended'"
                                    " AND NOT EXISTS (SELECT 1 FROM folded f WHERE f.mail = l.seq)",
            3},

    // ---- admission
    Recount{"its sender is to be let in or not, and it is not held",
            "SELECT l.id, NULL, NULL, 'the petition is ' || p.state || coalesce(', it was ' || l.disposition, '')"
            " FROM petition p LEFT JOIN ledger l ON l.seq = p.mail"
            " WHERE p.state IN ('owed', 'asked', 'admitted') AND l.disposition IS NOT 'held'",
            6},
    Recount{"its sender was let in, and it is held",
            POSTERN_OF_MAIL("NULL") "l.disposition = 'held' AND EXISTS"
                                    " (SELECT 1 FROM petition p WHERE p.mail = l.seq AND p.state = 'done')",
            6},
    Recount{"is asked about by no question",
            "SELECT l.id, NULL, NULL, 'the petition is ' || p.state FROM petition p"
            " LEFT JOIN ledger l ON l.seq = p.mail WHERE p.state <> 'owed'"
            " AND NOT EXISTS (SELECT 1 FROM question q WHERE q.id = p.question"
            " AND q.organization_id = p.organization_id)",
            6},
    Recount{"its sender was let in by no answer",
            "SELECT l.id, NULL, NULL, 'the petition is ' || p.state FROM petition p"
            " LEFT JOIN ledger l ON l.seq = p.mail WHERE p.state IN ('admitted', 'done') AND NOT EXISTS"
            " (SELECT 1 FROM ledger a WHERE a.seq = p.answer AND a.disposition IN ('ignored', 'erased'))",
            6},
    Recount{"a question that the outbox does not have",
            "SELECT NULL, NULL, NULL, 'question ' || q.id || ' to ' || q.asked FROM question q"
            " WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = q.outbox AND o.kind = 'question')",
            6},
    Recount{"a question about no mail",
            "SELECT NULL, NULL, NULL, 'question ' || q.id || ' to ' || q.asked FROM question q"
            " WHERE NOT EXISTS (SELECT 1 FROM petition p WHERE p.question = q.id)",
            6},
    Recount{"was let in by the point of contact, and its ticket does not say so",
            POSTERN_OF_MAIL("NULL") "l.disposition = 'opened' AND t.admitted_by = '' AND EXISTS"
                                    " (SELECT 1 FROM petition p WHERE p.mail = l.seq AND p.state = 'done')",
            6},
};

}  // namespace

std::span<Recount const> sqlite_recounts() {
    return recounts;
}

}  // namespace postern
