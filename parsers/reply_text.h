// What the sender newly wrote: the text without quoted history, signature and disclaimer. Pure, total, linear.
#pragma once

#include <string>

#include "parsers/readable_text.h"

namespace postern {

struct NewText {
    std::string text;          // never empty where the whole isn't: where all of it looks quoted, all of it is given
    bool has_history = false;  // something quoted was found
};

// Answers between quoted lines are kept with them.
[[nodiscard]] NewText newly_written(ReadableText const& whole);

}  // namespace postern
