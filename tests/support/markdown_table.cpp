#include "tests/support/markdown_table.h"

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

std::vector<std::vector<std::string>> markdown_table(std::string const& page, std::string const& heading,
                                                     std::size_t cells) {
    std::istringstream lines(read_file(POSTERN_SOURCE_DIR "/" + page));
    std::vector<std::vector<std::string>> rows;
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
            rows.push_back(cells_of(line));
            if (rows.back().size() != cells) throw std::runtime_error(page + ": not the cells of its table: " + line);
        }
    }
    if (rows.empty()) throw std::runtime_error(page + " has no table under: " + heading);
    return rows;
}

}  // namespace postern::testing
