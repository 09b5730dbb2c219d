// A folder for the files of a fuzz target, removed when the process ends.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/fuzz/must.h"

namespace postern::fuzz {

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "postern-fuzz-XXXXXX").string();
        must(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;

    std::filesystem::path path;
};

}  // namespace postern::fuzz
