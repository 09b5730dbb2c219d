#include "daemon/cli/refresh_token_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "daemon/cli/exit_code.h"
#include "store/file_sync.h"

namespace postern {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(ExitCode code, fs::path const& path, std::string const& what) {
    throw CommandFailure(code, path.string() + ": " + what);
}

std::string system_says() {
    return std::generic_category().message(errno);
}

// A secret that is linked to from beside the configuration stays where it is.
fs::path behind_links(fs::path const& file) {
    std::error_code ignored;
    auto const real = fs::weakly_canonical(file, ignored);
    return real.empty() ? file : real;
}

class Descriptor {
  public:
    explicit Descriptor(fs::path const& file) : number_(::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_;
};

bool write_all(int fd, std::string_view octets) {
    while (!octets.empty()) {
        auto const written = ::write(fd, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

RefreshTokenTarget::RefreshTokenTarget(fs::path const& file, fs::path state_dir, std::function<void()> return_to_caller)
    : file_(behind_links(file)), state_dir_(std::move(state_dir)), return_to_caller_(std::move(return_to_caller)) {
    std::error_code ignored;
    auto const folder = file_.parent_path();
    if (fs::is_directory(file_, ignored)) fail(ExitCode::cannot_create, file_, "is a folder, and no file");
    bool const is_writable = ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
    bool const is_forbidden = !is_writable && errno == EACCES;
    needs_root_ = is_forbidden && ::getuid() == 0;
    if (is_forbidden && !needs_root_)
        fail(ExitCode::refused, folder, "the token could not be written there: run it as root, or as who may");
    if (!is_writable && !needs_root_) fail(ExitCode::cannot_create, folder, system_says());
    struct stat state {};
    bool const is_known = ::stat(state_dir_.c_str(), &state) == 0;
    if (is_known && ::getuid() != 0 && state.st_uid != ::geteuid())
        fail(ExitCode::refused, state_dir_,
             "belongs to another user, who alone may read the token: run it as root, or as that user");
}

void RefreshTokenTarget::write(std::string_view token) const {
    if (needs_root_) return_to_caller_();
    FileInTheMaking making(file_);
    {
        Descriptor const fd(making.path());
        struct stat state {};
        // posternd reads it, and is nobody but the owner of state_dir.
        bool const is_given = ::geteuid() != 0 || ::stat(state_dir_.c_str(), &state) != 0 ||
                              ::fchown(fd.number(), state.st_uid, state.st_gid) == 0;
        if (fd.number() < 0 || !is_given || !write_all(fd.number(), std::string(token) + "\n"))
            fail(ExitCode::io_error, file_, system_says());
    }
    if (!making.become_target(FileInTheMaking::Existing::replace)) fail(ExitCode::cannot_create, file_, system_says());
}

}  // namespace postern
