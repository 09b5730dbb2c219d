// The table of docs/wire-faults.md and the cases of the tests are the same faults.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/daemon/wire_fault_table.h"

using namespace postern::testing;

namespace {

// Those of tests of one fault alone.
std::vector<std::string> titles(std::string const& tag) {
    std::vector<std::string> titles;
    for (auto const& test : Catch::getRegistryHub().getTestCaseRegistry().getAllTests()) {
        auto const& tags = test.getTestCaseInfo().tags;
        if (std::find(tags.begin(), tags.end(), tag) != tags.end()) titles.push_back(test.getTestCaseInfo().name);
    }
    return titles;
}

void is_complete(std::string const& heading, std::vector<std::string> cases, std::string const& tag) {
    auto const alone = titles(tag);
    cases.insert(cases.end(), alone.begin(), alone.end());
    std::vector<std::string> rows;
    for (auto const& fault : wire_faults(heading)) {
        rows.push_back(fault.name);
        INFO(fault.name);
        CHECK_FALSE(fault.does.empty());
        CHECK_FALSE(fault.next.empty());
        CHECK_FALSE(fault.logged.empty());
        CHECK_FALSE(fault.status.empty());
    }
    CHECK_THAT(rows, Catch::Matchers::UnorderedEquals(cases));
    CHECK(rows.size() >= 30);
}

}  // namespace

TEST_CASE("each fault of the IMAP wire has a row in docs/wire-faults.md and a case") {
    is_complete("IMAP", imap_fault_cases(), "imap-fault");
}

TEST_CASE("each fault of the relay's wire has a row in docs/wire-faults.md and a case") {
    is_complete("Relay", relay_fault_cases(), "relay-fault");
}
