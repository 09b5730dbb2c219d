// Outgoing mail: rendered once, kept until a relay took it or it was given up. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/ticket_reference.h"
#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

enum class OutgoingKind { receipt, referral, notification, reply, summary, alarm, question };
[[nodiscard]] std::string_view to_string(OutgoingKind kind) noexcept;
[[nodiscard]] std::optional<OutgoingKind> parse_outgoing_kind(std::string_view text) noexcept;

enum class OutboxState { queued, sent, failed, dropped };
[[nodiscard]] std::string_view to_string(OutboxState state) noexcept;
[[nodiscard]] std::optional<OutboxState> parse_outbox_state(std::string_view text) noexcept;

// A mail to be sent, as intake makes it. Its Message-ID and octets never change: every try sends the same.
struct OutgoingMail {
    OutgoingKind kind = OutgoingKind::receipt;
    std::string reverse_path;    // "": the null one
    std::string recipient;       // one address
    std::string subject;         // decoded, for people
    std::string message_id;      // with its brackets
    std::string octets;          // CRLF lines, no dot-stuffing
    std::string text;            // the text part, for the ticket's article
    bool beside_ticket = false;  // as it is made: no concern of the ticket that its mail opens or joins
};

struct OutboxMail : OutgoingMail {
    OutboxId id;
    OutboxState state = OutboxState::queued;
    std::optional<TicketNumber> ticket;
    MailId caused_by;  // the mail it answers; empty text where none
    unsigned attempts = 0;
    TimePoint created, next_attempt;
    std::string last_error;
};

// What became of one try.
struct SendOutcome {
    enum class Result { sent, try_again, failed } result = Result::failed;
    std::string detail;      // the relay's reply or the transport's error, one line
    TimePoint at;            // when
    TimePoint next_attempt;  // for try_again
};

}  // namespace postern
