#include "daemon/unix_socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace postern {

namespace {

constexpr mode_t owner_and_group = 0660;

std::error_code last_error() {
    return {errno, std::generic_category()};
}

sockaddr_un address_of(std::string const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    return address;
}

// Whether nobody listens on the socket that bears the name.
bool is_left_behind(sockaddr_un const& address) {
    int const probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    bool const refused =
        ::connect(probe, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    return refused;
}

}  // namespace

std::error_code UnixSocketFile::bind(int socket, std::filesystem::path const& path) {
    auto const name = path.string();
    auto const address = address_of(name);
    if (name.size() >= sizeof address.sun_path) return std::make_error_code(std::errc::filename_too_long);
    struct stat status {};
    if (::lstat(name.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && is_left_behind(address))
        ::unlink(name.c_str());
    // The kernel makes the name with the socket's own mode less the umask; what the umask took, chmod gives back.
    if (::fchmod(socket, owner_and_group) != 0) return last_error();
    if (::bind(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) return last_error();
    if (::chmod(name.c_str(), owner_and_group) != 0) return last_error();
    return {};
}

UnixSocketFile::UnixSocketFile(std::filesystem::path path) : path_(std::move(path)) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) != 0) return;
    device_ = status.st_dev;
    file_ = status.st_ino;
}

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), file_(other.file_) {}

UnixSocketFile::~UnixSocketFile() {
    struct stat status {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == file_) ::unlink(path_.c_str());
}

}  // namespace postern
