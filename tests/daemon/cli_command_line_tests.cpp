// Which verb, what it is given, and what the shell learns.
#include <catch2/catch.hpp>

#include "daemon/cli/verb.h"
#include "tests/daemon/cli_terminal.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("postern --version and unknown verbs") {
    Terminal().session(R"(
        $ postern --version
        postern 0.1.0
        $ postern frobnicate
        ! postern: there is no verb 'frobnicate'
        ! Try 'postern --help'.
        [64]
        $ postern ticket frobnicate ACME-1
        ! postern: there is no verb 'ticket frobnicate'
        ! Try 'postern ticket --help'.
        [64]
        $ postern ticket parse
        ! postern: there is no verb 'ticket parse'
        ! Try 'postern ticket --help'.
        [64]
        $ postern ticket show
        ! postern: REF is required
        ! Try 'postern ticket show --help'.
        [64]
    )");
}

TEST_CASE("a verb of a later build says so, whatever it is given") {
    Terminal().session(R"(
        $ postern ticket reply ACME-1000 mail.txt
        ! postern: ticket reply is not in this build yet
        [69]
        $ postern ticket merge ACME-1001 ACME-1000 --json
        ! postern: ticket merge is not in this build yet
        [69]
    )");
}

TEST_CASE("every verb has help with an example that begins with its own words") {
    Terminal terminal;
    auto const overview = terminal.run("postern --help");
    CHECK(overview.code == 0);
    for (auto const& verb : all_verbs()) {
        INFO(verb.words);
        CHECK(overview.out.find("\n  " + verb.words + " ") != std::string::npos);
        auto const help = terminal.run("postern " + verb.words + " --help");
        CHECK(help.code == 0);
        CHECK(help.err.empty());
        CHECK(help.out.starts_with("postern " + verb.words));
        CHECK(help.out.find("\nExamples\n  postern ") != std::string::npos);
    }
}

TEST_CASE("the options that every verb takes stand anywhere") {
    Terminal terminal;
    for (auto const* const command : {"postern --json ticket list", "postern ticket --json list",
                                      "postern ticket list --json", "postern --config other.toml ticket list --json"}) {
        INFO(command);
        auto const ran = terminal.run(command);
        CHECK(ran.code == 0);
        CHECK(ran.out == "[]\n");
    }
}

TEST_CASE("a value that looks like a verb is a value") {
    Terminal().session(R"(
        $ postern message show check
        ! postern: the ledger knows no mail check
        [66]
        $ postern ticket list --search list
        ! postern: no such tickets
    )");
}

TEST_CASE("a broken configuration names its errors and ends with 78") {
    Terminal terminal;
    terminal.findings = {{.severity = Finding::Severity::error,
                          .file = "postern.toml",
                          .line = 3,
                          .column = 1,
                          .what = "unknown key 'hostnam'",
                          .cure = "did you mean 'hostname'?"}};
    auto const ran = terminal.run("postern ticket list");
    CHECK(ran.code == 78);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("postern.toml:3:1: "));
    CHECK(ran.err.find("unknown key 'hostnam'") != std::string::npos);
}
