// What the sender newly wrote: the text without quoted history, signature and disclaimer. Pure, total, linear.
#pragma once

#include <string>

#include "parsers/readable_text.h"

namespace postern {

// Never empty where the text isn't: where all of it looks quoted, all of it is given. Answers between the quoted lines
// are kept with them.
[[nodiscard]] std::string newly_written(ReadableText const& text);

}  // namespace postern
