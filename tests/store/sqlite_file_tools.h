// What tests of the SQLite file need beside the store: SQL behind its back, modes, a child process.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "store/audit.h"
#include "store/sqlite_store.h"

namespace postern::test {

inline void sql(std::filesystem::path const& file, std::string const& text) {
    SQLite::Database{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec(text);
}

inline std::int64_t number_in(std::filesystem::path const& file, std::string const& query) {
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY};
    return database.execAndGet(query).getInt64();
}

inline mode_t mode_of(std::filesystem::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

// The umask of a careless administrator; put back at the end.
struct OpenUmask {
    mode_t before = ::umask(0);
    ~OpenUmask() { ::umask(before); }
};

inline StoreError::Kind failure_of(SqliteOptions const& options) {
    try {
        static_cast<void>(open_sqlite_store(options));
    } catch (StoreError const& error) {
        INFO(error.what());
        return error.kind();
    }
    FAIL("opened");
    return StoreError::Kind::busy;
}

inline std::string octets_of(std::filesystem::path const& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Takes as much room packed as it does not.
inline std::string noise(std::size_t size) {
    std::mt19937 random{7};
    std::string octets;
    while (octets.size() < size) octets.push_back(static_cast<char>(random()));
    return octets;
}

inline std::string told(AuditReport const& report) {
    std::string lines;
    for (auto const& problem : report.problems) lines += problem.what + '\n';
    return lines;
}

}  // namespace postern::test
