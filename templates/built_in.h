// The template files of this folder, compiled in. embed.cmake writes the source that defines them.
#pragma once

#include <span>
#include <string_view>

namespace postern {

struct BuiltInTemplate {
    std::string_view path;  // "en/receipt.txt"
    std::string_view source;
};

[[nodiscard]] std::span<BuiltInTemplate const> built_in_templates() noexcept;

}  // namespace postern
