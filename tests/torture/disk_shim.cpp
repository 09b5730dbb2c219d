// Preloaded into a daemon (LD_PRELOAD): stands between it and its disk. Below $POSTERN_DISK it writes down each write,
// truncation, sync, creation, removal and renaming in $POSTERN_DISK_LOG, in the order in which they take effect, and
// fails them as the rules in $POSTERN_DISK_RULES say. A sync is written down once it is done, all else just before:
// where SIGKILL falls in between, the log is one change ahead. From the log a test makes what the disk would hold after
// a power cut (disk_image.h).
//
// SQLite's -shm file is shared memory: it needs no disk, is mapped, and is left out of the log.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/torture/disk_rules.h"

namespace {

using namespace postern::testing;
using Kind = DiskRecord::Kind;

struct OpenFile {
    std::string path;  // empty: not ours
    bool is_folder = false;
};

// All of the shim's state; made at the first call, before main, and never destroyed.
struct Shim {
    std::string root;
    int log = -1;
    DiskRules* rules = nullptr;
    std::mutex mutex;
    std::vector<OpenFile> files;

    Shim() {
        root = text("POSTERN_DISK");
        if (root.empty()) return;
        auto const log_file = text("POSTERN_DISK_LOG");
        if (!log_file.empty())
            log = static_cast<int>(
                syscall(SYS_openat, AT_FDCWD, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        auto const rules_file = text("POSTERN_DISK_RULES");
        auto const fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, rules_file.c_str(), O_RDWR | O_CLOEXEC));
        if (fd < 0) std::abort();
        auto* const mapped = mmap(nullptr, sizeof(DiskRules), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        syscall(SYS_close, fd);
        if (mapped == MAP_FAILED) std::abort();
        rules = static_cast<DiskRules*>(mapped);
    }
    static std::string text(char const* name) {
        auto const* const value = std::getenv(name);
        return value ? value : "";
    }
    [[nodiscard]] bool is_ours(std::string_view path) const {
        return !root.empty() && path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
    }
    [[nodiscard]] OpenFile* file(int fd) {
        if (fd < 0 || static_cast<std::size_t>(fd) >= files.size()) return nullptr;
        auto& found = files[static_cast<std::size_t>(fd)];
        return found.path.empty() ? nullptr : &found;
    }
    // 0, or what a write fails with now.
    [[nodiscard]] int write_error() const { return rules ? rules->write_error.load() : 0; }

    void note(Kind kind, std::string_view path, std::uint64_t offset = 0, void const* octets = nullptr,
              std::uint64_t size = 0) const {
        if (log < 0 || path.ends_with("-shm")) return;
        DiskRecord record{kind, static_cast<std::uint32_t>(path.size()), offset, size};
        iovec parts[] = {
            {&record, sizeof record}, {const_cast<char*>(path.data()), path.size()}, {const_cast<void*>(octets), size}};
        auto const wanted = static_cast<long>(sizeof record + path.size() + size);
        // A log with a hole would prove anything.
        if (syscall(SYS_writev, log, parts, 3) != wanted) std::abort();
    }
};

Shim& shim() {
    static auto* const only = new Shim;
    return *only;
}

bool fails(int& result_errno) {
    result_errno = shim().write_error();
    if (result_errno == 0) return false;
    errno = result_errno;
    return true;
}

int open_file(char const* path, int flags, mode_t mode) {
    auto& disk = shim();
    if (!disk.is_ours(path)) return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    std::lock_guard const lock(disk.mutex);
    struct stat before {};
    bool const was_there = syscall(SYS_newfstatat, AT_FDCWD, path, &before, 0) == 0;
    bool const writes = (flags & O_ACCMODE) != O_RDONLY;
    auto const error = disk.write_error();
    if ((error == EROFS && writes) || (error != 0 && !was_there && (flags & O_CREAT) != 0)) {
        errno = error;
        return -1;
    }
    if (!was_there && (flags & O_CREAT) != 0) disk.note(Kind::create, path);
    if (was_there && (flags & O_TRUNC) != 0 && before.st_size > 0) disk.note(Kind::truncate, path);
    auto const fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    if (fd < 0) return fd;
    if (disk.files.size() <= static_cast<std::size_t>(fd)) disk.files.resize(static_cast<std::size_t>(fd) + 64);
    disk.files[static_cast<std::size_t>(fd)] = {path, was_there && S_ISDIR(before.st_mode)};
    return fd;
}

int sync_file(int fd, long call) {
    auto& disk = shim();
    std::unique_lock lock(disk.mutex);
    auto const* const file = disk.file(fd);
    if (!file) {
        lock.unlock();
        return static_cast<int>(syscall(call, fd));
    }
    if (disk.rules->lies.load() != 0) return 0;
    // What was written before the disk was full had its room.
    if (auto const error = disk.write_error(); error == EIO || error == EROFS) {
        errno = error;
        return -1;
    }
    // The real disk need not be asked: SIGKILL leaves the page cache alone. The log says what would be durable.
    disk.note(file->is_folder ? Kind::sync_folder : Kind::sync, file->path);
    return 0;
}

ssize_t write_at(int fd, void const* octets, std::size_t size, off64_t offset) {
    auto& disk = shim();
    std::unique_lock lock(disk.mutex);
    auto const* const file = disk.file(fd);
    if (!file) {
        lock.unlock();
        return syscall(SYS_pwrite64, fd, octets, size, offset);
    }
    if (int error = 0; fails(error)) return -1;
    disk.note(Kind::write, file->path, static_cast<std::uint64_t>(offset), octets, size);
    return syscall(SYS_pwrite64, fd, octets, size, offset);
}

int truncate_file(int fd, off64_t size) {
    auto& disk = shim();
    std::unique_lock lock(disk.mutex);
    auto const* const file = disk.file(fd);
    if (file) {
        if (int error = 0; fails(error)) return -1;
    }
    if (file) disk.note(Kind::truncate, file->path, static_cast<std::uint64_t>(size));
    return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}

int rename_file(char const* from, char const* to, unsigned flags) {
    auto& disk = shim();
    std::lock_guard const lock(disk.mutex);
    struct stat there {};
    bool const is_refused =
        (flags & RENAME_NOREPLACE) != 0 && syscall(SYS_newfstatat, AT_FDCWD, to, &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (disk.is_ours(from) && !is_refused) disk.note(Kind::rename, from, 0, to, std::strlen(to));
    return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

}  // namespace

extern "C" {

int open(char const* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    auto const mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(path, flags, mode);
}

int open64(char const* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    auto const mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
    auto& disk = shim();
    {
        std::lock_guard const lock(disk.mutex);
        if (auto* const file = disk.file(fd)) *file = {};
    }
    return static_cast<int>(syscall(SYS_close, fd));
}

ssize_t write(int fd, void const* octets, std::size_t size) {
    auto& disk = shim();
    {
        std::lock_guard const lock(disk.mutex);
        auto const* const file = disk.file(fd);
        if (file) {
            if (int error = 0; fails(error)) return -1;
            bool const appends = (syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND) != 0;
            auto const at = syscall(SYS_lseek, fd, 0, appends ? SEEK_END : SEEK_CUR);
            disk.note(Kind::write, file->path, static_cast<std::uint64_t>(at), octets, size);
            return syscall(SYS_write, fd, octets, size);
        }
    }
    return syscall(SYS_write, fd, octets, size);
}

ssize_t pwrite(int fd, void const* octets, std::size_t size, off_t offset) {
    return write_at(fd, octets, size, offset);
}

ssize_t pwrite64(int fd, void const* octets, std::size_t size, off64_t offset) {
    return write_at(fd, octets, size, offset);
}

int ftruncate(int fd, off_t size) noexcept {
    return truncate_file(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
    return truncate_file(fd, size);
}

int fsync(int fd) {
    return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return sync_file(fd, SYS_fdatasync);
}

int unlink(char const* path) noexcept {
    auto& disk = shim();
    std::lock_guard const lock(disk.mutex);
    if (disk.is_ours(path)) disk.note(Kind::unlink, path);
    return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int rename(char const* from, char const* to) noexcept {
    return rename_file(from, to, 0);
}

// Nobody here names a file by its folder's descriptor.
int renameat2(int from_folder, char const* from, int to_folder, char const* to, unsigned flags) noexcept {
    if (from_folder != AT_FDCWD || to_folder != AT_FDCWD) std::abort();
    return rename_file(from, to, flags);
}

int mkostemp(char* name, int flags) {
    constexpr std::size_t random_octets = 6;
    auto* const random = name + std::strlen(name) - random_octets;
    for (;;) {
        std::array<unsigned char, random_octets> octets{};
        if (syscall(SYS_getrandom, octets.data(), octets.size(), 0) != static_cast<long>(octets.size())) return -1;
        for (std::size_t i = 0; i < octets.size(); ++i) random[i] = static_cast<char>('a' + octets[i] % 26);
        auto const fd = open_file(name, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
}

}  // extern "C"
