#include "daemon/cli/text_table.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "daemon/cli/terminal_text.h"

namespace postern {
namespace {

constexpr std::size_t gap = 2;
// Below this a cut last column says nothing any more: then the line may wrap.
constexpr std::size_t least_last_column = 10;

std::string aligned(std::vector<std::string> const& cells, std::vector<std::size_t> const& widths, Style const& style) {
    std::string line;
    std::size_t used = 0;
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
        line += cells[i] + std::string(widths[i] - display_width(cells[i]) + gap, ' ');
        used += widths[i] + gap;
    }
    bool const cut = style.columns >= used + least_last_column;
    line += cut ? cut_to_width(cells.back(), style.columns - used) : cells.back();
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
    for (auto& cell : cells) cell = visible_line(cell);
    rows_.push_back(std::move(cells));
}

void TextTable::print(std::ostream& out, Style const& style) const {
    std::vector<std::size_t> widths;
    for (auto const& heading : headings_) widths.push_back(display_width(heading));
    for (auto const& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    bool const headed = std::any_of(headings_.begin(), headings_.end(), [](auto const& text) { return !text.empty(); });
    if (headed) out << style.bold(aligned(headings_, widths, style)) << '\n';
    for (auto const& row : rows_) out << aligned(row, widths, style) << '\n';
}

}  // namespace postern
