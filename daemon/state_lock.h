// StateLock: one daemon a state_dir. An flock on state_dir/posternd.lock, held for the daemon's life; the kernel lets
// go of it however the daemon ends.
#pragma once

#include <filesystem>
#include <optional>

namespace postern {

class StateLock {
  public:
    // nullopt: another process holds it. Throws std::system_error where the file can't be opened.
    [[nodiscard]] static std::optional<StateLock> acquire(std::filesystem::path const& state_dir);
    // Whether a daemon holds it now; false where there is no such file.
    [[nodiscard]] static bool is_held(std::filesystem::path const& state_dir);

    StateLock(StateLock&& other) noexcept;
    StateLock& operator=(StateLock&& other) noexcept;
    ~StateLock();

  private:
    explicit StateLock(int fd) noexcept : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace postern
