#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>

#include "daemon/verifier/sandbox.h"
#include "tests/support/skip.h"

using namespace postern;
using postern::testing::skip;

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

}  // namespace

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
    CHECK(signal_of([] { ::open("/tmp/x", O_WRONLY | O_CREAT, 0600); }) == SIGSYS);
    CHECK(signal_of([] { ::unlink("/tmp/x"); }) == SIGSYS);
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
