#include "daemon/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace postern {

namespace {

[[noreturn]] void fail(char const* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// A file without a name, also where the file system knows no O_TMPFILE (open(2)).
int open_nameless(std::filesystem::path const& folder) {
    auto const descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
    auto name = (folder / "spool-XXXXXX").string();
    auto const named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

}  // namespace

SpoolFile::SpoolFile(std::filesystem::path const& folder) : descriptor_(open_nameless(folder)) {
    if (descriptor_ < 0) fail("spool file");
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(std::exchange(other.size_, 0)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    return *this;
}

SpoolFile::~SpoolFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void SpoolFile::append(std::string_view octets) {
    while (!octets.empty()) {
        auto const written = ::pwrite(descriptor_, octets.data(), octets.size(), static_cast<off_t>(size_));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail("spool file");
        octets.remove_prefix(static_cast<std::size_t>(written));
        size_ += static_cast<std::uint64_t>(written);
    }
}

std::string SpoolFile::read() const {
    std::string octets(size_, '\0');
    for (std::size_t at = 0; at < octets.size();) {
        auto const count = ::pread(descriptor_, octets.data() + at, octets.size() - at, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("spool file");
        if (count == 0) throw std::system_error(EIO, std::generic_category(), "spool file: shorter than it was");
        at += static_cast<std::size_t>(count);
    }
    return octets;
}

}  // namespace postern
