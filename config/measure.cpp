#include "config/measure.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace postern {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Smallest first.
constexpr std::array<Unit, 4> size_units{{{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}}};
constexpr std::array<Unit, 4> second_units{{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};

struct Counted {
    std::uint64_t count = 0;
    std::string_view rest;
};

std::optional<Counted> leading_number(std::string_view text) {
    std::uint64_t count = 0;
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{}) return std::nullopt;
    return Counted{count, text.substr(static_cast<std::size_t>(stop - text.data()))};
}

Parsed<std::uint64_t> parse_measure(std::string_view text, std::array<Unit, 4> const& units) {
    auto const number = leading_number(text);
    if (!number) return ParseError{"no number that fits in 64 bits", 0};
    for (auto const& unit : units) {
        if (number->rest != unit.name) continue;
        if (number->count > std::numeric_limits<std::int64_t>::max() / 1000 / unit.factor)
            return ParseError{"too large", 0};
        return number->count * unit.factor;
    }
    return ParseError{number->rest.empty() ? "no unit" : "unknown unit", text.size() - number->rest.size()};
}

std::string measure_text(std::uint64_t amount, std::array<Unit, 4> const& units) {
    auto const* best = &units.front();
    for (auto const& unit : units)
        if (amount != 0 && amount % unit.factor == 0) best = &unit;
    return fmt::format("{}{}", amount / best->factor, best->name);
}

}  // namespace

Parsed<std::uint64_t> parse_size(std::string_view text) {
    return parse_measure(text, size_units);
}

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
    auto const seconds = parse_measure(text, second_units);
    if (!seconds) return seconds.error();
    return std::chrono::seconds{*seconds};
}

Parsed<Rate> parse_rate(std::string_view text) {
    if (text == "0") return Rate{0, std::chrono::hours{1}};
    auto const number = leading_number(text);
    if (!number || number->count > std::numeric_limits<unsigned>::max()) return ParseError{"no number that fits", 0};
    if (!number->rest.starts_with('/')) return ParseError{"no '/' after the number", text.size() - number->rest.size()};
    if (number->count == 0) return ParseError{"a rate of nothing; \"0\" alone lifts the limit", 0};
    for (auto const& unit : second_units) {
        if (number->rest.substr(1) != unit.name) continue;
        return Rate{static_cast<unsigned>(number->count), std::chrono::seconds{unit.factor}};
    }
    return ParseError{"unknown unit", text.size() - number->rest.size() + 1};
}

std::string size_text(std::uint64_t octets) {
    return measure_text(octets, size_units);
}

std::string duration_text(std::chrono::milliseconds duration) {
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return measure_text(static_cast<std::uint64_t>(seconds), second_units);
}

}  // namespace postern
