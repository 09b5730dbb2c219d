#include "config/not_built.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/schema.h"

namespace postern {
namespace {

using When = NotBuilt::When;

constexpr NotBuilt rows[] = {
    {"agent", When::given, "", "engineers work by postern(1) only"},
    {"metrics", When::given, "", "nothing is served"},
};

std::string text_of(TomlValue const& value) {
    if (auto const* text = value.text()) return *text;
    if (auto const* truth = value.boolean()) return *truth ? "true" : "false";
    return {};
}

// The value that meets the row: of a list, the one item. Null: none does.
TomlValue const* value_met(NotBuilt const& row, TomlValue const& value) {
    if (auto const* items = value.array(); items != nullptr && row.when != When::given) {
        for (auto const& item : *items)
            if (auto const* met = value_met(row, item)) return met;
        return nullptr;
    }
    return row.when == When::given || text_of(value) == row.value ? &value : nullptr;
}

// What is wrong anyhow needs no word about what it would do.
bool has_error_at(Position at, Reading const& reading) {
    return std::any_of(reading.findings.begin(), reading.findings.end(),
                       [at](Finding const& finding) { return finding.line == at.line && finding.column == at.column; });
}

bool is_table_of(std::vector<KeyDescription> const* schema, std::string_view table) {
    return schema == nullptr || std::any_of(schema->begin(), schema->end(),
                                            [table](KeyDescription const& key) { return key.name == table; });
}

struct Found {
    std::string_view table, key;
    TomlValue const* value = nullptr;
};

std::vector<Found> find_all(TomlTable const& root, std::string_view path) {
    std::vector<Found> found;
    auto const dot = path.find('.');
    auto const table_name = path.substr(0, dot);
    auto const* const member = root.find(table_name);
    if (member == nullptr) return found;
    for (auto const* table : tables_in(member->value)) {
        if (dot == std::string_view::npos) {
            found.push_back({table_name, {}, table});
        } else if (auto const* key = table->table()->find(path.substr(dot + 1))) {
            found.push_back({table_name, path.substr(dot + 1), &key->value});
        }
    }
    return found;
}

std::string what(NotBuilt const& row, Found const& found) {
    if (found.key.empty()) return fmt::format("[{}] is not in this build yet", found.table);
    if (row.when == When::is && row.value != "true")
        return fmt::format("{} = \"{}\" is not in this build yet", found.key, row.value);
    return fmt::format("'{}' is not in this build yet", found.key);
}

}  // namespace

std::span<NotBuilt const> not_built() noexcept {
    return rows;
}

void report_not_built(TomlTable const& root, Reading& reading) {
    for (auto const& row : rows) {
        if (!is_table_of(reading.schema, row.key.substr(0, row.key.find('.')))) continue;
        for (auto const& found : find_all(root, row.key)) {
            auto const* const met = value_met(row, *found.value);
            if (met == nullptr || (!found.key.empty() && has_error_at(met->at, reading))) continue;
            reading.notice(met->at, what(row, found), std::string(row.instead));
        }
    }
}

}  // namespace postern
