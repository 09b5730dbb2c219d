// A table of a page of docs/, as tests read it that hold the code to it.
#pragma once

#include <string>
#include <vector>

namespace postern::testing {

// The rows under "## heading", without the head, each with so many cells. Throws where there are none, or others.
[[nodiscard]] std::vector<std::vector<std::string>> markdown_table(std::string const& page, std::string const& heading,
                                                                   std::size_t cells);

}  // namespace postern::testing
