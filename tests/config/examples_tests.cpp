#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

#include "config/contacts_toml.h"
#include "config/load.h"
#include "config/tables.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::string example(std::string const& name) {
    std::ifstream stream(std::string(POSTERN_SOURCE_DIR) + "/config/" + name + ".example", std::ios::binary);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// "#key = …" and "#[table]" without their "#"; what is prose has a space behind it.
std::string with_all_keys(std::string const& text) {
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);)
        result += (line.size() > 1 && line[0] == '#' && line[1] != ' ' ? line.substr(1) : line) + '\n';
    return result;
}

void check_says_all(std::string const& text, std::vector<KeyDescription> const& tables) {
    auto const document = parse_toml(with_all_keys(text));
    REQUIRE(document.errors.empty());
    for (auto const& table : tables) {
        INFO(table.example);
        auto const* const given = document.root.find(table.name);
        REQUIRE(given != nullptr);
        auto const* const first = tables_in(given->value).at(0)->table();
        for (auto const& key : table.keys) {
            INFO(key.name);
            CHECK(first->find(key.name) != nullptr);
        }
    }
}

}  // namespace

TEST_CASE("the examples are accepted as shipped, and as copied") {
    auto const shipped = load_options(std::string(POSTERN_SOURCE_DIR) + "/config/postern.toml.example");
    for (auto const& finding : shipped.findings) FAIL_CHECK(to_string(finding));
    REQUIRE(shipped.options);
    CHECK(shipped.options->contact_list.find({"ana", "northwind.example"}));

    ConfigFolder folder;
    folder.file("postern.toml", example("postern.toml")).file("contacts.toml", example("contacts.toml"));
    CHECK(folder.findings().empty());
}

TEST_CASE("the examples say every key there is") {
    check_says_all(example("postern.toml"), postern_toml().keys());
    check_says_all(example("contacts.toml"), contacts_toml().keys());
}

TEST_CASE("what the examples have commented out is right, but for what is not in this build yet") {
    ConfigFolder folder;
    folder.file("postern.toml", with_all_keys(example("postern.toml")));
    folder.file("contacts.toml", with_all_keys(example("contacts.toml")));
    for (auto const* file : {"tls.crt", "tls.key", "ca.pem", "imap-password", "relay-password", "oauth2-secret",
                             "oauth2-refresh-token", "dkim.pem"}) {
        folder.file(file, "content\n");
    }
    for (auto const& finding : folder.load().findings) {
        auto const is_expected = finding.what.find("is not in this build yet") != std::string::npos ||
                                 finding.what == "both password_file and oauth2";
        if (!is_expected) FAIL_CHECK(to_string(finding));
    }
}
