#include "tests/daemon/wire_fault_table.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

std::string trimmed(std::string const& text) {
    auto const begin = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
    return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

// "| a | b |"
std::vector<std::string> cells_of(std::string const& line) {
    std::vector<std::string> cells;
    std::istringstream rest(line.substr(1));
    for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(trimmed(cell));
    return cells;
}

}  // namespace

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
    std::istringstream lines(read_file(POSTERN_SOURCE_DIR "/docs/wire-faults.md"));
    std::vector<WireFault> faults;
    bool is_under = false, is_head = true;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) {
            is_under = line == "## " + heading;
            is_head = true;
        }
        if (!is_under || !line.starts_with('|')) continue;
        if (line.starts_with("|---")) {
            is_head = false;
        } else if (!is_head) {
            auto const cells = cells_of(line);
            if (cells.size() != 5) throw std::runtime_error("docs/wire-faults.md: not five cells: " + line);
            faults.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
        }
    }
    return faults;
}

WireFault wire_fault(std::string const& heading, std::string const& name) {
    auto const faults = wire_faults(heading);
    auto const found = std::find_if(faults.begin(), faults.end(), [&](auto const& each) { return each.name == name; });
    if (found == faults.end()) throw std::runtime_error("docs/wire-faults.md has no row for: " + name);
    return *found;
}

}  // namespace postern::testing
