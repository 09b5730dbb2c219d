#include "tests/support/dovecot_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace postern::testing {

namespace {

using namespace std::chrono_literals;

bool is_root() {
    return geteuid() == 0;
}

// Dovecot refuses to touch mail as root.
passwd const& mail_owner() {
    auto const* const owner = is_root() ? getpwnam("nobody") : getpwuid(geteuid());
    if (!owner) throw std::runtime_error("no user for Dovecot's mail");
    return *owner;
}

void give_to_mail_owner(std::filesystem::path const& path) {
    if (is_root() && chown(path.c_str(), mail_owner().pw_uid, mail_owner().pw_gid) != 0)
        throw std::runtime_error("chown " + path.string());
}

bool accepts_connections(unsigned short port) {
    int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    bool const good = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return good;
}

std::string configuration(std::filesystem::path const& folder, TestCertificate const& certificate,
                          unsigned short tls_port, unsigned short plain_port) {
    auto const& owner = mail_owner();
    std::string const uid = std::to_string(owner.pw_uid), gid = std::to_string(owner.pw_gid);
    std::string const helper = is_root() ? ""
                                         : std::string("default_internal_user = ") + owner.pw_name +
                                               "\ndefault_login_user = " + owner.pw_name +
                                               "\ndefault_internal_group = " + getgrgid(owner.pw_gid)->gr_name + "\n";
    return "base_dir = " + (folder / "run").string() + "\nstate_dir = " + (folder / "run").string() +
           "\nlog_path = " + (folder / "log").string() + "\n" + helper +
           "protocols = imap\nlisten = 127.0.0.1, 127.0.0.2\nssl = yes\nssl_cert = <" +
           certificate.certificate.string() + "\nssl_key = <" + certificate.key.string() +
           "\nauth_mechanisms = plain login\nauth_failure_delay = 0\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n"
           "mail_location = maildir:" +
           (folder / "mail").string() +
           "/%u\n"
           "mail_fsync = never\nmail_max_userip_connections = 100\n"
           "passdb {\n driver = static\n args = password=secret\n}\n"
           "userdb {\n driver = static\n args = uid=" +
           uid + " gid=" + gid + " home=" + (folder / "mail").string() +
           "/%u\n}\n"
           "service imap-login {\n chroot =\n inet_listener imap {\n  port = " +
           std::to_string(plain_port) + "\n }\n inet_listener imaps {\n  port = " + std::to_string(tls_port) +
           "\n  ssl = yes\n }\n}\n"
           // Without its penalty for failed logins, up to 15 s.
           "service anvil {\n chroot =\n unix_listener anvil-auth-penalty {\n  mode = 0\n }\n}\n"
           "namespace inbox {\n inbox = yes\n separator = /\n}\n";
}

}  // namespace

DovecotServer::DovecotServer(std::string const& extra)
    : certificate_(make_certificate(folder_.path())), tls_port_(free_port()), plain_port_(free_port()) {
    chmod(folder_.path().c_str(), 0755);
    std::filesystem::create_directories(folder_.path() / "run");
    std::filesystem::create_directories(folder_.path() / "mail");
    give_to_mail_owner(folder_.path() / "mail");
    write_file(folder_.path() / "dovecot.conf",
               configuration(folder_.path(), certificate_, tls_port_, plain_port_) + extra);
    start();
}

DovecotServer::~DovecotServer() {
    stop();
}

void DovecotServer::start() {
    if (pid_ > 0) throw std::logic_error("Dovecot runs already");
    auto const file = (folder_.path() / "dovecot.conf").string();
    auto const output = (folder_.path() / "output").string();
    pid_ = fork();
    if (pid_ == 0) {
        setpgid(0, 0);
        int const out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(out, 1);
        dup2(out, 2);
        execl("/usr/sbin/dovecot", "dovecot", "-F", "-c", file.c_str(), nullptr);
        _exit(127);
    }
    for (auto const end = std::chrono::steady_clock::now() + 20s; !accepts_connections(tls_port_);) {
        if (std::chrono::steady_clock::now() > end || waitpid(pid_, nullptr, WNOHANG) != 0) {
            throw std::runtime_error("Dovecot does not start: " + read_file(output));
        }
        std::this_thread::sleep_for(5ms);
    }
}

void DovecotServer::stop() {
    if (pid_ <= 0) return;
    // Its whole group: a session that waits in IDLE outlives the master.
    kill(-pid_, SIGTERM);
    for (int waited = 0; waitpid(pid_, nullptr, WNOHANG) == 0; ++waited) {
        if (waited == 2000) kill(pid_, SIGKILL);
        std::this_thread::sleep_for(5ms);
    }
    pid_ = -1;
}

void DovecotServer::deliver(std::string const& user, std::vector<std::string> const& mails) {
    auto const box = folder_.path() / "mail" / user;
    // A client that came before the first mail has made Dovecot begin with the folder, and not end.
    for (auto const* const part : {"", "cur", "new", "tmp"}) {
        if (std::filesystem::exists(box / part)) continue;
        std::filesystem::create_directories(box / part);
        give_to_mail_owner(box / part);
    }
    for (auto const& mail : mails) {
        std::array<char, 32> name{};
        std::snprintf(name.data(), name.size(), "1700000000.M%09uP1.host", ++delivered_);
        write_file(box / "tmp" / name.data(), mail);
        give_to_mail_owner(box / "tmp" / name.data());
        std::filesystem::rename(box / "tmp" / name.data(), box / "new" / name.data());
    }
}

std::string DovecotServer::doveadm(std::vector<std::string> arguments) const {
    std::vector<std::string> command{"/usr/bin/doveadm", "-c", (folder_.path() / "dovecot.conf").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto const ran = run_program(command);
    if (ran.exit_code != 0) throw std::runtime_error("doveadm: " + ran.err);
    return ran.out;
}

std::vector<DovecotServer::Mail> DovecotServer::mails(std::string const& user, std::string const& folder) const {
    std::istringstream lines(doveadm({"-f", "tab", "fetch", "-u", user, "uid flags", "mailbox", folder}));
    std::string line;
    std::getline(lines, line);  // the columns' names
    std::vector<Mail> found;
    while (std::getline(lines, line)) {
        auto const tab = line.find('\t');
        found.push_back({static_cast<std::uint32_t>(std::stoul(line)), line.substr(tab + 1)});
    }
    return found;
}

}  // namespace postern::testing
