// What `postern parse` prints: a parsed mail as one JSON object (the keys of the outer interface). Pure.
#pragma once

#include <string>

#include "parsers/message.h"

namespace postern {

// Always valid UTF-8, indented, without a line end. What is unknown is null.
[[nodiscard]] std::string message_json(ParsedMessage const& message);

}  // namespace postern
