#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern::testing;

TEST_CASE("a configuration with five mistakes shows all five in one run") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [site]
        name      = "Acme Support"
        hostnam   = "support.acme.example"
        state_dir = "state"

        [[mailbox]]
        address = "support"
        tag     = "acme"

        [smtp]
        listen = "127.0.0.1:2525"

        [relay]
        url = "smtp://127.0.0.1:25"
        give_up_after = "5 days"
    )");
    CHECK(folder.findings() == unindented(R"(
        postern.toml:3:1: error: unknown key 'hostnam' in [site] (did you mean 'hostname'?)
        postern.toml:7:11: error: 'address' is 'support': no @ and domain (write an address such as "support@acme.example")
        postern.toml:8:11: error: 'tag' is 'acme': does not begin with A to Z (write a tag such as "ACME")
        postern.toml:11:10: error: 'listen' is a string (write a list such as ["127.0.0.1:2525"])
        postern.toml:15:17: error: 'give_up_after' is '5 days': unknown unit (write a duration such as "90s", "5m", "2h" or "5d")
    )"));
}

TEST_CASE("mistakes of all files come together, in the order of the files") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [contacts]
        files = ["contacts.toml", "more/contacts.toml"]
        max_per_organisation = 7
    )");
    folder.contacts_toml(R"(
        [[organization]]
        nam = "Northwind"
        contacts = ["ana@northwind.example"]
    )");
    folder.file("more/contacts.toml", R"(
        [[organization]]
        name = "Globex"
        contacts = ["cy"]
    )");
    CHECK(folder.findings() == unindented(R"(
        postern.toml:3:1: error: unknown key 'max_per_organisation' in [contacts] (did you mean 'max_per_organization'?)
        contacts.toml:2:1: error: unknown key 'nam' in [[organization]] (did you mean 'name'?)
        more/contacts.toml:3:13: error: 'contacts' is 'cy': no @ and domain (write an address with or without a name such as "Ana Ruiz <ana@northwind.example>" or "bo@northwind.example")
    )"));
}

TEST_CASE("a file of broken syntax says where, and the rest of it and the other files are read all the same") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [site]
        name = Acme Support
        hostname = "support.acme.example"
        state_dir = "state"
        severities = ["High", "Low"
        [limits]
        sessions = 0
        sessions = 1
        [log
        level = "verbose"
        [log]
        level = "verbose"
    )");
    folder.contacts_toml(R"(
        [[organization]]
        name = "Northwind"
        contacts = ["ana@northwind.example" "bo@northwind.example"]
        language = "German"
    )");
    CHECK(folder.findings() == unindented(R"(
        postern.toml:2:8: error: TOML syntax: value: could not determine value type (text stands in double quotes: key = "text")
        postern.toml:5:29: error: TOML syntax: array: encountered end-of-file (put commas between the values and close the list with ])
        postern.toml:7:12: error: 'sessions' is 0: out of range (write 1 to 100000)
        postern.toml:8:12: error: TOML syntax: key-value pair: cannot redefine existing integer 'sessions' (a key or a [table] stands once: take the second out, or write [[table]] for one more)
        postern.toml:9:5: error: TOML syntax: table header: expected ']', saw '\n' (write [table] or [[table]] alone on its line)
        postern.toml:12:9: error: 'level' is 'verbose': not one of its choices (write "debug", "info", "warn" or "error")
        contacts.toml:3:37: error: TOML syntax: array: expected comma or closing ']', saw '"' (put commas between the values and close the list with ])
        contacts.toml:4:12: error: 'language' is 'German': no language tag (write a language such as "en" or "de-AT")
    )"));
}

TEST_CASE("what is missing is not asked for where syntax errors may have hidden it") {
    ConfigFolder folder;
    folder.file("postern.toml", R"(
        [site]
        name = 'Acme
    )");
    CHECK(folder.findings() == unindented(R"(
        postern.toml:2:13: error: TOML syntax: literal string: control characters other than TAB (U+0009) are explicitly prohibited (close the text with a double quote on the same line; write \\ for a backslash)
    )"));
}

TEST_CASE("files that are not there") {
    ConfigFolder folder;
    folder.postern_toml("[contacts]\nfiles = [\"contacts.toml\", \"nowhere.toml\"]\n");
    auto const here = folder.path().string();
    CHECK(folder.findings() ==
          "postern.toml:2:27: error: can't read 'nowhere.toml': No such file or directory (relative "
          "paths start at the folder of this file)\n");
    auto const loaded = postern::load_options(folder.path() / "other.toml");
    REQUIRE(loaded.findings.size() == 1);
    CHECK(loaded.findings[0].line == 0);
    CHECK(loaded.findings[0].what == "can't read '" + here + "/other.toml': No such file or directory");
}
