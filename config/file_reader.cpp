#include "config/file_reader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace postern {
namespace {

// Closes once.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_;
};

ParseError system_says() {
    return {std::generic_category().message(errno), 0};
}

}  // namespace

Parsed<FileContent> read_whole_file(std::filesystem::path const& file, std::size_t max_octets) {
    Descriptor const descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (descriptor.number() < 0 || fstat(descriptor.number(), &status) != 0) return system_says();
    FileContent content;
    content.is_readable_by_others = (status.st_mode & S_IROTH) != 0;
    std::array<char, 64UL * 1024> piece{};
    for (;;) {
        auto const count = read(descriptor.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_says();
        if (count == 0) break;
        content.octets.append(piece.data(), static_cast<std::size_t>(count));
        if (content.octets.size() > max_octets) return ParseError{"File too large", max_octets};
    }
    ::explicit_bzero(piece.data(), piece.size());  // it may have held a secret
    return content;
}

}  // namespace postern
