// The one kind of time in Postern: UTC, milliseconds. Time is an argument; only the edge reads the clock.
#pragma once

#include <chrono>
#include <string>

namespace postern {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

// "2026-11-21T09:00:00Z"; milliseconds are cut off. Years outside 0 to 9999 are clamped to them.
[[nodiscard]] std::string to_iso8601(TimePoint time);

}  // namespace postern
