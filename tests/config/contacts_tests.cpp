#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("an address is listed once, in one organisation") {
    CHECK(findings_in_contacts(R"(
        [[organization]]
        name = "Northwind"
        contacts = [
            "Ana Ruiz <ana@northwind.example>",
            "bo@northwind.example",
            "ANA@NorthWind.example",
        ]
        [[organization]]
        name = "Globex"
        contacts = ["cy@globex.example", "bo@northwind.example"]
    )") == unindented(R"(
        contacts.toml:6:5: error: contact 'ANA@northwind.example' is listed twice (take one out; the first is at contacts.toml:4)
        contacts.toml:10:34: error: contact 'bo@northwind.example' is listed by Northwind already (take one out; the first is at contacts.toml:5)
    )"));
}

TEST_CASE("an organisation stands once, by name and by id") {
    CHECK(findings_in_contacts(R"(
        [[organization]]
        id = "northwind"
        name = "Northwind"
        domains = ["northwind.example", "*.northwind.example"]
        [[organization]]
        name = "NORTHWIND"
        domains = ["Northwind.example"]
        [[organization]]
        id = "northwind"
        name = "North Wind"
        domains = ["eu.northwind.example", "*.Northwind.example", "NORTHWIND.example"]
    )") == unindented(R"(
        contacts.toml:5:1: error: organization 'NORTHWIND' stands twice (the first is at contacts.toml:1)
        contacts.toml:7:12: error: domain 'northwind.example' is Northwind's already (take one out; the first is at contacts.toml:4)
        contacts.toml:8:1: error: id 'northwind' stands twice (the first is at contacts.toml:1)
        contacts.toml:11:36: error: domain '*.northwind.example' is Northwind's already (take one out; the first is at contacts.toml:4)
        contacts.toml:11:59: error: domain 'northwind.example' is Northwind's already (take one out; the first is at contacts.toml:4)
    )"));
}

TEST_CASE("domains of an organisation") {
    CHECK(findings_in_contacts(R"(
        [[organization]]
        name = "Northwind"
        domains = ["@northwind.example", "*.example", "north*.example", "northwind.example.", "*"]
    )") == unindented(R"(
        contacts.toml:3:12: error: 'domains' is '@northwind.example': @northwind is no label of a domain (write a domain such as "northwind.example" or "*.northwind.example")
        contacts.toml:3:34: error: 'domains' is '*.example': everything below a top-level domain (write a domain such as "northwind.example" or "*.northwind.example")
        contacts.toml:3:47: error: 'domains' is 'north*.example': north* is no label of a domain (write a domain such as "northwind.example" or "*.northwind.example")
        contacts.toml:3:87: error: 'domains' is '*': * is no label of a domain (write a domain such as "northwind.example" or "*.northwind.example")
    )"));
}

TEST_CASE("more contacts than max_per_organization") {
    CHECK(findings_in_contacts(R"(
        [[organization]]
        name = "Northwind"
        contacts = ["a@northwind.example", "b@northwind.example", "c@northwind.example", "d@northwind.example",
                    "e@northwind.example",
                    "f@northwind.example", "g@northwind.example"]
    )") == unindented(R"(
        contacts.toml:5:13: error: Northwind has 7 contacts, more than 5 (take some out, or raise max_per_organization of [contacts]; 0 lifts it)
    )"));
    ConfigFolder folder;
    folder.contacts_toml(R"(
        [[organization]]
        name = "Northwind"
        contacts = ["a@northwind.example", "b@northwind.example"]
    )");
    CHECK(folder.postern_toml("[contacts]\nmax_per_organization = 1\n").findings() ==
          "contacts.toml:3:36: error: Northwind has 2 contacts, more than 1 (take some out, or raise "
          "max_per_organization of [contacts]; 0 lifts it)\n");
    CHECK(folder.postern_toml("[contacts]\nmax_per_organization = 0\n").findings().empty());
}

TEST_CASE("keys of organisations") {
    CHECK(findings_in_contacts(R"(
        organizations = []
        [organization]
        nane = "Northwind"
        contact = ["ana@northwind.example"]
        refer_to = "lnd"
        contacts = "ana@northwind.example"
        authentication = "strict"
        [smtp]
        listen = ["unix:/run/smtp.sock"]
    )") == unindented(R"(
        contacts.toml:1:1: error: unknown table 'organizations' (did you mean [[organization]]?)
        contacts.toml:2:1: error: there may be several of these tables (write [[organization]])
        contacts.toml:3:1: error: unknown key 'nane' in [[organization]] (did you mean 'name'?)
        contacts.toml:4:1: error: unknown key 'contact' in [[organization]] (did you mean 'contacts'?)
        contacts.toml:5:12: error: 'refer_to' is 'lnd': no @ and domain (write an address with or without a name such as "Ana Ruiz <ana@northwind.example>" or "bo@northwind.example")
        contacts.toml:6:12: error: 'contacts' is a string (write a list such as ["Ana Ruiz <ana@northwind.example>"])
        contacts.toml:7:18: error: 'authentication' is 'strict': not one of its choices (write "off", "mark" or "require")
        contacts.toml:8:2: error: unknown table 'smtp' (the file has organization)
    )"));
}

TEST_CASE("nobody listed") {
    CHECK(findings_in_contacts(R"(
        # to be filled
    )") == unindented(R"(
        postern.toml: notice: nobody is listed: all mail is refused (add an [[organization]] with contacts to a contacts.toml)
    )"));
}

TEST_CASE("our own addresses are no contacts") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [[mailbox]]
        address = "support@acme.example"
        aliases = ["help@acme.example"]
        tag = "ACME"
        [[agent]]
        address = "kim@acme.example"
    )");
    folder.contacts_toml(R"(
        [[organization]]
        name = "Acme"
        refer_to = "help@acme.example"
        contacts = ["Support@acme.example", "help@acme.example", "kim@acme.example", "lee@acme.example"]
    )");
    CHECK(folder.findings() == unindented(R"(
        postern.toml:5:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
        contacts.toml:3:12: notice: refer_to is an alias of ours: it would refer people to us (write a person of the organisation)
        contacts.toml:4:13: error: contact 'Support@acme.example' is a [[mailbox]] of ours (take it out here or at postern.toml:1)
        contacts.toml:4:37: error: contact 'help@acme.example' is an alias of ours (take it out here or at postern.toml:1)
        contacts.toml:4:58: error: contact 'kim@acme.example' is an [[agent]] of ours (take it out here or at postern.toml:5)
    )"));
}

TEST_CASE("what stands twice is found across files") {
    ConfigFolder folder;
    folder.postern_toml("[contacts]\nfiles = [\"contacts.toml\", \"more/contacts.toml\"]\n");
    folder.file("more/contacts.toml", R"(
        [[organization]]
        name = "northwind"
        [[organization]]
        name = "Globex"
        contacts = ["ana@northwind.example"]
    )");
    CHECK(folder.findings() == unindented(R"(
        more/contacts.toml:1:1: error: organization 'northwind' stands twice (the first is at contacts.toml:1)
        more/contacts.toml:5:13: error: contact 'ana@northwind.example' is listed by Northwind already (take one out; the first is at contacts.toml:3)
    )"));
}

TEST_CASE("a contact is found by address, an organisation by domain") {
    ConfigFolder folder;
    folder.contacts_toml(R"(
        [[organization]]
        id = "northwind"
        name = "Northwind"
        domains = ["northwind.example", "*.northwind.example"]
        refer_to = "Northwind L&D <lnd@northwind.example>"
        contacts = ["Ana Ruiz <Ana@Northwind.example>",
                    "bo@bücher.example"]
        language = "de"

        [[organization]]
        name = "Northwind Asia"
        domains = ["*.asia.northwind.example"]
    )");
    auto const options = folder.options();
    auto const& list = options.contact_list;
    auto const ana = list.find({"ANA", "northwind.example"});
    REQUIRE(ana);
    CHECK(ana->contact->address.display_name == "Ana Ruiz");
    CHECK(ana->contact->where == "contacts.toml:6");
    CHECK(ana->organization->id == "northwind");
    CHECK(ana->organization->where == "contacts.toml:1");
    CHECK(ana->organization->language == "de");
    CHECK(ana->organization->refer_to->mailbox.address() == "lnd@northwind.example");
    auto const bo = list.find({"bo", "xn--bcher-kva.example"});
    REQUIRE(bo);
    CHECK(bo->contact->where == "contacts.toml:7");
    CHECK_FALSE(list.find({"lnd", "northwind.example"}));  // refer_to is no contact by that alone
    auto const name_of = [&](std::string_view domain) {
        auto const* const organization = list.by_domain(domain);
        return organization == nullptr ? std::string("none") : organization->name;
    };
    CHECK(name_of("northwind.example") == "Northwind");
    CHECK(name_of("eu.northwind.example") == "Northwind");
    CHECK(name_of("a.b.northwind.example") == "Northwind");
    CHECK(name_of("asia.northwind.example") == "Northwind");
    CHECK(name_of("jp.asia.northwind.example") == "Northwind Asia");
    CHECK(name_of("notnorthwind.example") == "none");
    CHECK(name_of("example") == "none");
    CHECK(name_of("") == "none");
    CHECK(list.organizations()[1].id == "Northwind Asia");
}

TEST_CASE("100,000 contacts are read and found") {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        auto const n = std::to_string(i);
        text += "[[organization]]\nname = \"Customer " + n + "\"\ndomains = [\"c" + n + ".example\"]\ncontacts = [";
        for (auto const* person : {"ana", "bo", "cy", "di", "eve"})
            text += std::string("\n  \"") + person + "@c" + n + ".example\",";
        text += "\n]\n";
    }
    ConfigFolder folder;
    folder.contacts_toml(text);
    auto const options = folder.options();
    auto const last = options.contact_list.find({"eve", "c19999.example"});
    REQUIRE(last);
    CHECK(last->organization->name == "Customer 19999");
    CHECK(last->contact->where == "contacts.toml:199999");
}
