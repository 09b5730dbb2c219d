// The marks that mail clients leave in HTML where they quote: classes, ids and styles. Pure and total.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "parsers/html_tokenizer.h"
#include "parsers/readable_text.h"

namespace postern {

// A mark while the HTML is being read. Some elements hold a quotation only if nothing better marks it within them.
struct QuoteMark {
    std::optional<TextMark::Role> role;  // nullopt: taken back
    bool is_container = false;           // all of it is a quotation only if no mark within it says which part is
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Whether it is worth while to look for marks; in a fraction of the time.
[[nodiscard]] bool may_hold_quote_marks(std::string_view html) noexcept;

// What this start tag marks; nullopt: nothing.
[[nodiscard]] std::optional<QuoteMark> quote_mark(HtmlToken const& start_tag);

// Judges the containers, once their ends are known.
void finish_quote_marks(std::vector<QuoteMark>& marks, std::string_view text);

}  // namespace postern
