#include "tests/support/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

namespace postern::testing {

namespace {

// How often a connection looks whether it is to be cut.
constexpr int look_ms = 5;

sockaddr_in loopback(unsigned short port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool readable(int fd, int milliseconds) {
    pollfd look{fd, POLLIN, 0};
    return poll(&look, 1, milliseconds) > 0;
}

bool write_all(int fd, char const* octets, std::size_t count) {
    while (count > 0) {
        auto const sent = ::send(fd, octets, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        octets += sent;
        count -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

CuttingProxy::CuttingProxy(unsigned short target)
    : target_(target), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no port for the proxy");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_loop(); });
}

CuttingProxy::~CuttingProxy() {
    ending_ = true;
    thread_.join();
    close(listener_);
}

void CuttingProxy::cut_after(std::deque<std::uint64_t> octets) {
    std::lock_guard const lock(mutex_);
    plan_ = std::move(octets);
}

void CuttingProxy::cut_now() {
    ++cuts_;
    while (open_ > 0) poll(nullptr, 0, look_ms);
}

void CuttingProxy::accept_loop() {
    std::vector<std::thread> connections;
    while (!ending_) {
        if (!readable(listener_, look_ms)) continue;
        int const client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        ++connections_;
        ++open_;
        connections.emplace_back([this, client] { forward(client); });
    }
    for (auto& each : connections) each.join();
}

void CuttingProxy::forward(int client) {
    auto left = std::numeric_limits<std::uint64_t>::max();
    {
        std::lock_guard const lock(mutex_);
        if (!plan_.empty()) {
            left = plan_.front();
            plan_.pop_front();
        }
    }
    unsigned const cuts = cuts_;
    int const server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const address = loopback(target_);
    bool open = connect(server, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    std::array<char, 16384> buffer{};
    while (open && !ending_ && cuts == cuts_ && left > 0) {
        std::array<pollfd, 2> look{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        if (hanging_) {
            poll(nullptr, 0, look_ms);
            continue;
        }
        if (poll(look.data(), look.size(), look_ms) <= 0) continue;
        for (std::size_t i = 0; i < look.size() && open; ++i) {
            if (look[i].revents == 0) continue;
            auto const most = i == 0 ? buffer.size() : std::min<std::uint64_t>(buffer.size(), left);
            auto const got = recv(look[i].fd, buffer.data(), most, 0);
            open = got > 0 && write_all(look[1 - i].fd, buffer.data(), static_cast<std::size_t>(got));
            if (i == 1 && got > 0) left -= static_cast<std::uint64_t>(got);
        }
    }
    close(client);
    close(server);
    --open_;
}

}  // namespace postern::testing
