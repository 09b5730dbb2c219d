// docs/man/*.toml.5: what they say about each key is made of the tables that read it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "config/contacts_toml.h"
#include "config/not_built.h"
#include "config/tables.h"
#include "tests/support/mdoc.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr std::string_view begin_mark =
    ".\\\" Keys: made of config/*_tables.cpp, held to them by tests/config/manual_tests.cpp.\n";
constexpr std::string_view end_mark = ".\\\" End of the keys.\n";

std::string capitalized(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::string condition(NotBuilt const& row) {
    using When = NotBuilt::When;
    if (row.when == When::is && row.value == "true") return "The value true is not in this build yet";
    if (row.when == When::is) return "The value \"" + std::string(row.value) + "\" is not in this build yet";
    return "Not in this build yet";
}

std::string not_built_yet(std::string const& path) {
    std::string result;
    for (auto const& row : not_built()) {
        if (row.key != path) continue;
        result += mdoc_text(condition(row) + ": " + std::string(row.instead) + '.');
    }
    return result;
}

std::string type_of(KeyDescription const& key) {
    auto const range = key.range.empty() ? std::string() : (key.type == "a choice" ? ": " : ", ") + key.range;
    return mdoc_text(capitalized(key.type) + range + '.');
}

std::string presence_of(KeyDescription const& key) {
    if (key.is_required) return "Required.\n";
    if (key.default_value.empty()) return {};
    if (key.is_default_toml) return "Default:\n.Ql " + mdoc_word(key.default_value) + " .\n";
    return mdoc_text("Default: " + key.default_value + '.');
}

std::string list_of_keys(std::vector<KeyDescription> const& keys, std::string const& path) {
    std::string result = ".Bl -tag -width Ds\n";
    for (auto const& key : keys) {
        result += ".It Cm " + key.name + '\n' + mdoc_text(key.meaning);
        if (key.keys.empty()) result += type_of(key);
        result += presence_of(key) + not_built_yet(path + '.' + key.name);
        if (!key.keys.empty()) result += "A table of these keys:\n" + list_of_keys(key.keys, path + '.' + key.name);
    }
    return result + ".El\n";
}

std::string all_keys(std::vector<KeyDescription> const& tables) {
    std::string result;
    for (auto const& table : tables) {
        result += ".Ss \\&" + table.example + "\\&\n" + mdoc_text(table.meaning) + presence_of(table) +
                  not_built_yet(table.name) + list_of_keys(table.keys, table.name);
    }
    return result;
}

}  // namespace

TEST_CASE("postern.toml.5 tells every key of postern.toml, as it is read") {
    check_manual_page("postern.toml.5", begin_mark, end_mark, all_keys(postern_toml().keys()));
}

TEST_CASE("contacts.toml.5 tells every key of contacts.toml, as it is read") {
    check_manual_page("contacts.toml.5", begin_mark, end_mark, all_keys(contacts_toml().keys()));
}

TEST_CASE("every row of what is not built names a key") {
    for (auto const& row : not_built()) {
        auto const dot = row.key.find('.');
        auto const table = row.key.substr(0, dot);
        std::vector<KeyDescription> tables = postern_toml().keys();
        std::copy(contacts_toml().keys().begin(), contacts_toml().keys().end(), std::back_inserter(tables));
        auto const found = std::find_if(tables.begin(), tables.end(),
                                        [table](KeyDescription const& key) { return key.name == table; });
        INFO(row.key);
        REQUIRE(found != tables.end());
        CHECK((dot == std::string_view::npos ||
               std::any_of(found->keys.begin(), found->keys.end(),
                           [&](KeyDescription const& key) { return key.name == row.key.substr(dot + 1); })));
    }
}
