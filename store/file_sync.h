// Files that shall outlive a power failure. Throws StoreError: full, or broken.
#pragma once

#include <filesystem>

namespace postern {

// Who else is on this machine has no business in a store: 0600. Where the folder says that its group shares what is in
// it, writable for the group and handing the group on to new files (mode 2770), the group may use the store, too: 0660.
[[nodiscard]] unsigned store_file_mode(std::filesystem::path const& file);

// Makes an empty file of that mode, whatever the umask, where there is none. One of ours that is there, and its log,
// are given to the folder's group or taken from it again.
void create_store_file(std::filesystem::path const& file);

// A file that is made beside the one it shall become, and removed again unless it does.
class FileInTheMaking {
  public:
    // Fresh, empty, of mode 0600: a copy is its maker's alone.
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
