// compose: what is written down of one mail and what goes out for it. Pure: the verdict's consequences as values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/decide.h"
#include "store/store.h"

namespace postern {

// `number` is the new ticket's where the verdict opens one. The record views facts.raw.octets: it lives no longer.
[[nodiscard]] IntakeRecord compose(Facts const& facts, Verdict const& verdict, std::vector<ArrivalKey> const& keys,
                                   std::optional<TicketNumber> const& number);

// What SMTP says after "550 5.7.1 ": the referral, one line of printable US-ASCII.
[[nodiscard]] std::string refusal_text(Facts const& facts, Verdict const& verdict);

}  // namespace postern
