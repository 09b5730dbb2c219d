// `postern oauth2 login` as a program: its own signals, what others see of it, whose file it writes.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/skip.h"
#include "tests/support/token_server.h"

using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

constexpr uid_t owner = 12345;

std::string const postern_program = std::string(POSTERN_BINARY_DIR) + "/postern";

// A configuration whose one folder logs in at the server; its refresh token is not there yet.
class Site {
  public:
    explicit Site(TokenServer& server) {
        std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
        std::filesystem::create_directory(state_dir());
        std::filesystem::copy_file(server.authority(), folder_.path() / "ca.pem");
        write_file(folder_.path() / "secret", "cl1ent-s3cret");
        server.change([](auto& settings) { settings.client_secret = "cl1ent-s3cret"; });
        write_file(folder_.path() / "contacts.toml",
                   "[[organization]]\nid = \"n\"\nname = \"Northwind\"\ncontacts = [\"ana@northwind.example\"]\n");
        write_file(config(),
                   "[site]\nname = \"Acme\"\nhostname = \"support.acme.example\"\nstate_dir = \"state\"\n"
                   "[[mailbox]]\naddress = \"support@acme.example\"\ntag = \"ACME\"\n"
                   "[contacts]\nfiles = [\"contacts.toml\"]\n[relay]\nurl = \"maildir:out\"\n"
                   "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://127.0.0.1:1\"\nuser = \"support\"\n"
                   "[imap.oauth2]\nclient_id = \"postern\"\nclient_secret_file = \"secret\"\nrefresh_token_file = "
                   "\"token\"\nca_file = \"ca.pem\"\nscope = \"mail\"\ntoken_url = \"" +
                       server.token_url() + "\"\ndevice_url = \"" + server.device_url() + "\"\n");
    }
    [[nodiscard]] std::filesystem::path config() const { return folder_.path() / "postern.toml"; }
    [[nodiscard]] std::filesystem::path state_dir() const { return folder_.path() / "state"; }
    [[nodiscard]] std::filesystem::path token_file() const { return folder_.path() / "token"; }
    [[nodiscard]] std::filesystem::path const& path() const { return folder_.path(); }

  private:
    TemporaryFolder folder_;
};

// A login that runs.
class Login {
  public:
    explicit Login(Site const& site) : output_(site.path() / "output") {
        auto const config = site.config().string(), folder = site.path().string();
        pid_ = fork();
        if (pid_ == 0) {
            // Where a core file would be as large as it may, and would lie.
            rlimit limit{};
            getrlimit(RLIMIT_CORE, &limit);
            limit.rlim_cur = limit.rlim_max;
            setrlimit(RLIMIT_CORE, &limit);
            if (chdir(folder.c_str()) != 0) _exit(126);
            int const out = open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            dup2(open("/dev/null", O_RDONLY), 0);
            dup2(out, 1);
            dup2(out, 2);
            execl(postern_program.c_str(), "postern", "--config", config.c_str(), "oauth2", "login", nullptr);
            _exit(127);
        }
    }
    ~Login() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    Login(Login const&) = delete;
    Login& operator=(Login const&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string output() const { return read_file(output_); }
    // wait(2)'s status.
    [[nodiscard]] int end() {
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

  private:
    std::filesystem::path output_;
    pid_t pid_ = -1;
};

void wait_for_poll(TokenServer const& server, Login const& login) {
    for (int waited = 0; server.count("/token") == 0 && waited < 6000; ++waited) std::this_thread::sleep_for(10ms);
    CAPTURE(login.output());
    REQUIRE(server.count("/token") > 0);
}

struct stat status_of(std::filesystem::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status;
}

}  // namespace

TEST_CASE("Ctrl-C ends a login cleanly, and meanwhile nobody finds a secret of it") {
    TokenServer server;
    Site const site(server);
    server.change([](auto& settings) { settings.device_states = {"authorization_pending"}; });
    Login login(site);
    wait_for_poll(server, login);
    auto const proc = std::filesystem::path("/proc") / std::to_string(login.pid());
    auto const seen = read_file(proc / "cmdline") + login.output();
    for (auto const& secret : server.secrets()) CHECK(seen.find(secret) == std::string::npos);
    CHECK(!server.secrets().empty());
    CHECK(login.output().find("WDJB-MJHT") != std::string::npos);
    kill(login.pid(), SIGINT);
    auto const status = login.end();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 75);
    CHECK(login.output().find("interrupted; nothing was changed") != std::string::npos);
    CHECK(!std::filesystem::exists(site.token_file()));
}

TEST_CASE("a login that crashes leaves no core file") {
    TokenServer server;
    Site const site(server);
    server.change([](auto& settings) { settings.device_states = {"authorization_pending"}; });
    Login login(site);
    wait_for_poll(server, login);
    kill(login.pid(), SIGABRT);
    auto const status = login.end();
    REQUIRE(WIFSIGNALED(status));
    CHECK(!WCOREDUMP(status));
}

TEST_CASE("root logs in for the daemon's user, who then owns the token") {
    if (::geteuid() != 0) return skip("not run by root");
    TokenServer server;
    Site const site(server);
    REQUIRE(::chown(site.state_dir().c_str(), owner, owner) == 0);
    REQUIRE(::chown((site.path() / "secret").c_str(), owner, owner) == 0);
    std::filesystem::permissions(site.path() / "secret", std::filesystem::perms{0600});
    std::filesystem::permissions(site.path() / "ca.pem", std::filesystem::perms{0644});
    auto const before = run_program({postern_program, "--config", site.config().string(), "check"});
    CHECK(before.exit_code == 78);
    CHECK(before.out.find("run 'postern oauth2 login'") != std::string::npos);
    auto const ran = run_program({postern_program, "--config", site.config().string(), "oauth2", "login"});
    CHECK(ran.err.find("start posternd") != std::string::npos);
    REQUIRE(ran.exit_code == 0);
    auto const token = status_of(site.token_file());
    CHECK(token.st_uid == owner);
    CHECK(token.st_gid == owner);
    CHECK((token.st_mode & 07777) == 0600);
    CHECK(run_program({postern_program, "--config", site.config().string(), "check"}).exit_code == 0);
}

TEST_CASE("who is neither root nor the daemon's user is told so before a person logs in") {
    if (::geteuid() != 0) return skip("not run by root");
    TokenServer server;
    Site const site(server);
    write_file(site.path() / "secret", "cl1ent-s3cret");
    std::filesystem::permissions(site.path() / "secret", std::filesystem::perms{0644});
    std::filesystem::permissions(site.config(), std::filesystem::perms{0644});
    auto const as_somebody = [&] {
        return run_program({"setpriv", "--reuid=12346", "--regid=12346", "--clear-groups", postern_program, "--config",
                            site.config().string(), "oauth2", "login"});
    };
    auto ran = as_somebody();
    CHECK(ran.exit_code == 77);
    CHECK(ran.err.find("the token could not be written there") != std::string::npos);
    REQUIRE(::chown(site.path().c_str(), 12346, 12346) == 0);  // the folder is theirs, state_dir is not
    ran = as_somebody();
    CHECK(ran.exit_code == 77);
    CHECK(ran.err.find("belongs to another user, who alone may read the token") != std::string::npos);
    CHECK(server.requests().empty());
}
