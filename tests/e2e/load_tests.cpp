// The open port with thousands of clients that only sit there, or hardly send: others are served, memory is bounded,
// and with the limits as shipped they are turned away.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <utility>

#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::size_t idle_clients = 10000, slow_clients = 2000, source_addresses = 40;
constexpr std::size_t spare_handles = 200;  // of the test itself

// A connection from 127.0.0.N; waits at most half a minute for anything.
class LoadClient {
  public:
    LoadClient(unsigned short port, std::size_t n) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        timeval const patience{30, 0};
        int const on = 1;
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        auto const local = address(0, 2 + n % source_addresses), server = address(port, 1);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr const*>(&local), sizeof local) == 0);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr const*>(&server), sizeof server) == 0);
    }
    LoadClient(LoadClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    LoadClient& operator=(LoadClient&&) = delete;
    ~LoadClient() {
        if (fd_ >= 0) ::close(fd_);
    }

    void send(std::string_view octets) const { ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL); }
    // Until a line of it begins so, or the connection ends; all that came.
    [[nodiscard]] std::string reply(std::string const& begin) const {
        std::string came = "\n";
        char octets[1024];
        while (came.size() == 1 || came.find("\n" + begin) == came.npos || !came.ends_with('\n')) {
            auto const count = ::recv(fd_, octets, sizeof octets, 0);
            if (count <= 0) break;
            came.append(octets, static_cast<std::size_t>(count));
        }
        return came.substr(1);
    }

  private:
    static sockaddr_in address(unsigned short port, std::size_t host) {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_port = htons(port);
        made.sin_addr.s_addr = htonl(0x7f000000U + static_cast<std::uint32_t>(host));
        return made;
    }
    int fd_;
};

// As many handles as the machine lets this process have.
std::size_t raise_handles() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::size_t resident_kib(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; status >> word;) {
        if (word != "VmRSS:") continue;
        status >> word;
        return std::stoul(word);
    }
    return 0;
}

std::string mail(int n) {
    return "From: ana@northwind.example\r\nSubject: load\r\nMessage-ID: <" + std::to_string(n) +
           "@northwind.example>\r\n\r\nPlease help.\r\n";
}

// From the connection to the 250, in milliseconds.
long normal_mail(unsigned short port, int n) {
    auto const began = std::chrono::steady_clock::now();
    SmtpClient client(port);
    REQUIRE_THAT(client.reply(), StartsWith("220"));
    static_cast<void>(client.say("EHLO mail.northwind.example"));
    CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example", mail(n)), StartsWith("250 2.0.0"));
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

TEST_CASE("10,000 idle clients and 2,000 slow ones: a normal one gets its 250, memory is bounded") {
    auto const handles = raise_handles();
    auto const room = handles > 2 * spare_handles ? handles - spare_handles : spare_handles;
    auto const slow = std::min(slow_clients, room / 6), idle = std::min(idle_clients, room - slow);
    DaemonSetup setup;
    setup.wrapper = {"prlimit", "--nofile=" + std::to_string(handles)};
    setup.limits = "sessions = 100000\nsessions_per_ip = 100000\n";
    DaemonProcess daemon(setup);
    daemon.start();
    auto const alone = normal_mail(daemon.smtp_port(), 1);
    auto const before = resident_kib(daemon.pid());

    std::vector<LoadClient> clients;
    clients.reserve(idle + slow);
    for (std::size_t n = 0; n < idle; ++n) {
        clients.emplace_back(daemon.smtp_port(), n);
        if (!clients.back().reply("220").starts_with("220")) FAIL("client " << n << " was not greeted");
    }
    auto const with_idle = resident_kib(daemon.pid());
    for (std::size_t n = 0; n < slow; ++n) {
        auto const& client = clients.emplace_back(daemon.smtp_port(), n);
        if (!client.reply("220").starts_with("220")) FAIL("slow client " << n << " was not greeted");
        client.send("EHLO c\r\nMAIL FROM:<ana@northwind.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n");
        if (client.reply("354").find("\n354") == std::string::npos) FAIL("slow client " << n << " can't send");
    }
    long slowest = 0;
    for (int round = 0; round < 10; ++round) {
        for (std::size_t n = idle; n < clients.size(); ++n) clients[n].send("x");
        slowest = std::max(slowest, normal_mail(daemon.smtp_port(), 2 + round));
    }
    auto const with_all = resident_kib(daemon.pid());
    std::cout << "load: " << idle << " idle and " << slow << " slow clients ("
              << (idle + slow < idle_clients + slow_clients ? "no more file handles than " : "file handles: ")
              << handles << "): a normal client's 250 after at most " << slowest << " ms (" << alone
              << " ms alone), RSS " << before << " KiB before, " << with_idle << " KiB with the idle, " << with_all
              << " KiB with all\n";
    CHECK(slowest < 20000);
    CHECK(with_all < 512UL * 1024);
    clients.clear();
    CHECK(normal_mail(daemon.smtp_port(), 100) < 20000);
    CHECK(daemon.stop() == 0);
}

TEST_CASE("with the limits as shipped the thousandth-and-first client, and the 51st of an address, hear 421") {
    REQUIRE(raise_handles() > 1500);
    DaemonProcess daemon;
    daemon.start();
    std::vector<LoadClient> clients;
    clients.reserve(1100);
    std::size_t greeted = 0, turned_away = 0;
    auto const connect = [&](std::size_t n) {
        clients.emplace_back(daemon.smtp_port(), n);
        auto const reply = clients.back().reply("");
        greeted += reply.starts_with("220");
        turned_away += reply == "421 4.7.0 Too many sessions, try again later\r\n";
    };
    for (std::size_t n = 0; n < 60; ++n) connect(0);  // of one address
    CHECK(greeted == 50);
    CHECK(turned_away == 10);
    for (std::size_t n = 0; n < 1040; ++n) connect(1 + n % (source_addresses - 1));
    CHECK(greeted == 1000);
    CHECK(turned_away == 100);
    auto const log = daemon.log();
    CHECK(log.find("smtp-session-refused") != std::string::npos);
    clients.clear();
    std::string reply;
    for (int attempt = 0; attempt < 1000 && !reply.starts_with("220"); ++attempt) {
        SmtpClient client(daemon.smtp_port());
        reply = client.reply();
    }
    CHECK_THAT(reply, StartsWith("220"));
    CHECK(daemon.stop() == 0);
}
