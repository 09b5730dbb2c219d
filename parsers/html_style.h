// What styles say about text. Pure and total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

// The element is not shown: display: none and the other ways in which mail hides text from its readers.
[[nodiscard]] bool hides(std::string_view style);

// Text that stands right in the element has no size: for machines to read. What elements within it say of their own
// text is theirs.
[[nodiscard]] bool shrinks_to_nothing(std::string_view style);

// The classes that a style sheet hides from every reader: simple rules outside of @media. At most
// limits::hiding_classes.
[[nodiscard]] std::vector<std::string> hiding_classes(std::string_view style_sheet);

// White space and line ends count: white-space: pre, pre-wrap, pre-line, break-spaces.
[[nodiscard]] bool preserves_space(std::string_view style);

// The line above the block with which Outlook sets off the header of what it quotes.
[[nodiscard]] bool is_outlook_rule(std::string_view style);

}  // namespace postern
