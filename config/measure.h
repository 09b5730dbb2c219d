// Sizes, durations and rates as people write them: "25MiB", "90s", "10/h". Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/options.h"
#include "parsers/result.h"

namespace postern {

// Octets: "512B", "64KiB", "25MiB", "1GiB".
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);
// "90s", "5m", "2h", "5d".
[[nodiscard]] Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);
// "10/h", "2/m", "100/d"; "0" is no limit.
[[nodiscard]] Parsed<Rate> parse_rate(std::string_view text);

// In the largest unit that holds it whole: what the parser above reads back.
[[nodiscard]] std::string size_text(std::uint64_t octets);
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

}  // namespace postern
