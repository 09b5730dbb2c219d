#include "tests/support/postfix_server.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace postern::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto draining_limit = 30s;

// One second is the shortest that Postfix knows: a test does not wait for minutes.
std::string main_cf(std::filesystem::path const& folder, PostfixServer::Setup const& setup) {
    std::ostringstream text;
    text << "compatibility_level = 3.6\nqueue_directory = " << (folder / "queue").string()
         << "\ndata_directory = " << (folder / "data").string() << "\nmaillog_file_prefixes = " << folder.string()
         << "\nmaillog_file = " << (folder / "log").string()
         << "\nmyhostname = mx.acme.example\nmydestination =\nmynetworks = 127.0.0.0/8\n"
            "inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nalias_maps =\nalias_database =\n"
            "disable_dns_lookups = yes\nsmtpd_relay_restrictions = permit_mynetworks, reject\n"
            "relay_domains = acme.example\nsmtputf8_enable = yes\nbiff = no\nenable_long_queue_ids = yes\n"
            "default_transport = smtp:[127.0.0.1]:"
         << setup.relay_port << "\nrelay_transport = " << setup.transport
         << "\nqueue_run_delay = 1s\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\ntransport_retry_time = 1s\n"
            "default_destination_concurrency_failed_cohort_limit = 1000\n"
         << setup.main_cf;
    return text.str();
}

// Debian's, with SMTP on our port.
std::string master_cf(unsigned short port, PostfixServer::Setup const& setup) {
    std::ostringstream text;
    text << "127.0.0.1:" << port << " inet n - n - - smtpd\n"
         << "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
            "rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n"
            "trace unix - - n - 0 bounce\nverify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n"
            "proxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"
            "showq unix n - n - - showq\nerror unix - - n - - error\nretry unix - - n - - error\n"
            "discard unix - - n - - discard\nlmtp unix - - y - - lmtp\nanvil unix - - n - 1 anvil\n"
            "scache unix - - n - 1 scache\npostlog unix-dgram n - n - 1 postlogd\n"
         << setup.master_cf;
    return text.str();
}

bool accepts(unsigned short port) try {
    SmtpClient client(port);
    return client.reply().starts_with("220");
} catch (std::exception const&) {
    return false;
}

}  // namespace

std::string PostfixServer::why_not() {
    if (::access("/usr/lib/postfix/sbin/master", X_OK) != 0) return "Postfix is not installed";
    if (::geteuid() != 0) return "not run by root: Postfix's master(8) starts as root alone";
    return {};
}

PostfixServer::PostfixServer(Setup const& setup) : port_(free_port()) {
    std::filesystem::permissions(folder_.path(),
                                 std::filesystem::perms(0755));  // its processes have users of their own
    for (auto const* const each : {"etc", "queue", "data"}) std::filesystem::create_directory(folder_.path() / each);
    auto const* const owner = ::getpwnam("postfix");
    if (owner == nullptr || ::chown((folder_.path() / "data").c_str(), owner->pw_uid, owner->pw_gid) != 0)
        throw std::runtime_error("no user postfix");
    write_file(folder_.path() / "etc/main.cf", main_cf(folder_.path(), setup));
    write_file(folder_.path() / "etc/master.cf", master_cf(port_, setup));
    // Makes the folders of the queue, private among them.
    if (auto const ran = run({"postfix", "check"}); ran.exit_code != 0)
        throw std::runtime_error("postfix check: " + ran.err + ran.out);
}

PostfixServer::~PostfixServer() {
    if (running_) static_cast<void>(run({"postfix", "stop"}));
}

Ran PostfixServer::run(std::vector<std::string> arguments) const {
    arguments[0] = "/usr/sbin/" + arguments[0];
    arguments.insert(arguments.begin() + 1, {"-c", (folder_.path() / "etc").string()});
    return run_program(arguments);
}

void PostfixServer::start() {
    auto const ran = run({"postfix", "start"});
    if (ran.exit_code != 0) throw std::runtime_error("postfix start: " + ran.err + ran.out + log());
    running_ = true;
    for (auto const end = Clock::now() + 20s; !accepts(port_); std::this_thread::sleep_for(20ms)) {
        if (Clock::now() > end) throw std::runtime_error("Postfix takes no mail: " + log());
    }
}

void PostfixServer::stop() {
    auto const ran = run({"postfix", "stop"});
    if (ran.exit_code != 0) throw std::runtime_error("postfix stop: " + ran.err + ran.out);
    running_ = false;
}

std::size_t PostfixServer::logged(std::vector<std::string> const& parts) const {
    std::istringstream lines(log());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += std::ranges::all_of(parts, [&](std::string const& part) { return line.find(part) != line.npos; });
    }
    return count;
}

std::size_t PostfixServer::queued() const {
    auto const ran = run({"postqueue", "-j"});
    if (ran.exit_code != 0) throw std::runtime_error("postqueue: " + ran.err);
    return static_cast<std::size_t>(std::ranges::count(ran.out, '\n'));
}

bool PostfixServer::drain() const {
    for (auto const end = Clock::now() + draining_limit; Clock::now() < end; std::this_thread::sleep_for(200ms)) {
        if (queued() == 0) return true;
        kick();
    }
    return queued() == 0;
}

void PostfixServer::kick() const {
    static_cast<void>(run({"postqueue", "-f"}));
}

void PostfixServer::inject(unsigned mails, unsigned sessions, std::vector<std::string> const& more) const {
    std::vector<std::string> arguments{"/usr/sbin/smtp-source",
                                       "-s",
                                       std::to_string(sessions),
                                       "-m",
                                       std::to_string(mails),
                                       "-f",
                                       "ana@northwind.example",
                                       "-t",
                                       "support@acme.example",
                                       "-l",
                                       "2000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("127.0.0.1:" + std::to_string(port_));
    auto const ran = run_program(arguments);
    if (ran.exit_code != 0) throw std::runtime_error("smtp-source: " + ran.err + ran.out);
}

ListeningSocket::ListeningSocket(std::filesystem::path const& path, std::string const& owner) {
    auto const* const entry = ::getpwnam(owner.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (entry == nullptr || fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0 || ::chmod(path.c_str(), 0660) != 0 ||
        ::listen(fd_, SOMAXCONN) != 0)
        throw std::runtime_error("a listening socket " + path.string());
}

ListeningSocket::~ListeningSocket() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace postern::testing
