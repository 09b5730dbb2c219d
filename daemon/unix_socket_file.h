// UnixSocketFile: the name that a Unix socket of ours has in the file system, from bind to the end.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <system_error>

namespace postern {

class UnixSocketFile {
  public:
    // Gives the socket the name. One left behind by a program that is gone is taken away first; where somebody still
    // listens there, the error is address_in_use. From the first instant owner and group alone may speak to it, mode
    // 0660: an MTA in our group. Who connects before the caller listens is turned away by the kernel.
    [[nodiscard]] static std::error_code bind(int socket, std::filesystem::path const& path);

    explicit UnixSocketFile(std::filesystem::path path);  // bound already
    // Takes the name away, unless it is somebody else's by now.
    ~UnixSocketFile();
    UnixSocketFile(UnixSocketFile&& other) noexcept;
    UnixSocketFile& operator=(UnixSocketFile&&) = delete;

  private:
    std::filesystem::path path_;  // empty: moved from
    dev_t device_ = 0;
    ino_t file_ = 0;
};

}  // namespace postern
