// What an inline style says about text. Pure and total.
#pragma once

#include <string_view>

namespace postern {

// The element is not shown: display: none and the other ways in which mail hides text from its readers.
[[nodiscard]] bool hides(std::string_view style);

// White space and line ends count: white-space: pre, pre-wrap, pre-line, break-spaces.
[[nodiscard]] bool preserves_space(std::string_view style);

// The line above the block with which Outlook sets off the header of what it quotes.
[[nodiscard]] bool is_outlook_rule(std::string_view style);

}  // namespace postern
