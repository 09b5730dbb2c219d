#include "daemon/cli/surroundings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "daemon/cli/exit_code.h"
#include "daemon/cli/state_owner.h"
#include "daemon/sender_authenticator.h"
#include "daemon/state_lock.h"
#include "daemon/trouble_socket.h"
#include "store/sqlite_store.h"

namespace postern {
namespace {

[[noreturn]] void refuse_access(Options const& options) {
    throw CommandFailure(ExitCode::refused, options.store.file.string() +
                                                ": this user may not write it; run postern as the owner of " +
                                                options.site.state_dir.string() +
                                                ", or share that folder with a group (postern(1), deliver)");
}

bool store_is_there(Options const& options) {
    auto const& file = options.store.file;
    std::error_code error;
    bool const there = std::filesystem::exists(file, error);
    if (error == std::errc::permission_denied) refuse_access(options);
    if (error) throw CommandFailure(ExitCode::refused, file.string() + ": " + error.message());
    // SQLite would say no more than that it can't open it.
    if (there && ::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0 && errno == EACCES)
        refuse_access(options);
    return there;
}

// Whoever else is let in by the folder's group makes no store: what they made would be theirs, and not the daemon's.
bool may_make_store(std::filesystem::path const& state_dir) {
    struct stat status {};
    return ::stat(state_dir.c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

std::shared_ptr<Store> open_existing(Options const& options) {
    auto const& file = options.store.file;
    if (!store_is_there(options)) {
        throw CommandFailure(ExitCode::unavailable,
                             "there is no store " + file.string() + " yet; posternd makes it when it starts");
    }
    try {
        return open_sqlite_store({.file = file, .migrate = Migrate::no});
    } catch (StoreError const& error) {
        if (error.kind() != StoreError::Kind::schema_older) throw;
        throw CommandFailure(ExitCode::unavailable,
                             "the store is an older version's; posternd brings it up to date when it starts");
    }
}

// Where there is no store of this version yet, the owner of state_dir as the holder of the daemon's lock alone makes
// it. The lock is held no longer than that: a daemon that starts meanwhile leaves with 75 and is started again.
std::shared_ptr<Store> open_or_create(Options const& options) {
    try {
        return open_existing(options);
    } catch (CommandFailure const& failure) {
        if (failure.code() != ExitCode::unavailable || !may_make_store(options.site.state_dir)) throw;
        auto const lock = StateLock::acquire(options.site.state_dir);
        if (!lock) throw;
        return open_sqlite_store({.file = options.store.file, .migrate = Migrate::yes});
    }
}

std::shared_ptr<Store> open_store(Options const& options, Opening opening) {
    take_on_owner(options.site.state_dir, opening == Opening::with_way_back ? WayBack::kept : WayBack::none);
    return opening == Opening::may_create ? open_or_create(options) : open_existing(options);
}

// What the daemon's desk does while other mail goes on.
SenderAuthentication authenticate(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    if (!domain_to_authenticate(raw, message, policy)) return {};
    LogOptions to_stderr = policy.options().log;
    to_stderr.level = LogOptions::Level::error;
    Log log(to_stderr);
    SenderAuthenticator authenticator(policy.options().authentication.resolver, log);
    return authenticator.authenticated(raw, message, policy);
}

void look(Options const& options, LookOnlineRequest request, std::function<void(Remark const&)> const& tell) {
    // Before the first start of the daemon nobody owns it yet.
    std::error_code ignored;
    if (std::filesystem::exists(options.site.state_dir, ignored))
        take_on_owner(options.site.state_dir, WayBack::none_but_reads);
    LogOptions silent;
    silent.level = LogOptions::Level::off;
    Log log(silent);
    request.verifier = verifier_program();
    look_online(options, request, log, tell);
}

}  // namespace

Surroundings real_surroundings() {
    return {.now = [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); },
            .load = load_options_without_secrets,
            .load_with_secrets = load_options,
            .open_store = open_store,
            .daemon_is_up = [](Options const& options) { return StateLock::is_held(options.site.state_dir); },
            .troubles = [](Options const& options) { return ask_for_troubles(options.site.state_dir); },
            .authenticate = authenticate,
            .return_to_caller = return_to_root,
            .look_online = look,
            .login = real_login_world()};
}

}  // namespace postern
