#include "daemon/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace postern {

namespace {

// `postern status` and `deliver` hold the lock for an instant to ask; a daemon that starts just then must not leave.
constexpr int attempts = 10;
constexpr auto between_attempts = std::chrono::milliseconds{50};

std::filesystem::path lock_file(std::filesystem::path const& state_dir) {
    return state_dir / "posternd.lock";
}

}  // namespace

std::optional<StateLock> StateLock::acquire(std::filesystem::path const& state_dir) {
    auto const file = lock_file(state_dir);
    StateLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.fd_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
        if (errno != EWOULDBLOCK) throw std::system_error(errno, std::generic_category(), file.string());
        std::this_thread::sleep_for(between_attempts);
    }
    return std::nullopt;
}

bool StateLock::is_held(std::filesystem::path const& state_dir) {
    StateLock const probe(::open(lock_file(state_dir).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (probe.fd_ < 0) return false;
    // A shared lock is enough to ask, so that two who ask don't see each other.
    return ::flock(probe.fd_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

StateLock::~StateLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace postern
