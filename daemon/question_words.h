// The words that let held mail in: plain, of six letters or so, none a name or anything that stands alone on a line of
// a mail by custom. They are no secret to keep: the address of the answer is. A word shows that a person read the
// question and means this mail.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern {

// At most as many as there are, each another one, drawn by the system's randomness.
[[nodiscard]] std::vector<std::string> draw_words(std::size_t count);

}  // namespace postern
