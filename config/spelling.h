// "Did you mean …?": the known word nearest to one that is not known. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// nullopt: none is near. Case, and '-' for '_', count for nothing.
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word, std::vector<std::string> const& known);

}  // namespace postern
