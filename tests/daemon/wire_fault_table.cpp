#include "tests/daemon/wire_fault_table.h"

#include <algorithm>
#include <stdexcept>

#include "tests/support/markdown_table.h"

namespace postern::testing {

std::vector<std::string> WireFault::events() const {
    std::vector<std::string> events;
    for (auto at = logged.find('`'); at != std::string::npos; at = logged.find('`', at + 1)) {
        auto const end = logged.find('`', at + 1);
        events.push_back(logged.substr(at + 1, end - at - 1));
        at = end;
    }
    return events;
}

std::vector<WireFault> wire_faults(std::string const& heading) {
    std::vector<WireFault> faults;
    for (auto const& row : markdown_table("docs/wire-faults.md", heading, 5))
        faults.push_back({row[0], row[1], row[2], row[3], row[4]});
    return faults;
}

WireFault wire_fault(std::string const& heading, std::string const& name) {
    auto const faults = wire_faults(heading);
    auto const found = std::find_if(faults.begin(), faults.end(), [&](auto const& each) { return each.name == name; });
    if (found == faults.end()) throw std::runtime_error("docs/wire-faults.md has no row for: " + name);
    return *found;
}

}  // namespace postern::testing
