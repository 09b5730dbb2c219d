// The declarative way of saying which keys a table has, of which kinds, into which members they go, and what they mean:
//
//     Table<RelayOptions>{"[relay]", {
//         key("url", &RelayOptions::url, relay_url(), required, "Where outgoing mail goes."),
//         key("give_up_after", &RelayOptions::give_up_after, duration(1s, days(30)), by_default("\"5d\""), "…"),
//     }}
//
// Reading a table reports unknown keys, wrong types, values out of range and missing keys, all in one go. The manual
// pages are made of the same rows (manual.h). Pure; tables are immutable once made.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/reading.h"
#include "config/toml_document.h"

namespace postern {

struct KeyDescription {
    std::string table;  // "[relay]", "[[imap]]"; empty: of the file itself
    std::string name;
    std::string type;           // "a duration"
    std::string range;          // "1s to 30d"; may be empty
    std::string example;        // as it would stand in the file
    std::string default_value;  // TOML, or words where it depends on other keys; empty: none
    bool is_default_toml = false;
    bool is_required = false;
    std::string meaning;
    std::vector<KeyDescription> keys;  // of a table
};

// How one kind of value is read. `read` reports what is wrong and then gives nullopt.
template <class Value>
struct Kind {
    std::string type;     // "a duration", "an address"
    std::string range;    // "1s to 30d"; may be empty
    std::string example;  // TOML, for cures: "\"support@acme.example\""
    std::string form;     // the cure: "write a duration such as \"90s\""
    std::function<std::optional<Value>(std::string_view key, TomlValue const&, Reading&)> read;
    std::vector<KeyDescription> keys{};  // of a table
};

struct Presence {
    bool is_required = false;
    std::string default_value{};
    bool is_default_toml = false;
};
inline Presence const required{true};
inline Presence const optional{};
// The TOML that would say the same as leaving the key out.
inline Presence by_default(std::string toml) {
    return {false, std::move(toml), true};
}
// In words, where the default depends on other keys.
inline Presence by_rule(std::string words) {
    return {false, std::move(words), false};
}

template <class Options>
struct Key {
    KeyDescription description;
    std::function<void(Options&, TomlValue const&, Reading&)> read;
};

template <class Options, class Member, class Value>
Key<Options> key(std::string name, Member Options::*member, Kind<Value> kind, Presence const& presence,
                 std::string meaning) {
    KeyDescription description{{},
                               name,
                               kind.type,
                               kind.range,
                               kind.example,
                               presence.default_value,
                               presence.is_default_toml,
                               presence.is_required,
                               std::move(meaning),
                               kind.keys};
    auto read = [name, member, read_value = std::move(kind.read)](Options& options, TomlValue const& value,
                                                                  Reading& reading) {
        if (auto parsed = read_value(name, value, reading)) options.*member = std::move(*parsed);
    };
    return {std::move(description), std::move(read)};
}

// Not part of the template, so made once: what is missing, and what has no place here.
void report_missing_keys(TomlTable const& table, Position at, std::string_view title,
                         std::vector<KeyDescription> const& keys, Reading& reading);
void report_unknown_keys(TomlTable const& table, std::string_view title, std::vector<KeyDescription> const& keys,
                         Reading& reading);

template <class Options>
class Table {
  public:
    Table(std::string title, std::vector<Key<Options>> keys) : title_(std::move(title)), keys_(std::move(keys)) {
        for (auto& row : keys_) {
            row.description.table = title_;
            descriptions_.push_back(row.description);
        }
    }

    [[nodiscard]] Options read(TomlTable const& table, Position at, Reading& reading) const {
        Options options;
        if constexpr (requires { options.where; }) options.where = reading.where(at);
        if constexpr (requires { options.at; }) options.at = at;
        for (auto const& row : keys_)
            if (auto const* member = table.find(row.description.name)) row.read(options, member->value, reading);
        report_unknown_keys(table, title_, descriptions_, reading);
        report_missing_keys(table, at, title_, descriptions_, reading);
        return options;
    }

    [[nodiscard]] std::string const& title() const noexcept { return title_; }
    [[nodiscard]] std::vector<KeyDescription> const& keys() const noexcept { return descriptions_; }

  private:
    std::string title_;
    std::vector<Key<Options>> keys_;
    std::vector<KeyDescription> descriptions_;
};

// The tables that stand under a key, whether written as they should be or not: findings go on within them.
[[nodiscard]] std::vector<TomlValue const*> tables_in(TomlValue const& value);
// Says so where one table is written as several, several as one, or something that is no table at all.
void report_table_form(std::string_view title, bool is_array, TomlValue const& value, Reading& reading);

// [site]
template <class Options>
Kind<Options> one_table(Table<Options> table) {
    Kind<Options> kind{"table", {}, table.title(), table.title(), {}, table.keys()};
    kind.read = [table = std::move(table)](std::string_view, TomlValue const& value, Reading& reading) {
        report_table_form(table.title(), false, value, reading);
        auto const found = tables_in(value);
        return found.empty() ? std::optional<Options>{}
                             : table.read(*found.front()->table(), found.front()->at, reading);
    };
    return kind;
}

// [[mailbox]]
template <class Options>
Kind<std::vector<Options>> many_tables(Table<Options> table) {
    Kind<std::vector<Options>> kind{"tables", {}, table.title(), table.title(), {}, table.keys()};
    kind.read = [table = std::move(table)](std::string_view, TomlValue const& value, Reading& reading) {
        report_table_form(table.title(), true, value, reading);
        std::optional<std::vector<Options>> all{std::in_place};
        for (auto const* one : tables_in(value)) all->push_back(table.read(*one->table(), one->at, reading));
        return all;
    };
    return kind;
}

}  // namespace postern
