#include "daemon/refresh_token_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "config/file_reader.h"
#include "daemon/fault_point.h"
#include "parsers/digest.h"

namespace postern {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Tokens of Microsoft take 2 KB; a larger one grows the file when it is written.
constexpr off_t room_octets = off_t{16} * 1024;
// Between two looks at a lock that somebody else holds for the time of one request.
constexpr std::chrono::milliseconds look_again{50};
constexpr std::string_view suffix = ".token";

[[noreturn]] void fail(fs::path const& path, int error = errno) {
    throw std::system_error(error, std::generic_category(), path.string());
}

std::string name_of(OAuth2Options const& options, std::string_view configured) {
    // NUL stands in none of them. The scope is left out: one refresh token may be used for several.
    auto const separator = std::string(1, '\0');
    return sha256_hex(options.token_url + separator + options.client_id + separator + std::string(configured));
}

void sync_folder(fs::path const& folder) {
    int const fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail(folder);
    auto const error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    if (error != 0) fail(folder, error);
}

void write_all(int fd, std::string_view octets, fs::path const& path) {
    while (!octets.empty()) {
        auto const written = write(fd, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path);
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::optional<RefreshToken> token_in(std::string_view octets) {
    auto const record = Json::parse(octets, nullptr, false);
    if (!record.is_object()) return std::nullopt;
    auto const token = record.find("refresh_token");
    if (token == record.end() || !token->is_string()) return std::nullopt;
    RefreshToken found{token->get<std::string>(), {}};
    if (auto const ends = record.find("ends_ms"); ends != record.end() && ends->is_number_integer())
        found.ends = TimePoint{std::chrono::milliseconds{ends->get<std::int64_t>()}};
    return found;
}

// The configured file that a record was made for; "" where it is none.
std::string seed_file_in(fs::path const& path) {
    auto const content = read_whole_file(path, secret_file_octets);
    if (!content) return {};
    auto const record = Json::parse(content->octets, nullptr, false);
    if (!record.is_object()) return {};
    auto const found = record.find("refresh_token_file");
    return found == record.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

}  // namespace

// ---- Lock -------------------------------------------------------------------------------------------------------

RefreshTokenFile::Lock::Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RefreshTokenFile::Lock::~Lock() {
    if (fd_ >= 0) close(fd_);
}

std::optional<RefreshTokenFile::Lock> RefreshTokenFile::lock(std::chrono::milliseconds wait,
                                                             WakeEvent const& stop) const {
    // Beside the token's own file, which is another one each time. It is never removed.
    auto const path = fs::path(path_).replace_extension(".lock");
    Lock held(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (held.fd_ < 0) fail(path);
    auto const until = std::chrono::steady_clock::now() + wait;
    while (flock(held.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) fail(path);
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        pollfd look{stop.descriptor(), POLLIN, 0};
        if (poll(&look, 1, static_cast<int>(look_again.count())) == 1) return std::nullopt;
    }
    return held;
}

// ---- Room -------------------------------------------------------------------------------------------------------

RefreshTokenFile::Room::Room(RefreshTokenFile const& file)
    : file_(file),
      unfinished_(file.unfinished()),
      fd_(open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail(unfinished_);
    if (auto const error = posix_fallocate(fd_, 0, room_octets); error != 0) {
        close(fd_);
        unlink(unfinished_.c_str());
        fail(unfinished_, error);
    }
}

RefreshTokenFile::Room::~Room() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(unfinished_.c_str());
}

void RefreshTokenFile::Room::put(RefreshToken const& token) {
    Json record{{"refresh_token", token.token}, {"refresh_token_file", file_.seed_file_}, {"ends_ms", nullptr}};
    if (token.ends) record["ends_ms"] = token.ends->time_since_epoch().count();
    auto const octets = record.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
    write_all(fd_, octets, unfinished_);
    if (ftruncate(fd_, static_cast<off_t>(octets.size())) != 0 || fsync(fd_) != 0) fail(unfinished_);
    fault_point("tokens.written");
    if (rename(unfinished_.c_str(), file_.path_.c_str()) != 0) fail(file_.path_);
    close(std::exchange(fd_, -1));
    sync_folder(file_.folder_);
    file_.remove_older();
}

// ---- RefreshTokenFile -------------------------------------------------------------------------------------------

RefreshTokenFile::RefreshTokenFile(fs::path folder, OAuth2Options const& options, std::string_view configured)
    : folder_(std::move(folder)),
      path_(folder_ / (name_of(options, configured) + std::string(suffix))),
      seed_file_(options.refresh_token ? options.refresh_token->file.string() : std::string()) {
    if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) fail(folder_);
}

std::optional<RefreshToken> RefreshTokenFile::read() const {
    finish();
    std::error_code missing;
    if (!fs::exists(path_, missing)) return std::nullopt;
    auto const content = read_whole_file(path_, secret_file_octets);
    auto const token = content ? token_in(content->octets) : std::nullopt;
    if (!token) throw RefreshTokenFileError(path_.string() + " cannot be read, or holds no refresh token");
    return token;
}

fs::path RefreshTokenFile::unfinished() const {
    return fs::path(path_).replace_extension(".new");
}

// The end of a crash between writing and renaming: what is whole there is the newest token there is, since nobody makes
// room but under the lock, and only for a newer one. Anything else is no record.
void RefreshTokenFile::finish() const {
    auto const content = read_whole_file(unfinished(), secret_file_octets);
    if (!content || !token_in(content->octets)) return;
    if (rename(unfinished().c_str(), path_.c_str()) != 0) fail(path_);
    sync_folder(folder_);
}

// What was exchanged for a token that the configured file held earlier: no secret is kept for nothing. Whatever fails
// here fails again with the next token.
void RefreshTokenFile::remove_older() const {
    std::error_code ignored;
    if (seed_file_.empty()) return;
    for (auto const& entry : fs::directory_iterator(folder_, ignored)) {
        if (entry.path().extension() != suffix || entry.path() == path_) continue;
        if (seed_file_in(entry.path()) == seed_file_) fs::remove(entry.path(), ignored);
    }
}

}  // namespace postern
