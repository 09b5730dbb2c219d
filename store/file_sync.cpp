#include "store/file_sync.h"

#include <fcntl.h>
#include <stdio.h>
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

class Fd {
  public:
    Fd(std::filesystem::path const& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, store_file_mode)) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(Fd const&) = delete;
    Fd& operator=(Fd const&) = delete;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] bool sync() const noexcept { return ::fsync(fd_) == 0; }

  private:
    int fd_;
};

void sync(std::filesystem::path const& path, int flags) {
    Fd const fd{path, flags};
    if (!fd.is_open() || !fd.sync()) fail("cannot sync", path, errno);
}

// A name in a folder outlives a power failure only once the folder is synced.
void sync_folder_of(std::filesystem::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    sync(folder, O_RDONLY | O_DIRECTORY);
}

std::filesystem::path make_beside(std::filesystem::path const& target) {
    auto name = target.string() + ".XXXXXX";
    auto const fd = ::mkostemp(name.data(), O_CLOEXEC);  // of mode 0600
    if (fd < 0) fail("cannot make a file beside", target, errno);
    ::close(fd);
    return name;
}

}  // namespace

void create_store_file(std::filesystem::path const& file) {
    {
        Fd const fd{file, O_RDWR | O_CREAT | O_EXCL};
        if (!fd.is_open() && errno == EEXIST) return;
        if (!fd.is_open()) fail("cannot make", file, errno);
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
