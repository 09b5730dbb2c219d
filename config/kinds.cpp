#include "config/kinds.h"

#include <unordered_set>

#include "config/measure.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

// As a finding shows it: the password of a URL, which has no business there, is left out.
std::string shown(TomlValue const& value) {
    if (auto const* number = value.integer()) return fmt::format("{}", *number);
    auto const* const written = value.text();
    if (written == nullptr) return std::string(value.kind());
    auto const scheme_end = written->find("://");
    auto const at = written->rfind('@');
    if (scheme_end == std::string::npos || at == std::string::npos || at < scheme_end) return in_quotes(*written);
    return in_quotes(written->substr(0, scheme_end + 3) + "…" + written->substr(at));
}

// A measure within a range.
template <class Value, class Parse>
Kind<Value> measured_text(Kind<Value> kind, Parse parse, Value min, Value max) {
    kind.read = [form = kind.form, range = kind.range, parse, min, max](std::string_view key, TomlValue const& value,
                                                                        Reading& reading) -> std::optional<Value> {
        auto const written = read_text(key, value, form, reading);
        if (!written) return std::nullopt;
        auto const parsed = parse(*written);
        if (!parsed) {
            report_bad_value(key, value, parsed.error().what, form, reading);
        } else if (*parsed < min || *parsed > max) {
            report_out_of_range(key, value, range, reading);
        } else {
            return *parsed;
        }
        return std::nullopt;
    };
    return kind;
}

}  // namespace

void report_wrong_type(std::string_view key, TomlValue const& value, std::string const& form, Reading& reading) {
    reading.error(value.at, fmt::format("'{}' is {}", key, value.kind()), form);
}

void report_bad_value(std::string_view key, TomlValue const& value, std::string_view why, std::string const& form,
                      Reading& reading) {
    reading.error(value.at, fmt::format("'{}' is {}: {}", key, shown(value), printable(why)), form);
}

void report_out_of_range(std::string_view key, TomlValue const& value, std::string const& range, Reading& reading) {
    reading.error(value.at, fmt::format("'{}' is {}: out of range", key, shown(value)), "write " + range);
}

std::optional<std::string> read_text(std::string_view key, TomlValue const& value, std::string const& form,
                                     Reading& reading) {
    auto const* const written = value.text();
    if (written == nullptr) {
        report_wrong_type(key, value, form, reading);
    } else if (written->empty()) {
        reading.error(value.at, fmt::format("'{}' is empty", key), form);
    } else if (printable(*written) != *written) {
        report_bad_value(key, value, "a control character is in it", form, reading);
    } else {
        return *written;
    }
    return std::nullopt;
}

std::string any_of_words(std::vector<std::string> const& words) {
    if (words.size() < 2) return words.empty() ? std::string{} : words.front();
    return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

void report_doubles(std::string_view key, std::vector<TomlValue> const& items, Reading& reading) {
    std::unordered_set<std::string> seen;
    for (auto const& item : items)
        if (item.text() != nullptr && !seen.insert(lower_ascii(*item.text())).second)
            report_bad_value(key, item, "stands twice in the list", "take one of them out", reading);
}

Kind<bool> boolean() {
    std::string const form = "write true or false";
    Kind<bool> kind{"a boolean", {}, "true", form, {}, {}};
    kind.read = [form](std::string_view key, TomlValue const& value, Reading& reading) -> std::optional<bool> {
        if (auto const* truth = value.boolean()) return *truth;
        report_wrong_type(key, value, form, reading);
        return std::nullopt;
    };
    return kind;
}

Kind<std::string> text(std::string example, std::size_t max_octets) {
    auto const form = "write text such as " + example;
    auto const range = fmt::format("1 to {} octets", max_octets);
    Kind<std::string> kind{"text", range, std::move(example), form, {}, {}};
    kind.read = [form, range, max_octets](std::string_view key, TomlValue const& value,
                                          Reading& reading) -> std::optional<std::string> {
        auto written = read_text(key, value, form, reading);
        if (!written || written->size() <= max_octets) return written;
        report_out_of_range(key, value, range, reading);
        return std::nullopt;
    };
    return kind;
}

Kind<std::uint64_t> size(std::uint64_t min, std::uint64_t max) {
    Kind<std::uint64_t> kind{"a size",    fmt::format("{} to {}", size_text(min), size_text(max)),
                             "\"25MiB\"", R"(write a size such as "512B", "64KiB", "25MiB" or "1GiB")",
                             {},          {}};
    return measured_text<std::uint64_t>(std::move(kind), parse_size, min, max);
}

Kind<std::chrono::milliseconds> duration(std::chrono::seconds min, std::chrono::seconds max) {
    Kind<std::chrono::milliseconds> kind{"a duration", fmt::format("{} to {}", duration_text(min), duration_text(max)),
                                         "\"90s\"",    R"(write a duration such as "90s", "5m", "2h" or "5d")",
                                         {},           {}};
    return measured_text<std::chrono::milliseconds>(std::move(kind), parse_duration, min, max);
}

Kind<std::filesystem::path> path(std::string example) {
    auto written = text(std::move(example), path_octets);
    Kind<std::filesystem::path> kind{"a path", {}, written.example, written.form, {}, {}};
    kind.read = [read_written = std::move(written.read)](std::string_view key, TomlValue const& value,
                                                         Reading& reading) -> std::optional<std::filesystem::path> {
        auto const name = read_written(key, value, reading);
        return name ? std::optional(reading.resolve(*name)) : std::nullopt;
    };
    return kind;
}

Kind<std::filesystem::path> plain_file(std::string example) {
    auto written = text(std::move(example), path_octets);
    Kind<std::filesystem::path> kind{"a file", {}, written.example, written.form, {}, {}};
    kind.read = [read_written = std::move(written.read)](std::string_view key, TomlValue const& value,
                                                         Reading& reading) -> std::optional<std::filesystem::path> {
        auto const name = read_written(key, value, reading);
        if (!name) return std::nullopt;
        reading.files.push_back({std::string(key), reading.locate(*name), value.at, false});
        return reading.files.back().path;
    };
    return kind;
}

Kind<std::filesystem::path> secret_path(std::string example) {
    auto kind = plain_file(std::move(example));
    kind.type = "a file that holds a secret";
    kind.read = [read_file = std::move(kind.read)](std::string_view key, TomlValue const& value, Reading& reading) {
        auto found = read_file(key, value, reading);
        if (found) reading.files.back().is_secret = true;
        return found;
    };
    return kind;
}

Kind<Secret> secret_file(std::string example, std::string cure) {
    auto file = secret_path(std::move(example));
    Kind<Secret> kind{file.type, {}, file.example, file.form, {}, {}};
    kind.read = [read_file = std::move(file.read), cure = std::move(cure)](std::string_view key, TomlValue const& value,
                                                                           Reading& reading) -> std::optional<Secret> {
        auto found = read_file(key, value, reading);
        if (found) reading.files.back().cure = cure;
        return found ? std::optional(Secret{*std::move(found)}) : std::nullopt;
    };
    return kind;
}

}  // namespace postern
