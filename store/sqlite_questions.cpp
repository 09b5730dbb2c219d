// Admission: petitions, questions, answers.
#include <stdexcept>

#include "store/sqlite_store_impl.h"

namespace postern {

namespace {

// What one transaction forgets: so that it takes milliseconds.
constexpr int questions_at_once = 100;

void add_petitions(SqliteConnection& connection, OwedQuestion& owed, std::size_t most) {
    Query row{connection,
              "SELECT l.id, l.sender, l.subject, l.received FROM petition p JOIN ledger l ON l.seq = p.mail"
              " WHERE p.state = 'owed' AND p.organization_id = ? AND l.mailbox = ? ORDER BY p.mail LIMIT ?",
              owed.organization_id, owed.mailbox, most};
    while (row.step()) owed.petitions.push_back({{row.text(0)}, row.text(1), row.text(2), row.time(3)});
}

Admission admission_in(Query const& row) {
    return {{row.text(0)}, row.text(1), row.text(2)};
}

}  // namespace

void put_petition(SqliteConnection& connection, std::int64_t mail, std::string const& organization_id) {
    Query{connection, "INSERT INTO petition (mail, organization_id, state, word) VALUES (?, ?, 'owed', '')", mail,
          organization_id}
        .run();
}

void put_answer(SqliteConnection& connection, std::int64_t answer, std::vector<MailId> const& admits) {
    for (auto const& mail : admits) {
        Query admit{connection,
                    "UPDATE petition SET state = 'admitted', answer = ? WHERE state = 'asked'"
                    " AND mail = (SELECT seq FROM ledger WHERE id = ?)",
                    answer, mail.text};
        if (admit.run() != 1) throw std::logic_error("admits " + mail.text + ", about which nobody is asked");
    }
}

void end_petition(SqliteConnection& connection, std::int64_t mail, bool is_admission) {
    if (is_admission) {
        Query done{connection, "UPDATE petition SET state = 'done' WHERE mail = ? AND state = 'admitted'", mail};
        if (done.run() != 1) throw std::logic_error("an admission of a mail that nobody let in");
        return;
    }
    Query{connection, "DELETE FROM petition WHERE mail = ? AND state = 'owed'", mail}.run();
    Query{connection, "UPDATE petition SET state = 'closed' WHERE mail = ?", mail}.run();
}

std::optional<QuestionFacts> find_question(SqliteConnection& connection, QuestionId id) {
    QuestionFacts facts;
    {
        Query row{connection,
                  "SELECT q.organization_id, q.asked, q.expires, coalesce(o.text, '') FROM question q"
                  " LEFT JOIN outbox o ON o.id = q.outbox WHERE q.id = ?",
                  id};
        if (!row.step()) return std::nullopt;
        facts.organization_id = row.text(0);
        facts.asked = row.text(1);
        facts.expires = row.time(2);
        facts.text = row.text(3);
    }
    Query row{connection,
              "SELECT l.id, p.word, p.state FROM petition p JOIN ledger l ON l.seq = p.mail"
              " WHERE p.question = ? ORDER BY p.mail",
              id};
    while (row.step()) {
        facts.petitions.push_back({{row.text(0)}, row.text(1), word<PetitionState>(row, 2, parse_petition_state)});
    }
    return facts;
}

std::optional<Admission> find_admission(SqliteConnection& connection, MailId const& mail) {
    Query row{connection,
              "SELECT l.id, p.organization_id, q.asked FROM petition p JOIN ledger l ON l.seq = p.mail"
              " JOIN question q ON q.id = p.question WHERE p.state = 'admitted' AND l.disposition = 'held'"
              " AND l.id = ?",
              mail.text};
    return row.step() ? std::optional(admission_in(row)) : std::nullopt;
}

bool forget_questions(SqliteConnection& connection, TimePoint now) {
    // A mail that is held keeps its question: it may have been let in, and people ask what came of it.
    std::vector<std::int64_t> over;
    {
        Query row{connection,
                  "SELECT id FROM question q WHERE expires <= ? AND NOT EXISTS"
                  " (SELECT 1 FROM petition p JOIN ledger l ON l.seq = p.mail"
                  " WHERE p.question = q.id AND l.disposition = 'held') LIMIT ?",
                  now, questions_at_once};
        while (row.step()) over.push_back(row.integer(0));
    }
    for (auto const id : over) {
        Query{connection, "DELETE FROM petition WHERE question = ?", id}.run();
        Query{connection, "DELETE FROM question WHERE id = ?", id}.run();
    }
    return over.size() == questions_at_once;
}

std::optional<OwedQuestion> SqliteStore::question_owed(QuestionBounds const& bounds) {
    return connection_.snapshot([&]() -> std::optional<OwedQuestion> {
        OwedQuestion owed;
        {
            Query row{connection_,
                      "SELECT p.organization_id, l.mailbox FROM petition p JOIN ledger l ON l.seq = p.mail"
                      " WHERE p.state = 'owed' AND (SELECT count(*) FROM question q"
                      " WHERE q.organization_id = p.organization_id AND q.created > ?) < ? ORDER BY p.mail LIMIT 1",
                      bounds.since, bounds.most_questions};
            if (!row.step()) return std::nullopt;
            owed.organization_id = row.text(0);
            owed.mailbox = row.text(1);
        }
        add_petitions(connection_, owed, bounds.most_petitions);
        return owed;
    });
}

void SqliteStore::queue_question(Question const& question, OutgoingMail const& mail, TimePoint now) {
    connection_.atomically([&] {
        auto const outbox = put_apart(connection_, mail, now);
        Query{connection_,
              "INSERT INTO question (id, organization_id, mailbox, asked, created, expires, outbox)"
              " VALUES (?, ?, ?, ?, ?, ?, ?)",
              question.id,
              question.organization_id,
              question.mailbox,
              question.asked,
              now,
              question.expires,
              outbox}
            .run();
        for (auto const& item : question.items) {
            Query ask{connection_,
                      "UPDATE petition SET state = 'asked', question = ?, word = ? WHERE state = 'owed'"
                      " AND mail = (SELECT seq FROM ledger WHERE id = ?)",
                      question.id, item.word, item.mail.text};
            if (ask.run() != 1) throw std::logic_error("asks about " + item.mail.text + ", which is not owed");
        }
    });
}

std::vector<Admission> SqliteStore::admissions(std::size_t max) {
    return connection_.snapshot([&] {
        std::vector<Admission> admissions;
        Query row{connection_,
                  "SELECT l.id, p.organization_id, q.asked FROM petition p JOIN ledger l ON l.seq = p.mail"
                  " JOIN question q ON q.id = p.question WHERE p.state = 'admitted' AND l.disposition = 'held'"
                  " ORDER BY p.mail LIMIT ?",
                  max};
        while (row.step()) admissions.push_back(admission_in(row));
        return admissions;
    });
}

std::optional<Petition> SqliteStore::petition(MailId const& mail) {
    Query row{connection_,
              "SELECT p.state, q.asked, q.created, q.expires, a.id FROM petition p JOIN ledger l ON l.seq = p.mail"
              " LEFT JOIN question q ON q.id = p.question LEFT JOIN ledger a ON a.seq = p.answer WHERE l.id = ?",
              mail.text};
    if (!row.step()) return std::nullopt;
    Petition petition;
    petition.state = word<PetitionState>(row, 0, parse_petition_state);
    if (!row.is_null(1)) {
        petition.asked = row.text(1);
        petition.created = row.time(2);
        petition.expires = row.time(3);
    }
    if (!row.is_null(4)) petition.answered = MailId{row.text(4)};
    return petition;
}

void SqliteStore::close_petition(MailId const& mail) {
    connection_.atomically([&] {
        std::int64_t seq = 0;
        {
            Query row{connection_, "SELECT seq FROM ledger WHERE id = ?", mail.text};
            if (!row.step()) return;
            seq = row.integer(0);
        }
        end_petition(connection_, seq, false);
    });
}

}  // namespace postern
