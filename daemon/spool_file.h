// SpoolFile: the octets of one large mail while they come in, on disk so that they are not in memory. The file has no
// name: it is gone when nobody has it open, however the process ends. What it holds was not committed yet, so it is
// never synced. Move-only; not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace postern {

class SpoolFile {
  public:
    // Each throws std::system_error: ENOSPC, EDQUOT, EROFS, EMFILE, EIO, …
    explicit SpoolFile(std::filesystem::path const& folder);
    SpoolFile(SpoolFile&& other) noexcept;
    SpoolFile& operator=(SpoolFile&& other) noexcept;
    ~SpoolFile();

    void append(std::string_view octets);
    [[nodiscard]] std::string read() const;  // all of it
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace postern
