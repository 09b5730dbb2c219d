#include "store/sqlite_migration.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace postern {

namespace {

// "Pstr", PRAGMA application_id: tells our file from any other SQLite file.
constexpr std::int64_t application_id = 0x50737472;

constexpr mode_t file_mode = 0600;

class Fd {
  public:
    Fd(std::filesystem::path const& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, file_mode)) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(Fd const&) = delete;
    Fd& operator=(Fd const&) = delete;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] bool sync() const noexcept { return ::fsync(fd_) == 0; }

  private:
    int fd_;
};

[[noreturn]] void fail(std::string const& what, std::filesystem::path const& path, int error) {
    auto const kind = error == ENOSPC || error == EDQUOT ? StoreError::Kind::full : StoreError::Kind::broken;
    throw StoreError{kind, "store: " + what + " " + path.string() + ": " + std::generic_category().message(error)};
}

void sync(std::filesystem::path const& path, int flags) {
    Fd const fd{path, flags};
    if (!fd.is_open() || !fd.sync()) fail("cannot sync", path, errno);
}

// A name in a folder outlives a power failure only once the folder is synced.
void sync_folder_of(std::filesystem::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    sync(folder, O_RDONLY | O_DIRECTORY);
}

std::int64_t pragma(SqliteConnection& connection, char const* sql) {
    Query query{connection, sql};
    return query.step() ? query.integer(0) : 0;
}

bool is_empty(SqliteConnection& connection) {
    Query query{connection, "SELECT 1 FROM sqlite_schema LIMIT 1"};
    return !query.step();
}

// The version, after a look at whose file it is. 0: a new file.
int schema_version(SqliteConnection& connection, std::filesystem::path const& file) {
    auto const id = pragma(connection, "PRAGMA application_id");
    auto const version = pragma(connection, "PRAGMA user_version");
    bool const is_new = id == 0 && version == 0 && is_empty(connection);
    if (id != application_id && !is_new) {
        throw StoreError{StoreError::Kind::broken, "store: " + file.string() + " is not a store of Postern"};
    }
    return is_new ? 0 : static_cast<int>(version);
}

// Made beside and renamed when it is whole, so that what bears the name can be trusted.
void copy_aside(SqliteConnection& connection, std::filesystem::path const& file, std::size_t newest) {
    auto target = file;
    target += ".before-" + std::to_string(newest);
    auto part = target;
    part += ".part";
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    create_sqlite_file(part);  // VACUUM INTO would give it the mode of the umask
    Query{connection, "VACUUM INTO ?", part.string()}.run();
    sync(part, O_RDWR);
    if (::rename(part.c_str(), target.c_str()) != 0) fail("cannot rename to", target, errno);
    sync_folder_of(target);
}

void migrate_from(SqliteConnection& connection, int version, std::span<std::string_view const> migrations) {
    for (auto at = static_cast<std::size_t>(version); at < migrations.size(); ++at) {
        connection.database().exec(std::string(migrations[at]));
    }
    connection.database().exec("PRAGMA application_id = " + std::to_string(application_id));
    connection.database().exec("PRAGMA user_version = " + std::to_string(migrations.size()));
}

}  // namespace

void create_sqlite_file(std::filesystem::path const& file) {
    {
        Fd const fd{file, O_RDWR | O_CREAT | O_EXCL};
        if (!fd.is_open() && errno == EEXIST) return;
        if (!fd.is_open()) fail("cannot make", file, errno);
    }
    sync_folder_of(file);
}

void prepare_schema(SqliteConnection& connection, std::filesystem::path const& file, Migrate migrate,
                    std::span<std::string_view const> migrations) {
    auto const newest = static_cast<int>(migrations.size());
    auto const version = schema_version(connection, file);
    if (version > newest) {
        throw StoreError{StoreError::Kind::schema_newer, "store: " + file.string() + " has schema " +
                                                             std::to_string(version) + ", this program knows up to " +
                                                             std::to_string(newest)};
    }
    if (version == newest) return;
    if (migrate == Migrate::no) {
        throw StoreError{StoreError::Kind::schema_older, "store: " + file.string() + " has schema " +
                                                             std::to_string(version) + ", this program needs " +
                                                             std::to_string(newest) + ": start posternd once"};
    }
    if (version > 0) copy_aside(connection, file, migrations.size());
    // Tables are altered by making them anew, which references to them must survive; checked before the commit.
    connection.database().exec("PRAGMA foreign_keys = OFF");
    connection.atomically([&] {
        migrate_from(connection, schema_version(connection, file), migrations);
        Query check{connection, "PRAGMA foreign_key_check"};
        if (check.step()) throw StoreError{StoreError::Kind::broken, "store: migration breaks " + check.text(0)};
    });
    connection.forget_statements();
    connection.database().exec("PRAGMA foreign_keys = ON");
}

}  // namespace postern
