// Store: what must survive a crash, as the domain's own verbs. No SQL type and no connection crosses it.
//
// Errors: every verb throws StoreError where the store cannot do it now (busy, full, broken); what was begun is rolled
// back. Where even the surrounding transaction is lost (a full disk may end it), each further verb within it throws,
// and so does its end. Texts: NUL and ill-formed UTF-8 are kept as U+FFFD; octets are kept as they are. Threads: one
// Store object belongs to one thread; any number of objects, in any number of processes, may work on one store at the
// same time. Time is an argument. Durable: when the outermost atomically() returns, its work has been synced to the
// disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "store/audit.h"
#include "store/derived.h"
#include "store/ids.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/packed_octets.h"
#include "store/question.h"
#include "store/ticket.h"

namespace postern {

class StoreError : public std::runtime_error {
  public:
    enum class Kind { busy, full, broken, schema_newer, schema_older };
    StoreError(Kind kind, std::string const& what) : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};
[[nodiscard]] std::string_view to_string(StoreError::Kind kind) noexcept;

// ---- intake -----------------------------------------------------------------------------------------------------

// How many receipts and notices an address got lately: those made after `since`, from the newest back, at most so many.
struct ReceiptQuestion {
    std::string recipient;  // compared without case
    TimePoint since;
    std::size_t at_most = 0;
};

struct RecentReceipts {
    std::size_t count = 0;
    std::optional<TimePoint> oldest;  // of those counted
};

// Whether an address was sent a referral after `since`.
struct ReferralQuestion {
    std::string recipient;  // compared without case
    TimePoint since;
};

// How many mails with one key, made of what makes a flood of them, arrived after `since` and no later than `until`, at
// most so many.
struct FloodQuestion {
    std::string key;
    TimePoint since, until;
    std::size_t at_most = 0;
};

// What `decide` needs to know of the past.
struct ArrivalQuestion {
    std::vector<std::string> arrival_keys;  // any of them known and not expired: the mail was taken in before
    std::optional<MailId> not_itself;       // a held mail that is being released: its own keys don't count
    TimePoint now;
    std::vector<TicketNumber> tags;                  // of the subject, in order
    std::vector<std::string> message_ids;            // In-Reply-To, then References, the newest first
    std::optional<std::string> original_message_id;  // may be a mail of ours: named by a bounce or automatic reply
    std::optional<std::string> own_message_id;       // its own, where the mail itself may be one of ours
    std::optional<ReceiptQuestion> receipts;
    std::optional<ReceiptQuestion> forwards;  // of who gets the postmaster's mail
    std::optional<FloodQuestion> flood;
    std::optional<ReferralQuestion> referral;
    std::optional<QuestionId> answers;   // the question whose address it came to
    std::optional<MailId> admission_of;  // this held mail: whether the point of contact's word still stands
};

struct TicketFacts {
    TicketId id;
    TicketNumber number;
    std::string mailbox;
    std::string organization_id;  // empty: nobody's; an operator released a mail of who is no contact
    TicketStatus status = TicketStatus::open;
    std::string subject;
    std::string contact = {};      // address key of who opened it
    std::string admitted_by = {};  // as Ticket has it
};

struct SentMail {  // a mail of ours
    OutboxId id;
    std::string recipient;
    std::optional<TicketFacts> ticket;
};

struct FloodFacts {
    std::size_t mails = 0;                 // as many as were asked for, if there are more
    std::optional<TicketFacts> gathering;  // the ticket that the newest of them says the next one goes to
};

struct ArrivalContext {
    std::optional<MailId> duplicate_of;
    std::optional<TicketNumber> duplicate_ticket;
    std::vector<TicketFacts> by_tag;  // those of the tags that exist, in the same order
    // Tickets that sent or received one of the ids, in the order asked, each once.
    std::vector<TicketFacts> by_message_id;
    std::optional<SentMail> original;  // the mail of ours that original_message_id names; of several the first
    std::optional<SentMail> itself;    // the mail of ours that has own_message_id
    RecentReceipts receipts, forwards;
    FloodFacts flood;
    bool was_referred = false;
    std::optional<QuestionFacts> question;  // nullopt: there is none, or it was forgotten
    std::optional<Admission> admission;
};

struct ArrivalKey {
    std::string key;
    std::optional<TimePoint> expires;
};

struct NewTicket {
    TicketNumber number;  // from next_ticket_number, in the same transaction
    std::string mailbox, subject, severity, organization_id, organization, contact;
    std::string admitted_by = {};  // as Ticket has it
};

enum class MarkAction { none, seen, move, remove };
[[nodiscard]] std::string_view to_string(MarkAction action) noexcept;
[[nodiscard]] std::optional<MarkAction> parse_mark_action(std::string_view text) noexcept;

// What IMAP owes a committed mail; kept with the commit, retried until it is done.
struct ImapMark {
    ImapPlace place;
    MarkAction action = MarkAction::none;
    std::string move_to;
};

// A mail that counts towards a flood; forgotten when it expires.
struct FloodMark {
    std::string key;
    TimePoint at;          // it arrived
    bool gathers = false;  // the next of the flood goes to this one's ticket
    TimePoint expires;
};

// Instead of a receipt: the mail's ticket is named by the summary that gathers for this recipient and mailbox. Where
// none does, one begins, due then.
struct SummaryOwed {
    std::string mailbox, recipient;
    TimePoint due;
};

// All that follows from one mail; committed together or not at all.
struct IntakeRecord {
    LedgerEntry ledger;       // an entry with this id that is held is replaced: that is a release
    std::string_view octets;  // the raw mail
    // The octets as the store keeps them, made ahead, off the thread that commits; null: commit makes them.
    PackedOctets const* packed = nullptr;
    bool keep_octets = true;       // false: of mail refused by SMTP the ledger row alone is kept
    std::vector<ArrivalKey> keys;  // none for what was refused or dropped
    std::optional<NewTicket> opens;
    std::optional<TicketId> joins;
    bool reopens = false;                 // a resolved ticket goes back to open
    std::optional<Article> article;       // of the mail itself
    std::vector<std::string> thread_ids;  // Message-IDs by which later mail finds the ticket
    std::vector<TicketEvent> events;      // all of them, in order; the store adds only `bounced` to them
    std::vector<OutgoingMail> outgoing;   // a receipt, reply or notification also becomes an article of the ticket
    std::optional<OutboxId> bounced;      // the mail of ours this one reports as undelivered: its state becomes failed
    std::string bounce_detail;
    std::optional<ImapMark> mark;
    std::optional<FloodMark> flood;      // of a mail that opens or joins a ticket
    bool folds = false;                  // it joins as one of a flood: unfold() can take it out again
    std::optional<SummaryOwed> summary;  // of a mail that opens a ticket, without a receipt
    // Of a held mail: this organisation's point of contact is to be asked about it.
    std::optional<std::string> petition_to;
    std::vector<MailId> admits;  // of an answer that is ignored otherwise: held mails that were asked about, let in
    bool is_admission = false;   // of a held mail: it goes its way by the word of the point of contact
};

// A mail as the ledger has it, for whoever asks what would become of it under another configuration.
struct RecordedMail {
    std::int64_t place = 0;             // in the order of taking in, from 1; those of a store may leave gaps
    LedgerEntry entry;                  // with its story
    std::optional<TicketFacts> ticket;  // of entry.ticket, as it is now
    std::string organization;           // of the ticket: the name when it was opened; may be empty
};

// The moment at which a mail was judged: what stands before it in the order of taking in, and was as it is by then.
struct MomentOf {
    std::int64_t place = 0;
    TimePoint at;
};

// A summary that is due.
struct OwedSummary {
    SummaryId id;
    std::string mailbox, recipient;
    MailId first;                       // of its mails
    std::vector<TicketNumber> tickets;  // of its mails, oldest first, at most so many as were asked for
    std::uint64_t not_listed = 0;       // how many more there are
};

// A mail of ours that did not reach its recipient.
struct Undelivered {
    OutboxMail mail;
    std::uint64_t sent_since = 0;  // receipts and notices to the same address that a relay took later
};

// What unfold() did: each mail with the ticket that is its own now, in the order of arrival.
struct Unfolded {
    struct Mail {
        MailId id;
        TicketNumber ticket;
    };
    std::vector<Mail> mails;
    bool more = false;
};

// ---- IMAP -------------------------------------------------------------------------------------------------------

struct ImapFolderState {
    std::string folder;   // key: user, host and folder name
    std::string mailbox;  // support address
    std::string name;     // folder name, for people
    std::uint32_t uid_validity = 0;
    std::uint32_t last_uid = 0;  // every UID up to this one has a ledger row, or need not have one
    std::optional<TimePoint> last_success;
    std::optional<std::string> error;
    std::uint64_t backlog = 0;  // mails known there and not yet taken
};

struct StatusCounts {
    std::uint64_t outbox_queued = 0, outbox_failed = 0, held = 0;
    std::uint64_t open = 0, in_progress = 0, resolved = 0;
    std::optional<TimePoint> outbox_oldest;  // creation time of the oldest mail queued
};

// ---- the store --------------------------------------------------------------------------------------------------

class Store {
  public:
    Store() = default;
    Store(Store const&) = delete;
    Store& operator=(Store const&) = delete;
    virtual ~Store() = default;

    // Runs work in a transaction; within another atomically() in a savepoint. An exception undoes the work and comes
    // through.
    virtual void atomically(std::function<void()> const& work) = 0;

    // Intake.
    [[nodiscard]] virtual ArrivalContext lookup(ArrivalQuestion const& question) = 0;
    // The next number of a tag's sequence, beginning at first. A number that was committed is never given again; one
    // whose transaction was undone is, so that there are no gaps.
    [[nodiscard]] virtual TicketNumber next_ticket_number(std::string_view tag, std::int64_t first) = 0;
    // The one that would be next if none is given meanwhile. Takes none.
    [[nodiscard]] virtual TicketNumber coming_ticket_number(std::string_view tag, std::int64_t first) = 0;
    // Throws std::logic_error where the record contradicts itself or names what does not exist (store/record_rules.h).
    virtual void commit(IntakeRecord const& record, TimePoint now) = 0;

    // The ledger, oldest first by arrival; the list leaves each entry's story out, ledger_entry() has it. `id` is a
    // MailId or a Message-ID (with or without brackets; the newest such mail).
    [[nodiscard]] virtual std::vector<LedgerEntry> ledger(LedgerFilter const& filter) = 0;
    [[nodiscard]] virtual std::optional<LedgerEntry> ledger_entry(std::string_view id) = 0;
    [[nodiscard]] virtual std::optional<std::string> raw_octets(MailId const& id) = 0;
    [[nodiscard]] virtual ReceiptState receipt_state(MailId const& id) = 0;
    [[nodiscard]] virtual std::uint64_t held_count() = 0;  // cheap enough to be asked for each mail
    // held -> dropped, its arrival keys forgotten. False: it is not held.
    virtual bool drop_held(MailId const& id, TimePoint now) = 0;
    // Forgets arrival keys and marks of floods that hold no longer, questions that can't be answered any more, and
    // octets of refused mail after their 30 days; the ledger rows stay. So much as a short transaction takes; true:
    // there is more.
    virtual bool forget_expired(TimePoint now) = 0;

    // Replay (daemon/replay.h). The mails next to a place in the order of taking in, from 0, that were received at
    // `since` or later, at most so many.
    [[nodiscard]] virtual std::vector<RecordedMail> recorded_after(std::int64_t place, TimePoint since,
                                                                   std::size_t max) = 0;
    // Of a question's tags, message_ids and original_message_id what lookup() found at that moment; nothing of the
    // rest, which is forgotten in time. Tickets are as they are now. A mail that an operator unfolded since is found no
    // more: it belongs to a ticket that was not there yet.
    [[nodiscard]] virtual ArrivalContext lookup_at(MomentOf const& moment, ArrivalQuestion const& question) = 0;

    // Tickets, oldest first. The changing verbs return false where there is no such ticket, and add an event where they
    // change something.
    [[nodiscard]] virtual std::vector<Ticket> tickets(TicketFilter const& filter) = 0;
    [[nodiscard]] virtual std::optional<TicketHistory> ticket(TicketNumber const& number) = 0;
    // Raw octets of the mail an attachment lies in, and where in them.
    struct AttachmentSource {
        std::string octets;
        ArticleAttachment attachment;
    };
    [[nodiscard]] virtual std::optional<AttachmentSource> attachment(TicketNumber const& number,
                                                                     std::int64_t attachment) = 0;
    virtual bool set_status(TicketNumber const& number, TicketStatus status, std::string_view by, TimePoint now) = 0;
    virtual bool set_severity(TicketNumber const& number, std::string_view severity, std::string_view by,
                              TimePoint now) = 0;
    // Takes the mails that were folded into a ticket out of it again, the oldest first, at most so many: each becomes a
    // ticket of its own, opened now, with the ticket's mailbox, organisation, contact and severity; a note stays in its
    // place. What began the ticket, and what was written to it by its number, stays. No flood gathers there any more.
    // nullopt: there is no such ticket.
    [[nodiscard]] virtual std::optional<Unfolded> unfold(TicketNumber const& number, std::size_t max,
                                                         std::string_view by, TimePoint now) = 0;

    // What is derived of mail from its octets (store/derived.h): the mail next to a place in the order of taking in,
    // from 0; the last place; and exchanging what is derived. A kept attachment keeps its number, one whose number is 0
    // gets the ticket's next, one that `after` names no more goes. No event: nothing happened to the ticket. False:
    // what is stored is no longer `before`, and stays.
    [[nodiscard]] virtual std::optional<ShownMail> shown_after(std::int64_t place) = 0;
    [[nodiscard]] virtual std::int64_t last_place() = 0;  // 0: there is no mail
    virtual bool rederive(ShownMail const& before, ShownMail const& after) = 0;

    // Outbox. claim_due hands out mails that are due and not claimed, the longest due first, and claims them until
    // claim_ends, durably; settle ends the claim. Of the mails of one ticket to one recipient only the first that is
    // still queued is handed out, so that none overtakes another. release_claims: at start, by the holder of the
    // state_dir's lock. What was sent or dropped keeps its row (a bounce may name it) and loses its octets.
    [[nodiscard]] virtual std::vector<OutboxMail> claim_due(TimePoint now, TimePoint claim_ends, std::size_t max) = 0;
    virtual void settle(OutboxId id, SendOutcome const& outcome) = 0;
    virtual void release_claims() = 0;
    virtual void release_claim(OutboxId id) = 0;  // of a mail that was not tried: due as it was before
    // An alarm to the operator, of no mail and no ticket; not where one of the same cause was queued within the hour
    // before `now`: one with its Message-ID, or with that of the hour before. Whether it was queued.
    virtual bool queue_alarm(OutgoingMail const& mail, std::string_view of_hour_before, TimePoint now) = 0;
    // Summaries that are due and gather still, the longest due first. queue_summary puts one into the outbox and ends
    // its gathering; false: that was done before. In one transaction with the question, nothing is left out.
    [[nodiscard]] virtual std::vector<OwedSummary> summaries_due(TimePoint now, std::size_t max,
                                                                 std::size_t most_tickets) = 0;
    virtual bool queue_summary(SummaryId id, OutgoingMail const& mail, TimePoint now) = 0;
    // Admission (store/question.h). A mail that is released or dropped closes its petition by that.
    // The oldest that is owed and within the bounds.
    [[nodiscard]] virtual std::optional<OwedQuestion> question_owed(QuestionBounds const& bounds) = 0;
    // Puts the question into the outbox; its petitions are asked from then on. Throws std::logic_error where one of
    // them is not owed.
    virtual void queue_question(Question const& question, OutgoingMail const& mail, TimePoint now) = 0;
    // Those admitted whose mail is still held, oldest first.
    [[nodiscard]] virtual std::vector<Admission> admissions(std::size_t max) = 0;
    // Nullopt: nobody is to be asked about it, or it left what is held and was forgotten.
    [[nodiscard]] virtual std::optional<Petition> petition(MailId const& mail) = 0;
    // Of a mail that stays held: nobody is asked, and no answer counts any more.
    virtual void close_petition(MailId const& mail) = 0;
    // The newest mail to this address, compared without case, that was given up or came back.
    [[nodiscard]] virtual std::optional<Undelivered> undelivered_to(std::string_view address) = 0;
    // When claim_due will next have something to hand out: at the latest when a claim ends that nobody settled.
    [[nodiscard]] virtual std::optional<TimePoint> next_due() = 0;
    // What was owed for a mail and whatever became of it, without octets, oldest first.
    [[nodiscard]] virtual std::vector<OutboxMail> answers_to(MailId const& id) = 0;
    [[nodiscard]] virtual std::vector<OutboxMail> outbox() = 0;  // queued and failed, without octets, oldest first
    // Queued or failed -> due now; false too for one that bounced after it was sent: there are no octets any more.
    virtual bool retry_outgoing(OutboxId id, TimePoint now) = 0;
    virtual bool drop_outgoing(OutboxId id, TimePoint now) = 0;  // queued or failed -> dropped

    // IMAP. imap_attempt counts one more unfinished attempt at a mail and returns how many there were before it.
    [[nodiscard]] virtual std::optional<ImapFolderState> imap_folder(std::string_view folder) = 0;
    virtual void save_imap_folder(ImapFolderState const& state) = 0;
    [[nodiscard]] virtual std::vector<ImapFolderState> imap_folders() = 0;
    [[nodiscard]] virtual unsigned imap_attempt(ImapPlace const& place) = 0;
    [[nodiscard]] virtual bool imap_taken(ImapPlace const& place) = 0;  // the ledger holds a row of this place
    [[nodiscard]] virtual std::vector<ImapMark> imap_marks_owed(std::string_view folder, std::uint32_t uid_validity,
                                                                std::size_t max) = 0;
    virtual void imap_mark_done(ImapPlace const& place) = 0;

    [[nodiscard]] virtual StatusCounts status_counts() = 0;
    // Mails received after `since`, by LedgerEntry::authentication.
    [[nodiscard]] virtual std::map<std::string, std::uint64_t> authentication_counts(TimePoint since) = 0;
    // Writes what changes nothing: throws where the store can take nothing in now.
    virtual void prove_writable() = 0;
    // Recounts everything on one state of the store, while others go on writing: each mail has one known disposition,
    // its ticket, article, octets, attachments and the receipt it is owed. Holds the octets of one mail at a time.
    [[nodiscard]] virtual AuditReport audit(TimePoint now) = 0;
    // Copies the store as it is now to a new file, while others go on writing. False: there is a file of that name. Not
    // within atomically().
    [[nodiscard]] virtual bool back_up(std::filesystem::path const& file) = 0;
    // Changes when another Store object committed something since; for noticing an operator's work without reading it.
    [[nodiscard]] virtual std::int64_t data_version() = 0;
};

}  // namespace postern
