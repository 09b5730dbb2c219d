// What a disk holds, as the shim's log tells (disk_shim.cpp): what was synced, what was only written, and so what a
// power cut leaves. A file's octets are durable after a sync of the file, its name after a sync of its folder; POSIX
// promises no more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/torture/disk_rules.h"

namespace postern::testing {

class DiskImage {
  public:
    // Of what was not synced: nothing reached the disk; or some writes did, in any order, the last of them torn.
    enum class Unsynced { dropped, some };

    explicit DiskImage(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Takes in the log of a daemon that is gone. Throws where the log does not tell all that is in the folder.
    void read(std::filesystem::path const& log);
    // Makes the folder what it would be after the cut; that is what the image begins with next time.
    void cut(Unsynced unsynced, std::minstd_rand& random);

  private:
    struct Change {
        bool is_truncation = false;
        std::uint64_t offset = 0;
        std::string octets;
    };
    struct File {
        std::string durable;
        std::vector<Change> unsynced;
    };
    using Names = std::map<std::string, std::shared_ptr<File>>;

    void apply(DiskRecord const& record, std::string const& path, std::string octets);
    void compare() const;
    [[nodiscard]] static bool is_as_told(std::string const& octets, File const& file);
    static void change(std::string& octets, Change const& change);
    [[nodiscard]] static std::string current(File const& file);

    std::filesystem::path folder_;
    Names durable_names_, names_;
};

}  // namespace postern::testing
