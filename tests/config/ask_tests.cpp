// [contacts] ask: what it needs, and what is said where that is missing.
#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("ask without unlisted = hold is an error: there is nothing to be asked about") {
    CHECK(findings_in(R"(
        [contacts]
        ask = true
    )") == unindented(R"(
        postern.toml:2:7: error: nobody can be asked about mail that is refused (write unlisted = "hold", or take ask out)
    )"));
}

TEST_CASE("ask with unlisted = hold is fine") {
    CHECK(findings_in(R"(
        [contacts]
        unlisted = "hold"
        ask = true
    )") == "");
}

TEST_CASE("ask needs senders that are authenticated, and tells where nobody can be asked") {
    ConfigFolder folder;
    folder
        .postern_toml(R"(
            [contacts]
            unlisted = "hold"
            ask = true
        )")
        .contacts_toml(R"(
            [[organization]]
            name = "Northwind"
            domains = ["northwind.example"]
            refer_to = "lnd@northwind.example"
            authentication = "off"
            [[organization]]
            name = "Globex"
            domains = ["globex.example"]
            [[organization]]
            name = "Without a domain"
            authentication = "off"
        )");
    CHECK(folder.findings() == unindented(R"(
        contacts.toml:1:1: error: [contacts] ask needs senders that are authenticated, and Northwind's are not (write authentication = "mark" or "require" for it, or policy in [authentication])
        contacts.toml:6:1: notice: nobody is asked about mail from Globex (add refer_to, its point of contact)
    )"));
}

TEST_CASE("ask leaves less room for the name of a mailbox") {
    CHECK(findings_in(R"(
        [contacts]
        unlisted = "hold"
        ask = true
        [[mailbox]]
        address = "a-name-of-twenty-nine-letters@acme.example"
        tag = "LONG"
        [[mailbox]]
        address = "a-name-of-thirty-letters-long2@acme.example"
        tag = "LONGER"
    )") == unindented(R"(
        postern.toml:8:11: error: 'a-name-of-thirty-letters-long2@acme.example' is too long for the addresses that answers to questions go to (with ask, at most 29 characters may stand before the @)
    )"));
}
