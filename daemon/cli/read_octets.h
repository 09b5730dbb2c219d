// Octets of files and pipes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace postern {

// To the end, but no more than one octet past `limit`: then there was more.
[[nodiscard]] std::string read_all(std::istream& in, std::uint64_t limit = UINT64_MAX - 1);

// Throws CommandFailure: no_input.
[[nodiscard]] std::string read_file(std::filesystem::path const& file);

}  // namespace postern
