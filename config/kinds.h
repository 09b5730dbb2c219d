// The kinds of values that keys have: how each is written, checked and described. Pure.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/schema.h"

namespace postern {

// Longest texts that make sense; a header field or a command line has to hold them.
inline constexpr std::size_t name_octets = 200;
inline constexpr std::size_t path_octets = 4096;

void report_wrong_type(std::string_view key, TomlValue const& value, std::string const& form, Reading& reading);
void report_bad_value(std::string_view key, TomlValue const& value, std::string_view why, std::string const& form,
                      Reading& reading);
void report_out_of_range(std::string_view key, TomlValue const& value, std::string const& range, Reading& reading);
// The string, if it is one, is not empty and holds nothing that is unfit for a header or a log line.
[[nodiscard]] std::optional<std::string> read_text(std::string_view key, TomlValue const& value,
                                                   std::string const& form, Reading& reading);
// "\"off\", \"mark\" or \"require\""
[[nodiscard]] std::string any_of_words(std::vector<std::string> const& words);
// The same text twice in a list, without case.
void report_doubles(std::string_view key, std::vector<TomlValue> const& items, Reading& reading);

Kind<bool> boolean();
Kind<std::string> text(std::string example, std::size_t max_octets = name_octets);
Kind<std::filesystem::path> path(std::string example);
Kind<std::uint64_t> size(std::uint64_t min, std::uint64_t max);
Kind<std::chrono::milliseconds> duration(std::chrono::seconds min, std::chrono::seconds max);
Kind<Rate> rate();
Kind<std::string> domain();
Kind<std::string> domain_pattern();
Kind<std::string> selector();
Kind<std::string> network();
Kind<std::string> resolver();
Kind<std::string> authserv_id();
Kind<std::string> language();
Kind<std::string> tag();
Kind<Mailbox> address();
Kind<NameAddr> name_and_address();
Kind<ListenAddress> listen_address();
Kind<ListenAddress> tcp_address();
Kind<std::optional<Mailbox>> reverse_path();  // "null" or an address
Kind<std::string> imap_url();
Kind<std::string> relay_url();
Kind<std::string> https_url();
Kind<std::filesystem::path> sqlite_url();
// Files that must be there to be read; looked for in $CREDENTIALS_DIRECTORY first.
Kind<std::filesystem::path> plain_file(std::string example);
// cure: what is said where it is not there.
Kind<Secret> secret_file(std::string example, std::string cure = {});
Kind<std::filesystem::path> secret_path(std::string example);

template <class Integer>
Kind<Integer> integer(Integer min, Integer max) {
    auto const range = fmt::format("{} to {}", min, max);
    auto const form = "write a whole number, " + range;
    Kind<Integer> kind{"an integer", range, fmt::format("{}", min), form, {}};
    kind.read = [=](std::string_view key, TomlValue const& value, Reading& reading) -> std::optional<Integer> {
        auto const* const number = value.integer();
        if (number == nullptr) {
            report_wrong_type(key, value, form, reading);
        } else if (std::cmp_less(*number, min) || std::cmp_greater(*number, max)) {
            report_out_of_range(key, value, range, reading);
        } else {
            return static_cast<Integer>(*number);
        }
        return std::nullopt;
    };
    return kind;
}

template <class Enum>
Kind<Enum> one_of(std::vector<std::pair<std::string, Enum>> choices) {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (auto const& [word, value] : choices) words.push_back('"' + word + '"');
    auto const choice_of = any_of_words(words);
    auto const form = "write " + choice_of;
    Kind<Enum> kind{"a choice", choice_of, words.front(), form, {}};
    kind.read = [=](std::string_view key, TomlValue const& value, Reading& reading) -> std::optional<Enum> {
        auto const written = read_text(key, value, form, reading);
        if (!written) return std::nullopt;
        for (auto const& [word, choice] : choices)
            if (word == *written) return choice;
        report_bad_value(key, value, "not one of its choices", form, reading);
        return std::nullopt;
    };
    return kind;
}

// A value that remembers where it stood, for checks across tables and files.
template <class Value>
struct Placed {
    Value value{};
    Position at;
};

template <class Value>
Kind<Placed<Value>> placed(Kind<Value> kind) {
    Kind<Placed<Value>> result{kind.type, kind.range, kind.example, kind.form, {}, kind.keys};
    result.read = [read = std::move(kind.read)](std::string_view key, TomlValue const& value,
                                                Reading& reading) -> std::optional<Placed<Value>> {
        auto parsed = read(key, value, reading);
        if (!parsed) return std::nullopt;
        return Placed<Value>{*std::move(parsed), value.at};
    };
    return result;
}

enum class Doubles { refused, allowed };

// At least one value, unless min says otherwise.
template <class Value>
Kind<std::vector<Value>> list_of(Kind<Value> item, std::size_t min = 1, Doubles doubles = Doubles::refused) {
    auto const form = fmt::format("write a list such as [{}]", item.example);
    Kind<std::vector<Value>> kind{"a list, each " + item.type, item.range, '[' + item.example + ']', form, {}};
    kind.read = [=](std::string_view key, TomlValue const& value,
                    Reading& reading) -> std::optional<std::vector<Value>> {
        auto const* const items = value.array();
        if (items == nullptr) {
            report_wrong_type(key, value, form, reading);
            return std::nullopt;
        }
        if (items->size() < min) reading.error(value.at, fmt::format("'{}' is empty", key), form);
        std::vector<Value> result;
        result.reserve(items->size());
        for (auto const& one : *items)
            if (auto parsed = item.read(key, one, reading)) result.push_back(std::move(*parsed));
        if (doubles == Doubles::refused) report_doubles(key, *items, reading);
        return result;
    };
    return kind;
}

}  // namespace postern
