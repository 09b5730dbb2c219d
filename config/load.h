// Reads postern.toml and the files it names. With file_reader.h the only place of this floor that opens files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/finding.h"
#include "config/options.h"

namespace postern {

struct Loaded {
    std::optional<Options> options;  // none where there is an error
    Findings findings;               // errors and notices of all files, in file order
};

// Never throws for what stands in the files; a file that can't be read is a finding. *_file keys are looked for in
// $CREDENTIALS_DIRECTORY first, and at last where systemd lays those of postern.service; each must be readable by who
// calls.
[[nodiscard]] Loaded load_options(std::filesystem::path const& file);

// The same for who needs no secret: an operator's shell has neither the daemon's rights nor its credentials. The
// files that *_file keys name are not looked at.
[[nodiscard]] Loaded load_options_without_secrets(std::filesystem::path const& file);

// A secret's octets without one trailing line end; nullopt: cannot be read.
[[nodiscard]] std::optional<std::string> read_secret(Secret const& secret);

}  // namespace postern
