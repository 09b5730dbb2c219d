// RefreshTokenFile: the refresh token that a provider gave in exchange for the configured one (RFC 6749 6), in a folder
// of state_dir, 0600. Its name is a digest of the endpoint, the client and the configured token itself: another one in
// the configured file has another place, so it wins, and whoever reads the same one, from wherever, uses the same
// place. Effects: the file system.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/wake_event.h"
#include "parsers/time_point.h"

namespace postern {

struct RefreshToken {
    std::string token;              // a secret
    std::optional<TimePoint> ends;  // as far as the provider told
};

// What stands there is none of ours.
class RefreshTokenFileError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class RefreshTokenFile {
  public:
    // An flock(2), given back at the end.
    class Lock {
      public:
        Lock(Lock&& other) noexcept;
        Lock& operator=(Lock&&) = delete;
        ~Lock();

      private:
        friend class RefreshTokenFile;
        explicit Lock(int fd) noexcept : fd_(fd) {}
        int fd_ = -1;
    };

    // Room for a token, on the disk already, so that a full one is found out before the provider makes the old token
    // void and not after. Gone at the end, unless a token was put there.
    class Room {
      public:
        explicit Room(RefreshTokenFile const& file);
        ~Room();
        Room(Room const&) = delete;
        Room& operator=(Room const&) = delete;
        // Durable when it returns. Once. Throws std::system_error.
        void put(RefreshToken const& token);

      private:
        RefreshTokenFile const& file_;
        std::filesystem::path unfinished_;
        int fd_ = -1;
    };

    // configured: what the refresh_token_file holds now. Makes the folder, 0700. Throws std::system_error.
    RefreshTokenFile(std::filesystem::path folder, OAuth2Options const& options, std::string_view configured);

    // Held while the token is exchanged: of two who use the same one the provider takes both for thieves (RFC 9700
    // 4.14.2). nullopt: another process has it for longer than that, or `stop` is raised. Throws std::system_error.
    [[nodiscard]] std::optional<Lock> lock(std::chrono::milliseconds wait, WakeEvent const& stop) const;
    // nullopt: none was exchanged yet. One that was written, and whose writer died before it was in its place, is put
    // there: call it under the lock. Throws RefreshTokenFileError, std::system_error.
    [[nodiscard]] std::optional<RefreshToken> read() const;

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

  private:
    [[nodiscard]] std::filesystem::path unfinished() const;
    void finish() const;
    void remove_older() const;

    std::filesystem::path folder_, path_;
    std::string seed_file_;  // as configured
};

}  // namespace postern
