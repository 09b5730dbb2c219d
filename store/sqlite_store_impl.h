// The Store on SQLite, one class over several files, one for each noun. Internal to the SQLite store.
#pragma once

#include <string_view>
#include <vector>

#include "store/sqlite_connection.h"
#include "store/store.h"

namespace postern {

// Columns that give TicketFacts, from `at` on: see ticket_facts(). Of a table `ticket t`.
#define POSTERN_TICKET_FACTS \
    "t.id, t.tag, t.number, t.mailbox, t.organization_id, t.status, t.subject, t.contact, t.admitted_by"

[[nodiscard]] TicketFacts ticket_facts(Query const& row, int at);

// The word in a column as an enumeration; one that this program does not know is a store it cannot read.
template <class Enum>
[[nodiscard]] Enum word(Query const& row, int column, std::optional<Enum> (*parse)(std::string_view) noexcept) {
    auto const value = parse(row.view(column));
    if (!value) throw StoreError{StoreError::Kind::broken, "store: unknown word '" + row.text(column) + "'"};
    return *value;
}

[[nodiscard]] std::uint64_t held_in(SqliteConnection& connection);

void add_event(SqliteConnection& connection, TicketId ticket, TicketEvent const& event);

// Puts a mail of no ticket, and no one mail that it answers, into the outbox.
OutboxId put_apart(SqliteConnection& connection, OutgoingMail const& mail, TimePoint now);

// Admission, within a commit or look-up; `mail` is the ledger row's seq.
void put_petition(SqliteConnection& connection, std::int64_t mail, std::string const& organization_id);
void put_answer(SqliteConnection& connection, std::int64_t answer, std::vector<MailId> const& admits);
// Of a held mail that leaves it.
void end_petition(SqliteConnection& connection, std::int64_t mail, bool is_admission);
[[nodiscard]] std::optional<QuestionFacts> find_question(SqliteConnection& connection, QuestionId id);
[[nodiscard]] std::optional<Admission> find_admission(SqliteConnection& connection, MailId const& mail);
// True: there is more.
[[nodiscard]] bool forget_questions(SqliteConnection& connection, TimePoint now);

class SqliteStore final : public Store {
  public:
    SqliteStore(std::filesystem::path const& file, std::chrono::milliseconds busy_timeout);
    [[nodiscard]] SqliteConnection& connection() noexcept { return connection_; }

    void atomically(std::function<void()> const& work) override;

    [[nodiscard]] ArrivalContext lookup(ArrivalQuestion const& question) override;
    [[nodiscard]] TicketNumber next_ticket_number(std::string_view tag, std::int64_t first) override;
    [[nodiscard]] TicketNumber coming_ticket_number(std::string_view tag, std::int64_t first) override;
    void commit(IntakeRecord const& record, TimePoint now) override;

    [[nodiscard]] std::vector<LedgerEntry> ledger(LedgerFilter const& filter) override;
    [[nodiscard]] std::optional<LedgerEntry> ledger_entry(std::string_view id) override;
    [[nodiscard]] std::optional<std::string> raw_octets(MailId const& id) override;
    [[nodiscard]] ReceiptState receipt_state(MailId const& id) override;
    [[nodiscard]] std::uint64_t held_count() override;
    bool drop_held(MailId const& id, TimePoint now) override;
    bool forget_expired(TimePoint now) override;

    [[nodiscard]] std::vector<RecordedMail> recorded_after(std::int64_t place, TimePoint since,
                                                           std::size_t max) override;
    [[nodiscard]] ArrivalContext lookup_at(MomentOf const& moment, ArrivalQuestion const& question) override;

    [[nodiscard]] std::vector<Ticket> tickets(TicketFilter const& filter) override;
    [[nodiscard]] std::optional<TicketHistory> ticket(TicketNumber const& number) override;
    [[nodiscard]] std::optional<AttachmentSource> attachment(TicketNumber const& number,
                                                             std::int64_t attachment) override;
    bool set_status(TicketNumber const& number, TicketStatus status, std::string_view by, TimePoint now) override;
    bool set_severity(TicketNumber const& number, std::string_view severity, std::string_view by,
                      TimePoint now) override;
    [[nodiscard]] std::optional<Unfolded> unfold(TicketNumber const& number, std::size_t max, std::string_view by,
                                                 TimePoint now) override;

    [[nodiscard]] std::optional<ShownMail> shown_after(std::int64_t place) override;
    [[nodiscard]] std::int64_t last_place() override;
    bool rederive(ShownMail const& before, ShownMail const& after) override;

    [[nodiscard]] std::vector<OutboxMail> claim_due(TimePoint now, TimePoint claim_ends, std::size_t max) override;
    void settle(OutboxId id, SendOutcome const& outcome) override;
    bool queue_alarm(OutgoingMail const& mail, std::string_view of_hour_before, TimePoint now) override;
    void release_claims() override;
    void release_claim(OutboxId id) override;
    [[nodiscard]] std::vector<OwedSummary> summaries_due(TimePoint now, std::size_t max,
                                                         std::size_t most_tickets) override;
    bool queue_summary(SummaryId id, OutgoingMail const& mail, TimePoint now) override;
    [[nodiscard]] std::optional<OwedQuestion> question_owed(QuestionBounds const& bounds) override;
    void queue_question(Question const& question, OutgoingMail const& mail, TimePoint now) override;
    [[nodiscard]] std::vector<Admission> admissions(std::size_t max) override;
    [[nodiscard]] std::optional<Petition> petition(MailId const& mail) override;
    void close_petition(MailId const& mail) override;
    [[nodiscard]] std::optional<Undelivered> undelivered_to(std::string_view address) override;
    [[nodiscard]] std::optional<TimePoint> next_due() override;
    [[nodiscard]] std::vector<OutboxMail> answers_to(MailId const& id) override;
    [[nodiscard]] std::vector<OutboxMail> outbox() override;
    bool retry_outgoing(OutboxId id, TimePoint now) override;
    bool drop_outgoing(OutboxId id, TimePoint now) override;

    [[nodiscard]] std::optional<ImapFolderState> imap_folder(std::string_view folder) override;
    void save_imap_folder(ImapFolderState const& state) override;
    [[nodiscard]] std::vector<ImapFolderState> imap_folders() override;
    [[nodiscard]] unsigned imap_attempt(ImapPlace const& place) override;
    [[nodiscard]] bool imap_taken(ImapPlace const& place) override;
    [[nodiscard]] std::vector<ImapMark> imap_marks_owed(std::string_view folder, std::uint32_t uid_validity,
                                                        std::size_t max) override;
    void imap_mark_done(ImapPlace const& place) override;

    [[nodiscard]] StatusCounts status_counts() override;
    [[nodiscard]] std::map<std::string, std::uint64_t> authentication_counts(TimePoint since) override;
    void prove_writable() override;
    [[nodiscard]] AuditReport audit(TimePoint now) override;
    [[nodiscard]] bool back_up(std::filesystem::path const& file) override;
    [[nodiscard]] std::int64_t data_version() override;

  private:
    SqliteConnection connection_;
    Packer packer_;
};

}  // namespace postern
