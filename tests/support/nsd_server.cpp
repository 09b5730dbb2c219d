#include "tests/support/nsd_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "parsers/dns_message.h"

namespace postern::testing {

namespace {

using namespace std::chrono_literals;

std::string master_file(NsdServer::Zone const& zone) {
    auto const origin = zone.name == "." ? zone.name : zone.name + ".";
    std::string text = "$ORIGIN " + origin + "\n$TTL 300\n";
    if (zone.text.find("SOA") == std::string::npos)
        text += "@ SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ NS ns.invalid.\n";
    return text + zone.text + "\n";
}

// Any answer will do.
bool answers(unsigned short port, std::string const& zone) {
    auto const wire_name = dns_wire_name(zone).value_or(std::string(1, '\0'));
    auto const query = dns_query({wire_name, DnsType::a}, 1, 0);
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    std::array<char, 512> answer{};
    pollfd look{fd, POLLIN, 0};
    bool const answered = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                          send(fd, query.data(), query.size(), 0) > 0 && poll(&look, 1, 50) == 1 &&
                          recv(fd, answer.data(), answer.size(), 0) > 0;
    close(fd);
    return answered;
}

}  // namespace

NsdServer::NsdServer(Zones const& zones) : port_(free_port()), first_zone_(zones.at(0).name) {
    auto const folder = folder_.path().string();
    // Its limit of answers a second (RRL) is for open servers. As root it would change its user, and then not read the
    // folder.
    std::string configuration = "server:\n  ip-address: 127.0.0.1@" + std::to_string(port_) +
                                "\n  username: \"\"\n  chroot: \"\"\n  zonesdir: \"" + folder +
                                "\"\n  database: \"\"\n  pidfile: \"" + folder + "/pid\"\n  xfrdfile: \"" + folder +
                                "/xfrd\"\n  xfrdir: \"" + folder + "\"\n  zonelistfile: \"" + folder +
                                "/zones\"\n  logfile: \"" + folder +
                                "/log\"\n  server-count: 1\n  rrl-ratelimit: 0\n"
                                "remote-control:\n  control-enable: no\n";
    for (std::size_t at = 0; at < zones.size(); ++at) {
        auto const file = folder + "/zone" + std::to_string(at);
        write_file(file, master_file(zones[at]));
        configuration += "zone:\n  name: \"" + zones[at].name + "\"\n  zonefile: \"" + file + "\"\n";
    }
    write_file(folder_.path() / "nsd.conf", configuration);
    start();
}

NsdServer::~NsdServer() {
    stop();
}

void NsdServer::start() {
    if (pid_ > 0) throw std::logic_error("nsd runs already");
    auto const file = (folder_.path() / "nsd.conf").string(), output = (folder_.path() / "output").string();
    pid_ = fork();
    if (pid_ == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);  // a test that is killed leaves no server
        int const out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(out, 1);
        dup2(out, 2);
        execl("/usr/sbin/nsd", "nsd", "-d", "-c", file.c_str(), nullptr);
        _exit(127);
    }
    for (auto const end = std::chrono::steady_clock::now() + 20s; !answers(port_, first_zone_);) {
        if (std::chrono::steady_clock::now() > end || waitpid(pid_, nullptr, WNOHANG) != 0) {
            auto const log = folder_.path() / "log";
            throw std::runtime_error("nsd does not start: " + read_file(output) +
                                     (std::filesystem::exists(log) ? read_file(log) : std::string()));
        }
        std::this_thread::sleep_for(5ms);
    }
}

void NsdServer::stop() {
    if (pid_ <= 0) return;
    // Its whole group: the process that answers is a child.
    kill(-pid_, SIGTERM);
    for (int waited = 0; waitpid(pid_, nullptr, WNOHANG) == 0; ++waited) {
        if (waited == 2000) kill(-pid_, SIGKILL);
        std::this_thread::sleep_for(5ms);
    }
    pid_ = -1;
}

}  // namespace postern::testing
