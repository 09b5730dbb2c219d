// Values as people read them: times, sizes, numbers of things. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/ticket_reference.h"
#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

[[nodiscard]] std::string human_time(TimePoint time);                 // "2026-11-21 09:00:00Z"
[[nodiscard]] std::string human_time(std::optional<TimePoint> time);  // "-" where there is none
[[nodiscard]] std::string human_size(std::uint64_t octets);           // "812 B", "1.2 KiB", "20.0 MiB"
[[nodiscard]] std::string human_age(TimePoint then, TimePoint now);   // "12 s ago", "3 min ago", "5 h ago", "9 d ago"
// "1 mailbox", "2 mailboxes"
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one, std::string_view more);
[[nodiscard]] std::string or_dash(std::string const& text);  // "-" where it is empty

// Of the command line. Throw CommandFailure: usage.
[[nodiscard]] TicketNumber ticket_argument(std::string const& text);
[[nodiscard]] std::int64_t number_argument(std::string const& text, std::string_view what);

}  // namespace postern
