// Reads postern.toml and the files it names. The only place of this floor that opens files; parse_* are pure.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/finding.h"
#include "config/options.h"

namespace postern {

struct Loaded {
    std::optional<Options> options;  // none where there is an error
    Findings findings;               // errors and notices of all files, in file order
};

// Never throws for what stands in the files; a file that can't be read is a finding.
[[nodiscard]] Loaded load_options(std::filesystem::path const& file);

// A secret's octets without one trailing line end; nullopt: cannot be read.
[[nodiscard]] std::optional<std::string> read_secret(Secret const& secret);

}  // namespace postern
