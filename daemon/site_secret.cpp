#include "daemon/site_secret.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/file_sync.h"
#include "store/store.h"

namespace postern {

namespace {

using Octets = std::array<std::uint8_t, site_secret_octets>;

constexpr mode_t ours_alone = 0600, the_groups_to_read = 0640;

std::string reason(int error) {
    return std::generic_category().message(error);
}

class File {
  public:
    File(std::filesystem::path const& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

  private:
    int fd_;
};

Octets hmac(std::uint8_t const* key, std::size_t key_octets, std::string_view octets) {
    Octets result{};
    unsigned length = 0;
    auto const* const made =
        HMAC(EVP_sha256(), key, static_cast<int>(key_octets), reinterpret_cast<unsigned char const*>(octets.data()),
             octets.size(), result.data(), &length);
    if (made == nullptr || length != result.size()) throw std::runtime_error("HMAC-SHA256 is not to be had");
    return result;
}

// Who else may read it could make what only we can.
void require_private(struct stat const& status, std::filesystem::path const& path) {
    if (!S_ISREG(status.st_mode)) throw SiteSecretError(path.string() + " is no file: move it away");
    if ((status.st_mode & 0007) != 0)
        throw SiteSecretError("everybody may use " + path.string() + ": chmod o= it, or remove it to have a new one");
}

// Nullopt: there is none.
std::optional<Octets> read(std::filesystem::path const& path) {
    File const file(path, O_RDONLY | O_NONBLOCK);
    if (file.get() < 0) {
        if (errno == ENOENT) return std::nullopt;
        throw SiteSecretError("can't read " + path.string() + ": " + reason(errno));
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        throw SiteSecretError("can't look at " + path.string() + ": " + reason(errno));
    require_private(status, path);
    Octets octets{};
    auto const count = ::pread(file.get(), octets.data(), octets.size(), 0);
    if (count < 0) throw SiteSecretError("can't read " + path.string() + ": " + reason(errno));
    if (static_cast<std::size_t>(count) != octets.size() || static_cast<std::size_t>(status.st_size) != octets.size()) {
        throw SiteSecretError(path.string() + " has not " + std::to_string(site_secret_octets) +
                              " octets: remove it to have a new one");
    }
    return octets;
}

// Whoever else is let in by the folder's group makes none: the file would be theirs.
void require_owner_of(std::filesystem::path const& state_dir) {
    struct stat status {};
    if (::stat(state_dir.c_str(), &status) != 0)
        throw SiteSecretError("can't look at " + state_dir.string() + ": " + reason(errno));
    if (status.st_uid != ::geteuid())
        throw SiteSecretError("there is no " + (state_dir / site_secret_name).string() +
                              " yet: posternd makes it when it starts");
}

void write_random(std::filesystem::path const& path, mode_t mode) {
    Octets octets{};
    // Never short for so few; interrupted only before the kernel's pool is ready (getrandom(2)).
    while (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    File const file(path, O_WRONLY);
    bool const written =
        file.get() >= 0 && ::write(file.get(), octets.data(), octets.size()) == static_cast<ssize_t>(octets.size());
    auto const error = errno;
    OPENSSL_cleanse(octets.data(), octets.size());
    if (!written) throw SiteSecretError("can't write " + path.string() + ": " + reason(error));
    if (::fchmod(file.get(), mode) != 0)
        throw SiteSecretError("can't set the mode of " + path.string() + ": " + reason(errno));
}

void make(std::filesystem::path const& path) {
    auto const mode = store_file_mode(path) == ours_alone ? ours_alone : the_groups_to_read;
    try {
        FileInTheMaking file(path);
        write_random(file.path(), mode);
        // Somebody was faster: theirs is the site's.
        static_cast<void>(file.become_target(FileInTheMaking::Existing::refuse));
    } catch (StoreError const& error) {
        throw SiteSecretError(error.what());
    }
}

}  // namespace

SealingKey::~SealingKey() {
    OPENSSL_cleanse(octets_.data(), octets_.size());
}

SealingKey::Seal SealingKey::seal(std::string_view octets) const {
    return hmac(octets_.data(), octets_.size(), octets);
}

SiteSecret::~SiteSecret() {
    OPENSSL_cleanse(octets_.data(), octets_.size());
}

std::optional<SiteSecret> SiteSecret::load(std::filesystem::path const& state_dir) {
    auto octets = read(state_dir / site_secret_name);
    if (!octets) return std::nullopt;
    SiteSecret secret(*octets);
    OPENSSL_cleanse(octets->data(), octets->size());
    return secret;
}

SiteSecret SiteSecret::load_or_make(std::filesystem::path const& state_dir) {
    if (auto const known = load(state_dir)) return *known;
    auto const path = state_dir / site_secret_name;
    require_owner_of(state_dir);
    make(path);
    auto const made = load(state_dir);
    if (!made) throw SiteSecretError(path.string() + " went away as it was made");
    return *made;
}

SealingKey SiteSecret::key_for(std::string_view purpose) const {
    return SealingKey(hmac(octets_.data(), octets_.size(), purpose));
}

}  // namespace postern
