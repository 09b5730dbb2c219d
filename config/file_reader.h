// Reads whole files, bounded. Effects: the file system.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "parsers/result.h"

namespace postern {

// 100,000 contacts take some 5 MB.
inline constexpr std::size_t config_file_octets = 64UL * 1024 * 1024;
// Keys, tokens and certificate chains.
inline constexpr std::size_t secret_file_octets = 1024UL * 1024;

struct FileContent {
    std::string octets;
    bool is_readable_by_others = false;
};

// The error says why in the system's words.
[[nodiscard]] Parsed<FileContent> read_whole_file(std::filesystem::path const& file, std::size_t max_octets);

}  // namespace postern
