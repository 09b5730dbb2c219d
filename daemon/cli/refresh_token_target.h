// RefreshTokenTarget: the configured refresh_token_file, as `postern oauth2 login` writes it: all of it or nothing, for
// the owner of state_dir alone (0600), whoever that folder lets write. Effects: the file system.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace postern {

class RefreshTokenTarget {
  public:
    // Looks whether it could be written, before a person logs in for it. `return_to_caller`: called by write() where
    // the owner of state_dir may not write there, but root, who called us, may. Throws CommandFailure.
    RefreshTokenTarget(std::filesystem::path const& file, std::filesystem::path state_dir,
                       std::function<void()> return_to_caller);

    // Durable when it returns. Throws CommandFailure, StoreError (no room, an error of the disk).
    void write(std::string_view token) const;
    [[nodiscard]] std::filesystem::path const& file() const noexcept { return file_; }

  private:
    std::filesystem::path file_;  // no symbolic link
    std::filesystem::path state_dir_;
    std::function<void()> return_to_caller_;
    bool needs_root_ = false;
};

}  // namespace postern
