// Ids are types: a ticket's can't be passed where an article's is asked for.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace postern {

template <class Tag>
struct Id {
    std::int64_t value = 0;
    friend auto operator<=>(Id, Id) = default;
};

using TicketId = Id<struct TicketTag>;
using OutboxId = Id<struct OutboxTag>;
using SummaryId = Id<struct SummaryTag>;
using QuestionId = Id<struct QuestionTag>;

// The id of one mail received, given at the edge when its first octet comes, before anything is known of it. It stands
// in every log line about the mail, in SMTP's 250 and in the ledger. 16 characters of base32: 48 bits of time in ms,
// then 32 random bits, so that ids sort by time and can't be guessed in practice.
struct MailId {
    std::string text;
    friend auto operator<=>(MailId const&, MailId const&) = default;
};

}  // namespace postern
