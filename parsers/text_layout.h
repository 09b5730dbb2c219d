// Lays out running text as lines: collapses white space, keeps paragraphs apart, sets list items and quotations off.
// What HTML's elements mean for it is html_text's to know.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

class TextLayout {
  public:
    // Adds text; white space collapses (nbsp too) unless preformatted.
    void add(std::string_view text, bool preformatted);
    // Text that stands as it is, a link's address or an item's bullet; asks for a space before it where text stands
    // there.
    void add_verbatim(std::string_view text);

    // The next text begins on a new line; with 2, behind an empty one.
    void break_lines(unsigned lines);
    void add_line_end();  // <br>

    void begin_cell() noexcept;
    void end_cell() noexcept;  // a cell of one line stands beside the next one, whatever blocks it was made of
    void end_row();

    void begin_quotation();
    void end_quotation();
    // Of the next line alone, as wide as the lines behind it are set in.
    void set_bullet(std::string bullet) { bullet_ = std::move(bullet); }
    void set_indent(std::size_t columns) noexcept { indent_ = columns; }

    // Behind the last character; what is added next begins here, with line ends first where they are due.
    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
    [[nodiscard]] std::string_view text() const noexcept { return out_; }
    [[nodiscard]] std::string take();

  private:
    void begin_text();  // writes what is pending: line ends, prefix, cell separator, space
    void begin_line();

    std::string out_;
    std::string bullet_;
    std::size_t indent_ = 0;
    unsigned quotations_ = 0;
    unsigned marks_of_last_line_ = 0;
    unsigned pending_lines_ = 0;
    bool pending_space_ = false;
    bool pending_cell_ = false;
    bool in_cell_ = false;
    bool cell_has_text_ = false;
    bool cell_has_lines_ = false;
};

}  // namespace postern
