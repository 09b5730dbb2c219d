#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "daemon/verifier/sandbox.h"
#include "tests/support/daemon_process.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;

namespace {

// What became of a process that went into the sandbox and then did this: the signal that killed it, or 0.
int signal_of(std::function<void()> const& deed) {
    auto const child = ::fork();
    if (child == 0) {
        // As the verifier has it.
        ::close(STDIN_FILENO);
        if (::open("/dev/zero", O_RDWR) != STDIN_FILENO) ::_exit(1);
        verifier::enter_sandbox();
        deed();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return WTERMSIG(status);
    CHECK(WEXITSTATUS(status) == 0);
    return 0;
}

// What systemd's names for groups of system calls stand for.
class CallSets {
  public:
    CallSets() {
        std::istringstream lines(run_program({"/usr/bin/systemd-analyze", "syscall-filter", "--no-pager"}).out);
        std::string set;
        for (std::string line; std::getline(lines, line);) {
            auto const begin = line.find_first_not_of(' ');
            if (begin == std::string::npos || line[begin] == '#') continue;
            if (begin == 0)
                set = line;
            else
                sets_[set].insert(line.substr(begin));
        }
    }
    [[nodiscard]] std::set<std::string> expand(std::string const& name) const {
        if (name.front() != '@') return {name};
        std::set<std::string> calls;
        if (auto const found = sets_.find(name); found != sets_.end())
            for (auto const& item : found->second) calls.merge(expand(item));
        return calls;
    }

  private:
    std::map<std::string, std::set<std::string>> sets_;
};

// SystemCallFilter= of the unit, line by line (systemd.exec(5)).
std::set<std::string> calls_of_unit() {
    CallSets const sets;
    std::set<std::string> calls;
    std::istringstream lines(read_file(std::filesystem::path(POSTERN_SOURCE_DIR) / "systemd/postern.service"));
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view key = "SystemCallFilter=";
        if (!line.starts_with(key)) continue;
        auto const removes = line[key.size()] == '~';
        std::istringstream names(line.substr(key.size() + (removes ? 1 : 0)));
        for (std::string name; names >> name;)
            for (auto const& call : sets.expand(name)) removes ? calls.erase(call) : (calls.insert(call), 0U);
    }
    return calls;
}

// As systemd does it for the daemon, before it starts a verifier.
bool load_filter(std::set<std::string> const& calls) {
    auto* const filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    for (auto const& call : calls) {
        int const number = seccomp_syscall_resolve_name(call.c_str());
        if (number != __NR_SCMP_ERROR) seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    }
    auto const loaded = seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

}  // namespace

TEST_CASE("the service's filter of system calls lets a verifier start and go into its sandbox") {
    if (!verifier::sandbox_is_complete()) return skip("a sanitizer's runtime needs what the sandbox forbids");
    if (::access("/usr/bin/systemd-analyze", X_OK) != 0) return skip("systemd-analyze is not installed");
    auto const calls = calls_of_unit();
    CHECK(calls.size() > 200);
    CHECK_FALSE(calls.contains("reboot"));
    auto const program = std::string(POSTERN_BINARY_DIR) + "/postern-verifier";
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    auto const child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDIN_FILENO);
        if (load_filter(calls)) ::execl(program.c_str(), program.c_str(), nullptr);
        ::_exit(1);
    }
    ::close(ends[1]);
    // Nothing more comes: it ends by itself, where it came so far.
    ::shutdown(ends[0], SHUT_WR);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    ::close(ends[0]);
}

TEST_CASE("in the sandbox a verifier computes, and reads and writes its socket") {
    if (!verifier::sandbox_is_complete()) return skip("a sanitizer's runtime needs what the sandbox forbids");
    CHECK(signal_of([] {
              char octets[64];
              if (::read(STDIN_FILENO, octets, sizeof octets) != sizeof octets) ::_exit(2);
              if (::write(STDIN_FILENO, octets, sizeof octets) != sizeof octets) ::_exit(3);
              auto* const memory = static_cast<char*>(std::malloc(50'000'000));
              if (!memory) ::_exit(4);
              memory[10'000'000] = 1;
              std::free(memory);
          }) == 0);
}

TEST_CASE("in the sandbox a verifier that opens, starts, signals or executes is killed") {
    if (!verifier::sandbox_is_complete()) return skip("a sanitizer's runtime needs what the sandbox forbids");
    CHECK(signal_of([] { ::open("/etc/passwd", O_RDONLY); }) == SIGSYS);
    TemporaryFolder const folder;
    auto const file = (folder.path() / "made").string();
    CHECK(signal_of([&] { ::open(file.c_str(), O_WRONLY | O_CREAT, 0600); }) == SIGSYS);
    CHECK(signal_of([&] { ::unlink(file.c_str()); }) == SIGSYS);
    CHECK(signal_of([] { ::socket(AF_INET, SOCK_STREAM, 0); }) == SIGSYS);
    CHECK(signal_of([] { ::socket(AF_UNIX, SOCK_STREAM, 0); }) == SIGSYS);
    CHECK(signal_of([] { ::execl("/bin/true", "true", nullptr); }) == SIGSYS);
    CHECK(signal_of([] { ::fork(); }) == SIGSYS);
    CHECK(signal_of([] { ::kill(::getppid(), 0); }) == SIGSYS);
    CHECK(signal_of([] { ::kill(1, SIGTERM); }) == SIGSYS);
    CHECK(signal_of([] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }) == SIGSYS);
    CHECK(signal_of([] { ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }) ==
          SIGSYS);
    CHECK(signal_of([] { ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0); }) == SIGSYS);
    CHECK(signal_of([] { ::write(STDERR_FILENO, "x", 1); }) == SIGSYS);
    CHECK(signal_of([] { ::dup(STDIN_FILENO); }) == SIGSYS);
}

TEST_CASE("in the sandbox a verifier has half a GiB of memory and no more") {
    if (!verifier::sandbox_is_complete()) return skip("a sanitizer's runtime needs what the sandbox forbids");
    CHECK(signal_of([] {
              if (std::malloc(600'000'000)) ::_exit(2);
          }) == 0);
}
