// Files that shall outlive a power failure. Throws StoreError: full, or broken.
#pragma once

#include <filesystem>

namespace postern {

// Who else is on this machine has no business in a store.
inline constexpr unsigned store_file_mode = 0600;

// Makes an empty file of that mode, whatever the umask, where there is none.
void create_store_file(std::filesystem::path const& file);

// A file that is made beside the one it shall become, and removed again unless it does.
class FileInTheMaking {
  public:
    // Fresh, empty, of the store's mode.
    explicit FileInTheMaking(std::filesystem::path target);
    ~FileInTheMaking();
    FileInTheMaking(FileInTheMaking const&) = delete;
    FileInTheMaking& operator=(FileInTheMaking const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

    enum class Existing { replace, refuse };
    // Syncs it and gives it its name, so that what bears the name is whole. False: refused, a file of that name exists.
    [[nodiscard]] bool become_target(Existing existing);

  private:
    std::filesystem::path target_, path_;
    bool made_ = true;
};

}  // namespace postern
