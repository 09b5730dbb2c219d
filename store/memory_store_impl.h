// The Store in memory, one class over several files. Internal to the memory store.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "store/store.h"

namespace postern {

// Everything that a transaction may have to undo: copied when one begins. Octets are shared between the copies.
struct MemoryState {
    using Octets = std::shared_ptr<std::string const>;
    using Place = std::tuple<std::string, std::uint32_t, std::uint32_t>;

    struct Mail {
        LedgerEntry entry;
        Octets octets;  // null: not kept
        std::optional<TimePoint> octets_expire;
    };
    struct Key {
        std::string mail;
        std::optional<TimePoint> expires;
    };
    struct TicketRecord {
        TicketHistory history;
        std::map<std::int64_t, std::string> attachment_mails;  // number -> id of the mail it lies in
        std::map<std::int64_t, std::string> article_mails;     // number -> id of the mail it shows
    };
    struct Sent {
        OutboxMail mail;
        Octets octets;  // null: sent or dropped
        TimePoint due;  // next_attempt; while it is claimed the end of the claim
    };

    struct Summary {
        std::string mailbox, recipient;
        TimePoint due;
        std::vector<std::string> mails;  // their ids
        bool queued = false;
    };
    struct Flood {
        FloodMark mark;
        std::string mail;
    };
    struct Petition {
        std::string mail, organization_id;
        PetitionState state = PetitionState::owed;
        std::optional<QuestionId> question;
        std::string word;
        std::optional<MailId> answered;
    };
    struct Asked {
        Question question;
        TimePoint created;
        std::string text;
    };

    std::vector<Mail> mails;                      // in the order of commit
    std::map<std::string, std::size_t> mail_ids;  // -> index
    std::map<std::string, Key> keys;
    std::map<std::string, std::int64_t> sequences;  // tag -> last number
    std::vector<TicketRecord> tickets;              // TicketId is index + 1
    std::map<std::string, std::set<std::size_t>> thread_keys;
    std::vector<Sent> outbox;  // OutboxId is index + 1
    std::map<std::string, ImapFolderState> folders;
    std::map<Place, unsigned> attempts;
    std::map<Place, ImapMark> marks;
    std::vector<Summary> summaries;   // SummaryId is index + 1
    std::vector<Flood> floods;        // in the order of commit
    std::vector<Petition> petitions;  // in the order of commit
    std::map<QuestionId, Asked> questions;
    std::vector<std::pair<std::string, TicketId>> folded;  // mail and ticket, in the order of commit
};

class MemoryStore final : public Store {
  public:
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
    void prove_writable() override {}
    [[nodiscard]] AuditReport audit(TimePoint now) override;
    [[nodiscard]] bool back_up(std::filesystem::path const& file) override;
    [[nodiscard]] std::int64_t data_version() override;

  private:
    [[nodiscard]] MemoryState::Mail* find_mail(std::string_view id);
    [[nodiscard]] MemoryState::TicketRecord* find_ticket(TicketNumber const& number);
    [[nodiscard]] MemoryState::Sent* find_sent(OutboxId id);
    [[nodiscard]] std::optional<TicketFacts> facts(TicketNumber const& number);
    [[nodiscard]] std::int64_t place_of(std::string_view mail) const;  // 0: there is no such mail
    [[nodiscard]] bool was_there(MemoryState::TicketRecord const& ticket, MomentOf const& moment) const;
    [[nodiscard]] bool was_sent(MemoryState::Sent const& sent, MomentOf const& moment) const;
    [[nodiscard]] std::vector<TicketId> tickets_named_at(MomentOf const& moment, std::string const& message_id) const;
    [[nodiscard]] std::optional<SentMail> sent_mail_at(MomentOf const& moment, std::string const& message_id);

    MemoryState::TicketRecord* open_ticket(NewTicket const& opens, TimePoint now);
    MemoryState::TicketRecord* joined_ticket(IntakeRecord const& record);  // null where it joins none
    void put_ledger(IntakeRecord const& record, TimePoint now);
    void put_history(IntakeRecord const& record, MemoryState::TicketRecord& ticket, TimePoint now);
    void put_article(MemoryState::TicketRecord& ticket, Article article, std::string const& mail);
    void put_outgoing(IntakeRecord const& record, MemoryState::TicketRecord* ticket, TimePoint now);
    void put_bounce(IntakeRecord const& record, TimePoint now);
    void put_storm(IntakeRecord const& record, MemoryState::TicketRecord const* ticket);
    [[nodiscard]] RecentReceipts recent_receipts(ReceiptQuestion const& question) const;
    void find_duplicate(ArrivalQuestion const& question, ArrivalContext& context);
    [[nodiscard]] std::vector<TicketFacts> tickets_of_thread(std::vector<std::string> const& message_ids);
    [[nodiscard]] bool was_referred(ReferralQuestion const& question) const;
    [[nodiscard]] FloodFacts flood_facts(FloodQuestion const& question);
    [[nodiscard]] std::optional<SentMail> sent_mail(std::string const& message_id);
    [[nodiscard]] MemoryState::Petition* find_petition(std::string_view mail);
    void put_petitions(IntakeRecord const& record);
    void end_petition(std::string_view mail, bool is_admission);
    void forget_questions(TimePoint now);
    [[nodiscard]] std::size_t questions_to(std::string_view organization_id, TimePoint since) const;
    [[nodiscard]] std::optional<QuestionFacts> question_facts(QuestionId id) const;
    [[nodiscard]] std::optional<Admission> admission(MailId const& mail) const;
    TicketNumber take_out(std::size_t from, std::string const& mail, std::string_view by, TimePoint now);
    OutboxId queue_apart(OutgoingMail const& mail, TimePoint now);
    [[nodiscard]] bool overtakes(MemoryState::Sent const& mail) const;

    MemoryState state_;
};

// What the back ends on a disk do when they bind a text.
void mend_text(std::string& text);
[[nodiscard]] ImapPlace mended(ImapPlace place);
[[nodiscard]] MemoryState::Place place_key(ImapPlace const& place);

}  // namespace postern
