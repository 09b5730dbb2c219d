#include "parsers/date_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array month_names{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array weekday_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct ZoneName {
    std::string_view name;
    int minutes_east;
};
// RFC 5322 4.3's and those that mailers write in spite of it. A name that two countries use is left out, so means UTC.
constexpr std::array zone_names{
    ZoneName{"est", -300}, ZoneName{"edt", -240}, ZoneName{"cst", -360}, ZoneName{"cdt", -300},  ZoneName{"mst", -420},
    ZoneName{"mdt", -360}, ZoneName{"pst", -480}, ZoneName{"pdt", -420}, ZoneName{"akst", -540}, ZoneName{"akdt", -480},
    ZoneName{"hst", -600}, ZoneName{"cet", 60},   ZoneName{"met", 60},   ZoneName{"cest", 120},  ZoneName{"mest", 120},
    ZoneName{"mesz", 120}, ZoneName{"mez", 60},   ZoneName{"eet", 120},  ZoneName{"eest", 180},  ZoneName{"west", 60},
    ZoneName{"msk", 180},  ZoneName{"msd", 240},  ZoneName{"jst", 540},  ZoneName{"kst", 540},   ZoneName{"hkt", 480},
    ZoneName{"sgt", 480},  ZoneName{"awst", 480}, ZoneName{"aest", 600}, ZoneName{"aedt", 660},  ZoneName{"acst", 570},
    ZoneName{"nzst", 720}, ZoneName{"nzdt", 780}, ZoneName{"sast", 120}, ZoneName{"nst", -210},  ZoneName{"ndt", -150},
    ZoneName{"brt", -180}};

std::optional<int> number(std::string_view digits) noexcept {
    int value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty() || !is_digit(digits.front()))
        return std::nullopt;
    return value;
}

// Parts separated by any of `marks`, at most four.
std::array<std::string_view, 4> split(std::string_view text, std::string_view marks, std::size_t& count) noexcept {
    std::array<std::string_view, 4> parts;
    count = 0;
    while (count < parts.size()) {
        auto const end = count + 1 == parts.size() ? std::string_view::npos : text.find_first_of(marks);
        parts[count++] = text.substr(0, end);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return parts;
}

// RFC 5322 4.3: comments and white space may stand anywhere, also around the colons of the time. Comments say nothing.
std::string without_comments(std::string_view text) {
    std::string kept;
    std::size_t depth = 0;
    for (auto const c : text) {
        if (c == '(') ++depth;
        auto const is_kept = depth == 0 && !(is_space(c) && kept.ends_with(':'));
        if (is_kept && c == ':') kept.resize(kept.find_last_not_of(" \t\r\n") + 1);
        if (is_kept) kept += c;
        if (c != ')') continue;
        if (depth > 0) --depth;
        if (!kept.ends_with(':')) kept += ' ';
    }
    return kept;
}

class DateReader {
  public:
    std::optional<TimePoint> read(std::string_view text) {
        while (!text.empty()) {
            auto const begin = text.find_first_not_of(" \t\r\n,;\"'");
            if (begin == std::string_view::npos) break;
            text.remove_prefix(begin);
            auto const end = std::min(text.find_first_of(" \t\r\n,;\"'"), text.size());
            take(text.substr(0, end));
            text.remove_prefix(end);
        }
        return assemble();
    }

  private:
    void take(std::string_view token) {
        auto const digits = static_cast<std::size_t>(std::ranges::find_if_not(token, is_digit) - token.begin());
        if (digits == token.size()) return take_number(token);
        if (token.front() == '+' || token.front() == '-') return take_offset(token);
        if (token.find(':') != std::string_view::npos) return take_date_and_time(token);
        if (digits > 0 && token.find_first_of("-/.") != std::string_view::npos) return take_date(token);
        if (digits > 0 && is_letter(token[digits])) {  // "12Jan", "2pm", "1st"
            take(token.substr(0, digits));
            return take_word(token.substr(digits));
        }
        take_word(token);
    }

    void take_word(std::string_view word) {
        auto const letters = static_cast<std::size_t>(std::ranges::find_if_not(word, is_letter) - word.begin());
        auto const name = lower_ascii(word.substr(0, letters));
        auto const is_named = [&](std::string_view known) { return name.starts_with(known); };
        if (name == "am" || name == "pm") {
            is_afternoon_ = name == "pm";
        } else if (auto const month = std::ranges::find_if(month_names, is_named);
                   month != month_names.end() && !month_) {
            month_ = static_cast<int>(month - month_names.begin()) + 1;
            if (letters < word.size())
                take(word.substr(letters + (word[letters] == '-' || word[letters] == '.' ? 1 : 0)));
        } else if (hour_ || std::ranges::none_of(weekday_names, is_named)) {
            take_zone(name, word.substr(letters));
        }
    }

    // "EST", "GMT+0200", "UTC"
    void take_zone(std::string_view name, std::string_view offset) {
        if (!hour_ || zone_) return;
        if (!offset.empty() && (offset.front() == '+' || offset.front() == '-') &&
            (name == "gmt" || name == "utc" || name == "ut")) {
            take_offset(offset);
            return;
        }
        if (auto const known = std::ranges::find(zone_names, name, &ZoneName::name); known != zone_names.end())
            zone_ = minutes(known->minutes_east);
        else if (name == "gmt" || name == "utc" || name == "ut" || name == "z")
            zone_ = minutes(0);
    }

    // "+0200", "-08:00", "+2", "+530"
    void take_offset(std::string_view token) {
        if (!hour_ && (month_ || token.size() < 5)) return take_number(token.substr(1));
        auto const sign = token.front() == '-' ? -1 : 1;
        token.remove_prefix(1);
        std::size_t count = 0;
        auto const parts = split(token, ":.", count);
        if (count >= 2) {
            auto const east_hours = number(parts[0]);
            auto const east_minutes = number(parts[1]);
            if (east_hours && east_minutes && *east_hours < 100)
                zone_ = sign * (hours(*east_hours) + minutes(*east_minutes));
            return;
        }
        auto const digits =
            token.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(token, is_digit) - token.begin()));
        auto const value = number(digits);
        if (!value || digits.size() > 4) return;
        zone_ =
            digits.size() <= 2 ? minutes(hours(sign * *value)) : sign * (hours(*value / 100) + minutes(*value % 100));
    }

    // "09:00:00", "9:00:00.123", "09:00:00+0200", "2026-11-21T09:00:00Z"
    void take_date_and_time(std::string_view token) {
        auto const mark = token.find_first_of("Tt");
        if (mark != std::string_view::npos && mark > 0 && is_digit(token[mark - 1]) && mark + 1 < token.size() &&
            is_digit(token[mark + 1])) {
            take_date(token.substr(0, mark));
            token.remove_prefix(mark + 1);
        }
        if (hour_) return;
        auto const end = static_cast<std::size_t>(
            std::ranges::find_if_not(token, [](char c) { return is_digit(c) || c == ':' || c == '.'; }) -
            token.begin());
        std::size_t count = 0;
        auto const parts = split(token.substr(0, end), ":.", count);
        hour_ = number(parts[0]);
        minute_ = count > 1 ? number(parts[1]).value_or(0) : 0;
        second_ = count > 2 ? number(parts[2]).value_or(0) : 0;
        auto const rest = token.substr(end);
        if (rest.empty()) return;
        if (rest.front() == '+' || rest.front() == '-')
            take_offset(rest);
        else
            take_word(rest);
    }

    // "21-Nov-2026", "2026-11-21", "11/21/2026", "21.11.2026"
    void take_date(std::string_view token) {
        if (day_ && month_ && year_ && !hour_ && token.find('.') != std::string_view::npos)
            return take_date_and_time(token);
        std::size_t count = 0;
        auto const parts = split(token, "-/.", count);
        if (count != 3) {
            for (std::size_t at = 0; at < count; ++at)
                if (!parts[at].empty() && parts[at] != token) take(parts[at]);
            return;
        }
        if (is_letter(parts[1].empty() ? ' ' : parts[1].front())) {
            for (std::size_t at = 0; at < count; ++at)
                if (!parts[at].empty()) take(parts[at]);
            return;
        }
        auto first = number(parts[0]);
        auto second = number(parts[1]);
        auto const third = number(parts[2]);
        if (!first || !second || !third) return;
        if (parts[0].size() == 4) return set_date(*first, *second, *third);
        // RFC 5322 knows no such form. Americans write the month first, and with slashes; where that can't be, it is
        // the day.
        auto const month_first = token.find('/') != std::string_view::npos ? *first <= 12 : *second > 12;
        set_date(full_year(*third, parts[2].size()), month_first ? *first : *second, month_first ? *second : *first);
    }

    void set_date(int year, int month, int day) {
        year_ = year;
        month_ = month;
        day_ = day;
    }

    void take_number(std::string_view digits) {
        auto const value = number(digits);
        if (!value) return;
        auto const is_padded_day = *value <= 31 && !day_ && !month_;  // "029 Apr 2019"
        if (digits.size() >= 3 && !is_padded_day) {
            if (!year_) year_ = full_year(*value, digits.size());
        } else if (!day_) {
            day_ = value;
        } else if (!year_) {
            year_ = full_year(*value, digits.size());
        } else if (!hour_ && is_afternoon_) {
            hour_ = value;
        }
    }

    // RFC 5322 4.3
    static int full_year(int year, std::size_t digits) noexcept {
        if (digits == 2 || digits == 1) return year < 50 ? 2000 + year : 1900 + year;
        return digits == 3 ? 1900 + year : year;
    }

    [[nodiscard]] std::optional<TimePoint> assemble() const {
        if (!year_ || !month_ || !day_ || *year_ > 9999 || *month_ > 12 || *day_ > 31) return std::nullopt;
        auto const day =
            std::chrono::year_month_day{std::chrono::year(*year_), std::chrono::month(static_cast<unsigned>(*month_)),
                                        std::chrono::day(static_cast<unsigned>(*day_))};
        if (!day.ok()) return std::nullopt;
        auto hour = hour_.value_or(0);
        // RFC 5322 3.3: second 60 is a leap second; hour 24 is what some write for midnight.
        if (hour > 24 || minute_ > 59 || second_ > 60) return std::nullopt;
        if (is_afternoon_ && hour <= 12) hour = hour % 12 + (*is_afternoon_ ? 12 : 0);
        return TimePoint(std::chrono::sys_days(day)) + hours(hour) + minutes(minute_) + seconds(second_) -
               zone_.value_or(minutes(0));
    }

    std::optional<int> year_, month_, day_, hour_;
    int minute_ = 0;
    int second_ = 0;
    std::optional<bool> is_afternoon_;
    std::optional<minutes> zone_;
};

}  // namespace

std::optional<TimePoint> parse_date_time(std::string_view field_value) {
    auto const plain = without_comments(field_value.substr(0, limits::date_octets));
    return DateReader().read(plain);
}

std::string to_iso8601(TimePoint time) {
    using std::chrono::sys_days;
    constexpr auto first = sys_days(std::chrono::year(0) / 1 / 1);
    constexpr auto last = sys_days(std::chrono::year(10000) / 1 / 1) - seconds(1);
    auto const whole =
        std::clamp(std::chrono::floor<seconds>(time), std::chrono::sys_seconds(first), std::chrono::sys_seconds(last));
    auto const day = std::chrono::floor<std::chrono::days>(whole);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(whole - day);
    std::array<char, 32> text{};
    auto const length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace postern
