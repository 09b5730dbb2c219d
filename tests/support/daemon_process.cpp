#include "tests/support/daemon_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace postern::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(std::string const& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int check(int result, char const* what) {
    if (result < 0) fail(what);
    return result;
}

sockaddr_in loopback(unsigned short port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool readable_within(int fd, std::chrono::milliseconds limit) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
}

// In the child: what sd_listen_fds(3) looks for.
void hand_over(std::vector<HandedSocket> const& sockets) {
    constexpr int first = 3;
    int const count = static_cast<int>(sockets.size());
    // By way of numbers that are nobody's yet: the test's own descriptors may be among the first.
    std::vector<int> parked;
    for (auto const& socket : sockets) parked.push_back(::fcntl(socket.fd, F_DUPFD, first + count));
    std::string names;
    for (int i = 0; i < count; ++i) {
        auto const at = static_cast<std::size_t>(i);
        ::dup2(parked[at], first + i);
        ::close(parked[at]);
        names += (i == 0 ? "" : ":") + sockets[at].name;
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

// The child's standard streams are files: nothing has to be drained while it runs.
pid_t spawn_program(std::vector<std::string> const& arguments, std::filesystem::path const& in,
                    std::filesystem::path const& out, std::filesystem::path const& err,
                    std::vector<std::string> const& environment = {}, std::vector<HandedSocket> const& sockets = {}) {
    pid_t const pid = check(::fork(), "fork");
    if (pid > 0) return pid;
    int const flags = O_WRONLY | O_CREAT | O_APPEND;
    ::dup2(::open(in.c_str(), O_RDONLY), 0);
    ::dup2(::open(out.c_str(), flags, 0600), 1);
    ::dup2(::open(err.c_str(), flags, 0600), 2);
    for (auto const& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    if (!sockets.empty()) hand_over(sockets);
    std::vector<char*> argv;
    for (auto const& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
}

// The exit code, 128 and the signal, or -1 where the limit passed.
int wait_for(pid_t pid, std::chrono::milliseconds limit) {
    auto const end = Clock::now() + limit;
    for (;;) {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (Clock::now() > end) return -1;
        std::this_thread::sleep_for(2ms);
    }
}

std::string binary(char const* name) {
    return std::string(POSTERN_BINARY_DIR) + "/" + name;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "postern-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) fail("mkdtemp");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void write_file(std::filesystem::path const& file, std::string_view text) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    if (!stream.flush()) throw std::runtime_error("can't write " + file.string());
}

std::string read_file(std::filesystem::path const& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

unsigned short free_port() {
    // Below the ports that the kernel gives to outgoing connections: one of those would find the server's port taken
    // after a restart, and a client that connects to a port nobody listens on could even meet itself.
    constexpr unsigned first = 10'000, count = 22'000;
    static std::minstd_rand random{std::random_device{}()};
    for (int attempt = 0; attempt < 1000; ++attempt) {
        auto const port = static_cast<unsigned short>(first + random() % count);
        int const fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        auto const address = loopback(port);
        bool const is_free = ::bind(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
        ::close(fd);
        if (is_free) return port;
    }
    throw std::runtime_error("no free port");
}

Ran run_program(std::vector<std::string> const& arguments, std::string_view input) {
    TemporaryFolder const folder;
    write_file(folder.path() / "in", input);
    pid_t const pid = spawn_program(arguments, folder.path() / "in", folder.path() / "out", folder.path() / "err");
    Ran ran;
    ran.exit_code = wait_for(pid, 60s);
    if (ran.exit_code == -1) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    ran.out = read_file(folder.path() / "out");
    ran.err = read_file(folder.path() / "err");
    return ran;
}

ServerProgram::ServerProgram(std::vector<std::string> const& arguments, unsigned short port) {
    pid_ = spawn_program(arguments, "/dev/null", folder_.path() / "out", folder_.path() / "out");
    auto const end = Clock::now() + 20s;
    auto const address = loopback(port);
    for (;;) {
        int const fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        bool const accepts = ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
        ::close(fd);
        if (accepts) return;
        if (Clock::now() > end || ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            throw std::runtime_error(arguments.front() + " does not listen: " + read_file(folder_.path() / "out"));
        }
        std::this_thread::sleep_for(5ms);
    }
}

ServerProgram::~ServerProgram() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::string user_name() {
    auto const* entry = ::getpwuid(::geteuid());
    return entry ? entry->pw_name : "root";
}

// ---- DaemonProcess ----------------------------------------------------------------------------------------------

DaemonProcess::DaemonProcess(DaemonSetup with) : setup(std::move(with)), smtp_port_(free_port()) {
    write_config();
}

DaemonProcess::~DaemonProcess() {
    kill();
    if (notify_fd_ >= 0) ::close(notify_fd_);
}

void DaemonProcess::write_config() const {
    write_file(folder() / "contacts.toml", setup.contacts);
    std::ostringstream toml;
    auto const listen =
        setup.smtp_listen.empty() ? "\"127.0.0.1:" + std::to_string(smtp_port_) + "\"" : setup.smtp_listen;
    toml << "[site]\nname = \"Acme Support\"\nhostname = \"support.acme.example\"\nstate_dir = \"state\"\n"
         << setup.site << "\n"
         << "[[mailbox]]\naddress = \"support@acme.example\"\naliases = [\"help@acme.example\"]\nname = \"Acme "
            "Support\"\n"
         << "tag = \"ACME\"\n\n[[mailbox]]\naddress = \"sales@acme.example\"\nname = \"Acme Sales\"\ntag = \"SALES\"\n"
         << "first_ticket = 1\n\n[contacts]\nfiles = [\"contacts.toml\"]\n"
         << setup.contacts_keys << "\n[smtp]\nlisten = [" << listen << "]\n"
         << setup.smtp << "\n"
         << "[relay]\nurl = \"" << (setup.relay.empty() ? "maildir:sent" : setup.relay) << "\"\nstarttls = \"never\"\n"
         << setup.relay_lines << "\n"
         << "[limits]\n"
         << setup.limits << "\n"
         << setup.extra;
    // Nobody listens there: the network that a test happens to run in is not asked.
    if (setup.extra.find("[authentication]") == std::string::npos)
        toml << "\n[authentication]\nresolver = \"127.0.0.1:1\"\n";
    write_file(folder() / "postern.toml", toml.str());
}

pid_t DaemonProcess::spawn() const {
    auto environment = setup.environment;
    environment.push_back("NOTIFY_SOCKET=" + (folder() / "notify").string());
    auto command = setup.wrapper;
    auto program = binary("posternd");
    if (!setup.user.empty()) {
        give_to_user();
        program = (folder() / "posternd").string();  // other users may not see the build's folder
        command.insert(command.end(), {"setpriv", "--reuid=" + setup.user, "--regid=" + setup.user, "--clear-groups"});
    }
    command.insert(command.end(), {program, "--config", (folder() / "postern.toml").string()});
    return spawn_program(command, "/dev/null", folder() / "log", folder() / "log", environment, setup.sockets);
}

void DaemonProcess::give_to_user() const {
    auto const* const user = ::getpwnam(setup.user.c_str());
    if (user == nullptr || ::chown(folder().c_str(), user->pw_uid, user->pw_gid) != 0 ||
        ::chmod(folder().c_str(), 0755) != 0 || ::chmod((folder() / "notify").c_str(), 0666) != 0)
        fail("giving the daemon's folder to " + setup.user);
    for (auto const* const name : {"posternd", "postern", "postern-verifier"})
        std::filesystem::copy_file(binary(name), folder() / name, std::filesystem::copy_options::skip_existing);
}

void DaemonProcess::start() {
    launch();
    wait_for_ready();
}

void DaemonProcess::launch() {
    auto const path = (folder() / "notify").string();
    if (notify_fd_ < 0) {
        notify_fd_ = check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        check(::bind(notify_fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
    }
    forget_notices();
    pid_ = spawn();
}

// What one that was killed had said.
std::string DaemonProcess::next_notice() {
    std::array<char, 256> text{};
    if (!readable_within(notify_fd_, 20s)) return {};
    auto const length = ::recv(notify_fd_, text.data(), text.size(), 0);
    return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

void DaemonProcess::forget_notices() const {
    std::array<char, 512> text{};
    while (::recv(notify_fd_, text.data(), text.size(), MSG_DONTWAIT) > 0) continue;
}

int DaemonProcess::wait_for_end(std::chrono::milliseconds limit) {
    auto const code = wait_for(pid_, limit);
    if (code != -1) pid_ = -1;
    return code;
}

void DaemonProcess::wait_for_ready() {
    auto const end = Clock::now() + 30s;
    while (Clock::now() < end) {
        std::array<char, 512> text{};
        if (readable_within(notify_fd_, 100ms)) {
            auto const length = ::recv(notify_fd_, text.data(), text.size(), 0);
            if (length > 0 && std::string_view(text.data(), static_cast<std::size_t>(length)).find("READY=1") !=
                                  std::string_view::npos) {
                return;
            }
        }
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
            break;
        }
    }
    throw std::runtime_error("posternd did not become ready:\n" + log());
}

Ran DaemonProcess::start_and_wait() {
    return run_program({binary("posternd"), "--config", (folder() / "postern.toml").string()});
}

int DaemonProcess::stop() {
    ::kill(pid_, SIGTERM);
    auto const code = wait_for_end(15s);
    if (code == -1) kill();
    return code;
}

void DaemonProcess::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void DaemonProcess::reload() {
    ::kill(pid_, SIGHUP);
    wait_for_ready();
}

Ran DaemonProcess::postern(std::vector<std::string> arguments, std::string_view input) const {
    arguments.insert(arguments.begin(), {binary("postern"), "--config", (folder() / "postern.toml").string()});
    return run_program(arguments, input);
}

nlohmann::json DaemonProcess::json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    auto const ran = postern(arguments);
    if (ran.exit_code != 0) throw std::runtime_error("exit " + std::to_string(ran.exit_code) + ": " + ran.err);
    return nlohmann::json::parse(ran.out);
}

std::vector<std::string> DaemonProcess::sent(std::size_t at_least) const {
    auto const end = Clock::now() + 60s;
    for (;;) {
        std::vector<std::string> mails;
        std::error_code none_yet;
        for (auto const& entry : std::filesystem::directory_iterator(folder() / "sent" / "new", none_yet)) {
            mails.push_back(read_file(entry.path()));
        }
        if (mails.size() >= at_least || Clock::now() > end) return mails;
        std::this_thread::sleep_for(5ms);
    }
}

// ---- SmtpClient -------------------------------------------------------------------------------------------------

SmtpClient::SmtpClient(unsigned short port) {
    fd_ = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    auto const address = loopback(port);
    // The end of a mail goes at once, not when the daemon's delayed acknowledgement of the rest is here.
    int const yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return;
    auto const error = errno;
    ::close(fd_);
    throw std::system_error(error, std::generic_category(), "connect");
}

SmtpClient::SmtpClient(std::filesystem::path const& unix_socket) {
    fd_ = check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_socket.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return;
    auto const error = errno;
    ::close(fd_);
    throw std::system_error(error, std::generic_category(), "connect");
}

SmtpClient::~SmtpClient() {
    ::close(fd_);
}

void SmtpClient::send(std::string_view octets) {
    while (!octets.empty()) {
        auto const sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the peer closed: reply() will tell
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string SmtpClient::reply() {
    std::string text;
    for (;;) {
        auto const end = buffer_.find("\r\n");
        if (end == std::string::npos) {
            std::array<char, 4096> octets{};
            if (!readable_within(fd_, 30s)) return text;
            auto const length = ::recv(fd_, octets.data(), octets.size(), 0);
            if (length <= 0) return text;
            buffer_.append(octets.data(), static_cast<std::size_t>(length));
            continue;
        }
        auto const line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        text += (text.empty() ? "" : "\n") + line;
        if (line.size() < 4 || line[3] != '-') return text;
    }
}

std::string SmtpClient::say(std::string_view line) {
    send(std::string(line) + "\r\n");
    return reply();
}

std::string SmtpClient::mail(std::string_view from, std::string_view to, std::string_view mail) {
    for (auto const& command :
         {"MAIL FROM:<" + std::string(from) + ">", "RCPT TO:<" + std::string(to) + ">", std::string("DATA")}) {
        auto const answer = say(command);
        if (answer.empty() || answer.front() > '3') return answer;
    }
    std::string data;
    bool line_start = true;
    for (std::size_t i = 0; i < mail.size(); ++i) {
        if (line_start && mail[i] == '.') data += '.';
        if (mail[i] == '\n' && (i == 0 || mail[i - 1] != '\r')) data += '\r';
        data += mail[i];
        line_start = mail[i] == '\n';
    }
    if (!line_start) data += "\r\n";
    send(data + ".\r\n");
    return reply();
}

}  // namespace postern::testing
