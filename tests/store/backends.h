// The back ends that the contract suite runs on, and a folder of its own for each test.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace postern::test {

class TemporaryFolder {
  public:
    TemporaryFolder() : path_(make()) {}
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;
    [[nodiscard]] std::filesystem::path const& path() const { return path_; }

  private:
    static std::filesystem::path make() {
        auto name = (std::filesystem::temp_directory_path() / "postern-store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        return name;
    }
    std::filesystem::path path_;
};

struct MemoryBackend {
    std::unique_ptr<Store> owner = make_memory_store();
    Store& store = *owner;
};

struct SqliteBackend {
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "postern.db";
    std::unique_ptr<Store> owner = open_sqlite_store({file, Migrate::yes});
    Store& store = *owner;
};

}  // namespace postern::test

// A test that every back end must pass; `Backend` is the back end.
#define CONTRACT(name) \
    TEMPLATE_TEST_CASE(name, "[contract]", postern::test::MemoryBackend, postern::test::SqliteBackend)
