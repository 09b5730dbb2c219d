// A documented default is what leaving the key out means.
#include <catch2/catch.hpp>

#include "config/contacts_toml.h"
#include "config/tables.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

namespace {

// Reads a table that says all its defaults, and one that says only what it must.
template <class Options>
void check_defaults(Table<Options> const& table) {
    std::string needed;
    std::string written;
    for (auto const& key : table.keys()) {
        if (key.is_required) needed += key.name + " = " + key.example + '\n';
        if (key.is_default_toml) written += key.name + " = " + key.default_value + '\n';
    }
    Reading reading;
    reading.locate = [](std::string const& file) { return std::filesystem::path(file); };
    auto const sparse = parse_toml(needed);
    auto const full = parse_toml(needed + written);
    REQUIRE(full.errors.empty());
    INFO(table.title() << "\n" << written);
    CHECK(table.read(sparse.root, {}, reading) == table.read(full.root, {}, reading));
    for (auto const& finding : reading.findings) FAIL_CHECK(to_string(finding));
}

}  // namespace

TEST_CASE("defaults are what they are said to be") {
    check_defaults(site_table());
    check_defaults(store_table());
    check_defaults(mailbox_table());
    check_defaults(agent_table());
    check_defaults(limits_table());
    check_defaults(log_table());
    check_defaults(smtp_table());
    check_defaults(imap_table());
    check_defaults(relay_table());
    check_defaults(authentication_table());
    check_defaults(dkim_table());
    check_defaults(metrics_table());
}

TEST_CASE("the default contacts file stands beside postern.toml") {
    ConfigFolder folder;
    auto const silent = folder.options().contacts;
    CHECK(folder
              .postern_toml(
                  "[contacts]\nfiles = [\"contacts.toml\"]\nmax_per_organization = 5\nunlisted = \"refuse\"\nask "
                  "= false\n")
              .options()
              .contacts == silent);
}
