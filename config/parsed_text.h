// A Parsed<std::string> that holds a text. ParseError could be made of a text as well, so it takes saying which is
// meant.
#pragma once

#include <string>
#include <utility>

#include "parsers/result.h"

namespace postern {

[[nodiscard]] inline Parsed<std::string> parsed_text(std::string text) {
    return Parsed<std::string>(boost::system::in_place_value, std::move(text));
}

}  // namespace postern
