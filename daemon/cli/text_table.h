// An aligned table for people. Cells are text of strangers as it is: the table makes them visible. Pure.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace postern {

// How the terminal wants it.
struct Style {
    bool colour = false;      // false off a terminal and under NO_COLOR
    std::size_t columns = 0;  // width of the terminal; 0: unknown, nothing is cut

    [[nodiscard]] std::string bold(std::string const& text) const { return paint("1", text); }
    [[nodiscard]] std::string dim(std::string const& text) const { return paint("2", text); }
    [[nodiscard]] std::string red(std::string const& text) const { return paint("31", text); }
    [[nodiscard]] std::string green(std::string const& text) const { return paint("32", text); }

  private:
    [[nodiscard]] std::string paint(char const* code, std::string const& text) const {
        return colour ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
    }
};

class TextTable {
  public:
    explicit TextTable(std::vector<std::string> headings)
        : headings_(std::move(headings)) {}    // none empty: no heading line
    void add(std::vector<std::string> cells);  // as many as there are headings
    // Two spaces between columns; the last column is not padded and, on a terminal, cut at its edge.
    void print(std::ostream& out, Style const& style) const;
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace postern
