// docs/wire-faults.md as the tests read it: the promise that is made for each fault. A fault has a row and a case, or
// wire_fault_table_tests.cpp fails; what its row names as logged is logged, or its case fails.
#pragma once

#include <string>
#include <vector>

namespace postern::testing {

struct WireFault {
    std::string name;  // of its case
    std::string does, next, logged, status;
    [[nodiscard]] std::vector<std::string> events() const;  // what stands as `code` in `logged`
};

// The rows under a heading, "IMAP" or "Relay".
[[nodiscard]] std::vector<WireFault> wire_faults(std::string const& heading);
// Throws where there is no such row.
[[nodiscard]] WireFault wire_fault(std::string const& heading, std::string const& name);

// The names that the cases have; the tests of one fault alone bear it as their title and are tagged "[imap-fault]" or
// "[relay-fault]".
[[nodiscard]] std::vector<std::string> imap_fault_cases();
[[nodiscard]] std::vector<std::string> relay_fault_cases();

}  // namespace postern::testing
