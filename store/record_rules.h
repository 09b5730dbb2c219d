// What every back end does with a record in the same way. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "store/store.h"

namespace postern {

// product.md: of mail refused by IMAP the octets are kept for 30 days.
inline constexpr std::chrono::days refused_octets_kept{30};

// The rule that forwards mail to the postmaster, whose octets are kept for as long.
inline constexpr std::string_view postmaster_rule = "postmaster";

// What a ledger row's receipt_why ends with where a summary is owed instead: the audit knows by it which mails one has
// to gather.
inline constexpr std::string_view named_by_summary = "a summary will name the ticket";

// Throws std::logic_error where the record contradicts itself: a mistake of the caller's, not of the mail's.
void require_consistent(IntakeRecord const& record);

// Whether this outgoing mail is an article of its ticket, and which.
[[nodiscard]] std::optional<Article> article_of(OutgoingMail const& mail, std::string const& ticket_mailbox,
                                                TimePoint now);

// Whether the octets of the record are kept, and until when.
[[nodiscard]] bool keeps_octets(IntakeRecord const& record);
[[nodiscard]] std::optional<TimePoint> octets_expire(IntakeRecord const& record, TimePoint now);

// What the ticket tells of a mail of ours that was sent or given up; nothing of a try that failed for now.
// For so long an alarm of one cause is the only one (interface: at most one an hour).
inline constexpr std::chrono::hours alarm_pause{1};

[[nodiscard]] std::optional<TicketEvent> settled_event(OutgoingKind kind, std::string const& recipient,
                                                       SendOutcome const& outcome);

// The event of a mail of ours that came back, unless the record tells it itself.
[[nodiscard]] std::optional<TicketEvent> bounced_event(IntakeRecord const& record, std::string const& recipient,
                                                       TimePoint now);

// The event of a change, "open -> resolved".
[[nodiscard]] TicketEvent change_event(std::string_view what, std::string_view from, std::string_view to,
                                       std::string_view by, TimePoint now);

[[nodiscard]] ReceiptState receipt_state_of(OutboxState state) noexcept;

// Of a mail that unfold() made a ticket of: the rule, the note that stays in its place, and what each ticket tells.
inline constexpr std::string_view unfold_rule = "unfold";
[[nodiscard]] Article unfolded_note(Article const& moved, TicketNumber const& to, std::string_view by, TimePoint now);
[[nodiscard]] StoryStep unfolded_step(TicketNumber const& from, TicketNumber const& to, std::string_view by);
[[nodiscard]] TicketEvent unfolded_into(MailId const& mail, TicketNumber const& from, std::string_view by,
                                        TimePoint now);
[[nodiscard]] TicketEvent unfolded_from(Unfolded const& unfolded, std::string_view by, TimePoint now);

// A Message-ID with its brackets, however it was asked for.
[[nodiscard]] std::string bracketed(std::string_view message_id);

}  // namespace postern
