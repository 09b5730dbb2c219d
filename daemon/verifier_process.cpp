#include "daemon/verifier_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postern {

namespace {

[[noreturn]] void fail(int error, char const* what) {
    throw std::system_error(error, std::generic_category(), what);
}

class SpawnActions {
  public:
    SpawnActions() { posix_spawn_file_actions_init(&actions_); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(SpawnActions const&) = delete;
    SpawnActions& operator=(SpawnActions const&) = delete;

    // Its socket as standard input. It has our standard error until its filter of system calls is in force, to say why
    // it can't begin. All other descriptors of ours are closed by exec.
    void give(int socket) {
        auto const error = posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
        if (error != 0) fail(error, "posix_spawn_file_actions");
    }
    [[nodiscard]] posix_spawn_file_actions_t const* get() const noexcept { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
  public:
    // Our threads block signals, and main ignores some: it begins without either. A ^C is for the daemon.
    SpawnAttributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(SpawnAttributes const&) = delete;
    SpawnAttributes& operator=(SpawnAttributes const&) = delete;
    [[nodiscard]] posix_spawnattr_t const* get() const noexcept { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

pid_t spawn(std::filesystem::path const& program, int socket) {
    SpawnActions actions;
    actions.give(socket);
    SpawnAttributes const attributes;
    auto name = program.filename().string();
    std::array<char*, 2> arguments{name.data(), nullptr};
    // Nothing of the daemon's environment: it may name where secrets are.
    std::array<char*, 1> environment{nullptr};
    pid_t pid = -1;
    auto const error =
        posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), arguments.data(), environment.data());
    if (error != 0) fail(error, "posix_spawn");
    return pid;
}

}  // namespace

VerifierProcess::VerifierProcess(std::filesystem::path const& program) {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail(errno, "socketpair");
    socket_ = ends[0];
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    try {
        pid_ = spawn(program, ends[1]);
    } catch (...) {
        ::close(ends[0]);
        ::close(ends[1]);
        throw;
    }
    ::close(ends[1]);
}

VerifierProcess::~VerifierProcess() {
    ::close(socket_);
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) continue;
}

void VerifierProcess::send(std::string const& owned, std::string_view view) {
    // It is the pool that takes turns with the other side: nothing is sent while a mail's octets still go.
    if (!view_.empty()) throw std::logic_error("a frame within another");
    owned_ += owned;
    view_ = view;
}

bool VerifierProcess::write_some() {
    while (has_more_to_send()) {
        auto const octets = owned_.empty() ? view_ : std::string_view(owned_);
        auto const sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        if (owned_.empty())
            view_.remove_prefix(static_cast<std::size_t>(sent));
        else
            owned_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
}

bool VerifierProcess::read_some() {
    std::array<char, 16384> octets{};
    auto const got = ::recv(socket_, octets.data(), octets.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    frames_.append({octets.data(), static_cast<std::size_t>(got)});
    return true;
}

}  // namespace postern
