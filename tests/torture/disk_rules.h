// What the disk shim and the test that preloads it share: the rules the disk goes by, in a file that both map, and the
// log of what was done to it.
#pragma once

#include <atomic>
#include <cstdint>

namespace postern::testing {

// Zeroes: a disk that works.
struct DiskRules {
    std::atomic<std::int32_t> write_error;  // errno of whatever would write: ENOSPC, EROFS, EIO
    std::atomic<std::int32_t> lies;         // a sync says that it is done, and does nothing
};

// A record of the log: this, the path, then `octets` octets where it is a write.
struct DiskRecord {
    enum class Kind : std::uint32_t { create, write, truncate, sync, sync_folder, unlink, rename };
    Kind kind;
    std::uint32_t path_size;
    std::uint64_t offset;  // of a truncate: the size
    std::uint64_t octets;  // of a rename: the size of the new path, which follows
};

}  // namespace postern::testing
