#include "daemon/cli/for_people.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "daemon/cli/exit_code.h"

namespace postern {

std::string human_time(TimePoint time) {
    auto text = to_iso8601(time);
    std::replace(text.begin(), text.end(), 'T', ' ');
    return text;
}

std::string human_time(std::optional<TimePoint> time) {
    return time ? human_time(*time) : "-";
}

std::string human_size(std::uint64_t octets) {
    constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
    if (octets < 1024) return fmt::format("{} B", octets);
    auto size = static_cast<double>(octets) / 1024;
    std::size_t unit = 0;
    for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
    return fmt::format("{:.1f} {}", size, units.at(unit));
}

std::string human_age(TimePoint then, TimePoint now) {
    auto const seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - then).count());
    if (seconds < 120) return fmt::format("{} s ago", seconds);
    constexpr std::int64_t hour = 3600, day = 24 * hour;
    if (seconds < 2 * hour) return fmt::format("{} min ago", seconds / 60);
    if (seconds < 2 * day) return fmt::format("{} h ago", seconds / hour);
    return fmt::format("{} d ago", seconds / day);
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view more) {
    return fmt::format("{} {}", number, number == 1 ? one : more);
}

std::string or_dash(std::string const& text) {
    return text.empty() ? "-" : text;
}

TicketNumber ticket_argument(std::string const& text) {
    auto number = parse_ticket_number(text);
    if (number.tag.empty())
        throw CommandFailure(ExitCode::usage, "'" + text + "' is no ticket number (like ACME-1042)");
    return number;
}

std::int64_t number_argument(std::string const& text, std::string_view what) {
    std::int64_t number = 0;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) {
        throw CommandFailure(ExitCode::usage, fmt::format("'{}' is no {} (a number)", text, what));
    }
    return number;
}

}  // namespace postern
