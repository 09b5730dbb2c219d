#include "config/toml_document.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "config/toml_statements.h"

namespace postern {
namespace {

// Tables within tables that are kept. Ours go three deep; what lies below is an unknown key whatever it holds.
constexpr int kept_depth = 8;
// Errors after which the rest of a broken file is not looked at any more: each costs another reading of the file.
constexpr std::size_t max_syntax_errors = 50;

Position position_of(toml::source_region const& region) {
    return {static_cast<unsigned>(region.begin.line), static_cast<unsigned>(region.begin.column)};
}

TomlTable convert(toml::table const& table, int depth);

TomlValue convert(toml::node const& node, int depth) {
    TomlValue value{position_of(node.source()), TomlOther{"a date or time"}};
    if (auto const* text = node.as_string()) {
        value.content = text->get();
    } else if (auto const* integer = node.as_integer()) {
        value.content = integer->get();
    } else if (auto const* boolean = node.as_boolean()) {
        value.content = boolean->get();
    } else if (node.is_floating_point()) {
        value.content = TomlOther{"a number with a fraction"};
    } else if (depth == 0) {
        value.content = TomlOther{"a table in tables"};
    } else if (auto const* array = node.as_array()) {
        std::vector<TomlValue> items;
        items.reserve(array->size());
        for (auto const& item : *array) items.push_back(convert(item, depth - 1));
        value.content = std::move(items);
    } else if (auto const* table = node.as_table()) {
        value.content = convert(*table, depth - 1);
    }
    return value;
}

TomlTable convert(toml::table const& table, int depth) {
    TomlTable result;
    result.members.reserve(table.size());
    for (auto const& [key, node] : table)
        result.members.push_back({std::string(key.str()), position_of(key.source()), convert(node, depth)});
    return result;
}

// What toml++ was at when it gave up -> what is most likely wrong there; the first that fits.
struct SyntaxCure {
    std::string_view says, cure;
};
constexpr SyntaxCure syntax_cures[] = {
    {"redefine", "a key or a [table] stands once: take the second out, or write [[table]] for one more"},
    {"utf-8", "save the file as UTF-8"},
    {"determine value type", "text stands in double quotes: key = \"text\""},
    {"expected '='", "write key = value; a comment begins with #"},
    {"key-value pair", "one key = value a line; text stands in double quotes"},
    {"string", "close the text with a double quote on the same line; write \\\\ for a backslash"},
    {"array", "put commas between the values and close the list with ]"},
    {"inline table", "put commas between the keys and close the table with }, all on one line"},
    {"table header", "write [table] or [[table]] alone on its line"},
    {"integer", "write a whole number between -2^63 and 2^63-1"},
};

TomlSyntaxError syntax_error(toml::parse_error const& error) {
    constexpr std::string_view preamble = "Error while parsing ";
    auto const said = error.description();
    auto const* const fitting =
        std::find_if(std::begin(syntax_cures), std::end(syntax_cures),
                     [said](SyntaxCure const& row) { return said.find(row.says) != std::string_view::npos; });
    std::string what = "TOML syntax: ";
    what += said.starts_with(preamble) ? said.substr(preamble.size()) : said;
    return {position_of(error.source()), what,
            std::string(fitting == std::end(syntax_cures) ? "mend the TOML on this line" : fitting->cure)};
}

// One attempt. The error, if any; else the table is filled.
std::optional<TomlSyntaxError> read(std::string_view text, TomlTable& root) {
    if (auto const deep = find_deep_key(text))
        return TomlSyntaxError{*deep, "too many dots in one key", "write the key without dots, below its [table]"};
    try {
        root = convert(toml::parse(text), kept_depth);
        return std::nullopt;
    } catch (toml::parse_error const& error) {
        return syntax_error(error);
    }
}

// Each statement on its own, so that one that is never closed does not take its neighbours along.
void blank_broken_statements(std::string& text, std::vector<TomlStatement> const& statements, TomlDocument& document) {
    for (auto const& statement : statements) {
        if (document.errors.size() >= max_syntax_errors) return;
        TomlTable ignored;
        auto error = read(std::string_view(text).substr(statement.begin, statement.end - statement.begin), ignored);
        if (!error) continue;
        error->at.line += statement.line - 1;
        document.errors.push_back(std::move(*error));
        blank_out(text, statements, statement);
    }
}

// What is right by itself but not beside the rest: a key given twice.
void read_what_is_left(std::string& text, std::vector<TomlStatement> const& statements, TomlDocument& document) {
    while (document.errors.size() < max_syntax_errors) {
        auto error = read(text, document.root);
        if (!error) return;
        auto const culprit = std::find_if(statements.rbegin(), statements.rend(), [&](TomlStatement const& statement) {
            return statement.line <= error->at.line;
        });
        document.errors.push_back(std::move(*error));
        if (culprit == statements.rend() || !blank_out(text, statements, *culprit)) return;
    }
}

}  // namespace

TomlMember const* TomlTable::find(std::string_view key) const noexcept {
    auto const found =
        std::find_if(members.begin(), members.end(), [key](TomlMember const& member) { return member.key == key; });
    return found == members.end() ? nullptr : &*found;
}

std::string_view TomlValue::kind() const noexcept {
    if (auto const* other = std::get_if<TomlOther>(&content)) return other->kind;
    if (text() != nullptr) return "a string";
    if (integer() != nullptr) return "an integer";
    if (boolean() != nullptr) return "a boolean";
    return array() != nullptr ? "an array" : "a table";
}

TomlDocument parse_toml(std::string_view octets) {
    TomlDocument document;
    if (auto const error = read(octets, document.root); !error) return document;
    std::string text(octets);
    auto const statements = split_statements(text);
    blank_broken_statements(text, statements, document);
    read_what_is_left(text, statements, document);
    std::stable_sort(document.errors.begin(), document.errors.end(),
                     [](TomlSyntaxError const& a, TomlSyntaxError const& b) { return a.at.line < b.at.line; });
    return document;
}

}  // namespace postern
