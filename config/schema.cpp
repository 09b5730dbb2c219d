#include "config/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/spelling.h"

namespace postern {
namespace {

KeyDescription const* find_key(std::vector<KeyDescription> const& keys, std::string_view name) {
    auto const found =
        std::find_if(keys.begin(), keys.end(), [name](KeyDescription const& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(std::vector<KeyDescription> const& keys) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (auto const& key : keys) names.push_back(key.name);
    return names;
}

// "[limits]" of a key that stands in the wrong table; empty: no table has it.
std::string home_of(std::string_view name, Reading const& reading) {
    if (reading.schema == nullptr) return {};
    if (find_key(*reading.schema, name) != nullptr) return "the top of the file";
    for (auto const& table : *reading.schema)
        if (find_key(table.keys, name) != nullptr) return table.example;
    return {};
}

// One mistake is one finding: "unknown key 'hostnam'" says enough.
bool is_misspelt_in(TomlTable const& table, std::string_view name, std::vector<KeyDescription> const& keys) {
    return std::any_of(table.members.begin(), table.members.end(), [&](TomlMember const& member) {
        return find_key(keys, member.key) == nullptr && nearest_word(member.key, names_of(keys)) == name;
    });
}

std::string cure_for_unknown(std::string const& name, std::string_view title, std::vector<KeyDescription> const& keys,
                             Reading const& reading) {
    if (find_key(keys, name + "_file") != nullptr)
        return fmt::format("a secret stands in a file of its own, and {}_file names that file", name);
    if (auto const near = nearest_word(name, names_of(keys))) {
        auto const* const key = find_key(keys, *near);
        return fmt::format("did you mean {}?", key->keys.empty() ? in_quotes(*near) : key->example);
    }
    if (auto const home = home_of(name, reading); !home.empty()) return "it belongs in " + home;
    return fmt::format("{} has {}", title.empty() ? "the file" : title, fmt::join(names_of(keys), ", "));
}

}  // namespace

void report_missing_keys(TomlTable const& table, Position at, std::string_view title,
                         std::vector<KeyDescription> const& keys, Reading& reading) {
    if (!reading.is_complete) return;
    for (auto const& key : keys) {
        if (!key.is_required || table.find(key.name) != nullptr || is_misspelt_in(table, key.name, keys)) continue;
        if (title.empty())
            reading.error(at, key.example + " is missing", "add it: " + key.meaning);
        else
            reading.error(at, fmt::format("{} has no {}", title, in_quotes(key.name)),
                          fmt::format("add {} = {}", key.name, key.example));
    }
}

void report_unknown_keys(TomlTable const& table, std::string_view title, std::vector<KeyDescription> const& keys,
                         Reading& reading) {
    for (auto const& member : table.members) {
        if (find_key(keys, member.key) != nullptr) continue;
        auto const is_table = title.empty() && (member.value.table() != nullptr || member.value.array() != nullptr);
        auto const what = is_table        ? fmt::format("unknown table {}", in_quotes(member.key))
                          : title.empty() ? fmt::format("key {} stands in no table", in_quotes(member.key))
                                          : fmt::format("unknown key {} in {}", in_quotes(member.key), title);
        reading.error(member.at, what, cure_for_unknown(member.key, title, keys, reading));
    }
}

std::vector<TomlValue const*> tables_in(TomlValue const& value) {
    std::vector<TomlValue const*> tables;
    if (value.table() != nullptr) tables.push_back(&value);
    if (auto const* items = value.array())
        for (auto const& item : *items)
            if (item.table() != nullptr) tables.push_back(&item);
    return tables;
}

void report_table_form(std::string_view title, bool is_array, TomlValue const& value, Reading& reading) {
    auto const cure = fmt::format("write {}", title);
    if (value.table() != nullptr) {
        if (is_array) reading.error(value.at, "there may be several of these tables", cure);
        return;
    }
    auto const* const items = value.array();
    if (items == nullptr) {
        reading.error(value.at, fmt::format("{} is {}", title, value.kind()), cure);
        return;
    }
    for (auto const& item : *items)
        if (item.table() == nullptr) reading.error(item.at, fmt::format("{} holds {}", title, item.kind()), cure);
    if (is_array) {
        if (items->empty()) reading.error(value.at, fmt::format("there is no {}", title), cure);
    } else if (items->size() != 1 || items->front().table() != nullptr) {
        auto const& place = items->size() > 1 ? (*items)[1] : value;
        reading.error(place.at, fmt::format("there can be only one {}", title), cure);
    }
}

}  // namespace postern
