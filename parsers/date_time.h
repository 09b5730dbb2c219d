// The value of a Date field (RFC 5322 3.3) -> UTC, also in obsolete and broken forms: two-digit years, zone names, day
// and month in the other order, ISO 8601, asctime. Pure: an absent part is never taken from the clock.
#pragma once

#include <optional>
#include <string_view>

#include "parsers/time_point.h"

namespace postern {

// nullopt: no date can be made of it.
[[nodiscard]] std::optional<TimePoint> parse_date_time(std::string_view field_value);

}  // namespace postern
