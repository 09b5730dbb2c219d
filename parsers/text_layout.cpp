#include "parsers/text_layout.h"

#include <algorithm>
#include <utility>

namespace postern {
namespace {

// Deeper quotations and lists are set off no further: the width of a line's prefix stays bounded.
constexpr unsigned quotation_marks = 5;
constexpr std::size_t indent_columns = 16;

// Characters that only steer the layout, or fill the preview line of a client: U+00AD, U+034F, U+200B, U+2060, U+FEFF.
std::size_t invisible_length(std::string_view text) noexcept {
    for (std::string_view const each : {"\xC2\xAD", "\xCD\x8F", "\xE2\x80\x8B", "\xE2\x81\xA0", "\xEF\xBB\xBF"})
        if (text.substr(0, each.size()) == each) return each.size();
    return 0;
}

}  // namespace

void TextLayout::add(std::string_view text, bool preformatted) {
    std::size_t i = 0;
    while (i < text.size()) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (preformatted && (c == '\n' || c == '\r')) {
            if (c == '\n') add_line_end();
            ++i;
        } else if (preformatted && (c == ' ' || c == '\t')) {
            begin_text();
            out_ += text[i++];
        } else if (c <= ' ' || c == 0x7F) {
            pending_space_ = true;
            ++i;
        } else if (c == 0xC2 && text.substr(i, 2) == "\xC2\xA0") {
            pending_space_ = true;
            i += 2;
        } else if (auto const skipped = c < 0x80 ? 0 : invisible_length(text.substr(i, 3)); skipped != 0) {
            i += skipped;
        } else if (text.substr(i, 3) == "\xE2\x80\x8C" && (pending_space_ || pending_lines_ > 0)) {
            i += 3;  // a zero-width non-joiner with nothing to keep apart: a filler again
        } else {
            begin_text();
            auto end = i + 1;
            while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' &&
                   static_cast<unsigned char>(text[end]) < 0x7F)
                ++end;
            if (c >= 0x80)
                for (end = i + 1; end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;) ++end;
            out_ += text.substr(i, end - i);
            i = end;
        }
    }
}

void TextLayout::add_verbatim(std::string_view text) {
    pending_space_ = true;
    begin_text();
    out_ += text;
}

void TextLayout::break_lines(unsigned lines) {
    // An item or a cell that has just begun stands on its line already.
    bool const has_begun = !bullet_.empty() || (in_cell_ && !cell_has_text_);
    if (!out_.empty() && !has_begun) pending_lines_ = std::max(pending_lines_, lines);
    pending_space_ = false;
}

void TextLayout::add_line_end() {
    if (!out_.empty()) pending_lines_ = std::min(pending_lines_ + 1, 2U);
    pending_space_ = false;
}

void TextLayout::begin_cell() noexcept {
    in_cell_ = true;
    cell_has_text_ = cell_has_lines_ = false;
}

void TextLayout::end_cell() noexcept {
    in_cell_ = false;
    if (!cell_has_text_) return;
    if (cell_has_lines_) {
        pending_lines_ = std::max(pending_lines_, 1U);
    } else {
        pending_lines_ = 0;
        pending_cell_ = true;
    }
}

void TextLayout::end_row() {
    pending_cell_ = in_cell_ = false;
    cell_has_lines_ = true;  // of the cell that this row's table stands in
    break_lines(1);
}

void TextLayout::begin_quotation() {
    break_lines(1);
    ++quotations_;
}

void TextLayout::end_quotation() {
    break_lines(1);
    if (quotations_ > 0) --quotations_;
}

std::string TextLayout::take() {
    return std::move(out_);
}

void TextLayout::begin_text() {
    if (out_.empty() || pending_lines_ > 0)
        begin_line();
    else if (pending_cell_)
        out_ += '\t';
    else if (pending_space_ && out_.back() != ' ')
        out_ += ' ';
    pending_lines_ = 0;
    pending_space_ = pending_cell_ = false;
    cell_has_text_ = true;
}

void TextLayout::begin_line() {
    auto const marks = std::min(quotations_, quotation_marks);
    if (!out_.empty()) {
        out_ += '\n';
        if (pending_lines_ > 1) out_.append(std::min(marks, marks_of_last_line_), '>') += '\n';
    }
    marks_of_last_line_ = marks;
    for (unsigned i = 0; i < marks; ++i) out_ += "> ";
    auto const indent = std::min(indent_, indent_columns);
    out_.append(indent - std::min(indent, bullet_.size()), ' ');
    out_ += bullet_;
    bullet_.clear();
    cell_has_lines_ = cell_has_lines_ || cell_has_text_;
}

}  // namespace postern
