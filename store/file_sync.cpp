#include "store/file_sync.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "store/store.h"

namespace postern {

namespace {

[[noreturn]] void fail(std::string const& what, std::filesystem::path const& path, int error) {
    auto const kind = error == ENOSPC || error == EDQUOT ? StoreError::Kind::full : StoreError::Kind::broken;
    throw StoreError{kind, "store: " + what + " " + path.string() + ": " + std::generic_category().message(error)};
}

constexpr mode_t ours_alone = 0600, the_groups_too = 0660;

std::filesystem::path folder_of(std::filesystem::path const& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

class Fd {
  public:
    Fd(std::filesystem::path const& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, ours_alone)) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(Fd const&) = delete;
    Fd& operator=(Fd const&) = delete;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] bool sync() const noexcept { return ::fsync(fd_) == 0; }
    [[nodiscard]] bool set_mode(mode_t mode) const noexcept { return ::fchmod(fd_, mode) == 0; }

  private:
    int fd_;
};

void sync(std::filesystem::path const& path, int flags) {
    Fd const fd{path, flags};
    if (!fd.is_open() || !fd.sync()) fail("cannot sync", path, errno);
}

// A name in a folder outlives a power failure only once the folder is synced.
void sync_folder_of(std::filesystem::path const& path) {
    sync(folder_of(path), O_RDONLY | O_DIRECTORY);
}

std::filesystem::path make_beside(std::filesystem::path const& target) {
    auto name = target.string() + ".XXXXXX";
    auto const fd = ::mkostemp(name.data(), O_CLOEXEC);  // of mode 0600
    if (fd < 0) fail("cannot make a file beside", target, errno);
    ::close(fd);
    return name;
}

// SQLite makes a new log of the store's own mode; what a killed process left has the one from before.
void share_existing(std::filesystem::path const& file, mode_t mode) {
    for (auto const* const suffix : {"", "-wal", "-shm"}) {
        auto const path = file.string() + suffix;
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
        auto const has = status.st_mode & 0777;
        bool const is_to_change = mode == the_groups_too ? has != mode : has == the_groups_too;
        if (is_to_change && ::chmod(path.c_str(), mode) != 0) fail("cannot share", path, errno);
    }
}

}  // namespace

unsigned store_file_mode(std::filesystem::path const& file) {
    constexpr mode_t shared = S_IWGRP | S_ISGID;
    struct stat folder {};
    bool const is_shared = ::stat(folder_of(file).c_str(), &folder) == 0 && (folder.st_mode & shared) == shared;
    return is_shared ? the_groups_too : ours_alone;
}

void create_store_file(std::filesystem::path const& file) {
    auto const mode = store_file_mode(file);
    {
        Fd const fd{file, O_RDWR | O_CREAT | O_EXCL};
        if (!fd.is_open() && errno == EEXIST) return share_existing(file, mode);
        if (!fd.is_open() || !fd.set_mode(mode)) fail("cannot make", file, errno);
    }
    sync_folder_of(file);
}

FileInTheMaking::FileInTheMaking(std::filesystem::path target)
    : target_(std::move(target)), path_(make_beside(target_)) {}

FileInTheMaking::~FileInTheMaking() {
    std::error_code ignored;
    if (made_) std::filesystem::remove(path_, ignored);
}

bool FileInTheMaking::become_target(Existing existing) {
    sync(path_, O_RDWR);
    auto const flags = existing == Existing::refuse ? RENAME_NOREPLACE : 0U;
    auto result = ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), flags);
    if (result != 0 && errno == EINVAL && !std::filesystem::exists(target_)) {
        result = ::rename(path_.c_str(), target_.c_str());  // a file system that knows no RENAME_NOREPLACE, as NFS
    }
    if (result != 0 && (errno == EEXIST || errno == EINVAL)) return false;
    if (result != 0) fail("cannot rename to", target_, errno);
    made_ = false;
    sync_folder_of(target_);
    return true;
}

}  // namespace postern
