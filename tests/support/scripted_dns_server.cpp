#include "tests/support/scripted_dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_connections = 50;

sockaddr_in loopback(unsigned short port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

int bound_socket(int type, unsigned short port) {
    int const fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    auto const address = loopback(port);
    if (bind(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        throw std::runtime_error("no port for a DNS server");
    return fd;
}

std::size_t number_16_at(std::string const& octets, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(octets.at(at))) << 8U |
           static_cast<unsigned char>(octets.at(at + 1));
}

// Of our own resolver's queries, which hold one question without compression.
ScriptedDnsServer::Query read_query(std::string const& octets, bool by_tcp) {
    ScriptedDnsServer::Query query;
    query.octets = octets;
    query.by_tcp = by_tcp;
    query.id = static_cast<std::uint16_t>(number_16_at(octets, 0));
    std::size_t at = dns::asked;
    for (; octets.at(at) != 0; at += 1 + static_cast<unsigned char>(octets[at]))
        query.name += (query.name.empty() ? "" : ".") + octets.substr(at + 1, static_cast<unsigned char>(octets[at]));
    query.type = static_cast<DnsType>(number_16_at(octets, at + 1));
    query.has_edns = number_16_at(octets, 10) == 1;
    return query;
}

}  // namespace

struct ScriptedDnsServer::Connection {
    std::uint64_t number = 0;
    int fd = -1;
    std::string octets;
};

struct ScriptedDnsServer::Due {
    Clock::time_point at;
    Reply reply;
    std::optional<std::uint64_t> connection;
    std::string peer;
};

ScriptedDnsServer::ScriptedDnsServer(Script script) : script_(std::move(script)), port_(free_port()) {
    udp_ = bound_socket(SOCK_DGRAM, port_);
    listener_ = bound_socket(SOCK_STREAM, port_);
    listen(listener_, 10);
    thread_ = std::thread([this] { run(); });
}

ScriptedDnsServer::~ScriptedDnsServer() {
    ends_ = true;
    thread_.join();
    for (auto const& connection : connections_) close(connection.fd);
    close(udp_);
    close(listener_);
}

void ScriptedDnsServer::script(Script script) {
    std::lock_guard const lock(mutex_);
    script_ = std::move(script);
}

unsigned ScriptedDnsServer::count(std::string const& name) const {
    std::lock_guard const lock(mutex_);
    auto const found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
}

unsigned ScriptedDnsServer::count() const {
    std::lock_guard const lock(mutex_);
    unsigned all = 0;
    for (auto const& [name, count] : counts_) all += count;
    return all;
}

void ScriptedDnsServer::run() {
    while (!ends_) {
        std::vector<pollfd> look{{udp_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (auto const& connection : connections_) look.push_back({connection.fd, POLLIN, 0});
        // Often enough for its end, and for what is due.
        poll(look.data(), look.size(), 5);
        for (std::size_t at = 2; at < look.size(); ++at)
            if (look[at].revents != 0) take_octets(connections_[at - 2]);
        std::erase_if(connections_, [](Connection const& connection) { return connection.fd < 0; });
        if (look[0].revents != 0) take_datagram();
        if (look[1].revents != 0) take_connection();
        open_connections_ = connections_.size();
        send_due();
    }
}

void ScriptedDnsServer::take_datagram() {
    std::array<char, 4096> octets{};
    std::string peer(sizeof(sockaddr_in), '\0');
    auto length = static_cast<socklen_t>(peer.size());
    auto const got = recvfrom(udp_, octets.data(), octets.size(), 0, reinterpret_cast<sockaddr*>(peer.data()), &length);
    if (got > 0) answer({octets.data(), static_cast<std::size_t>(got)}, std::nullopt, peer);
}

void ScriptedDnsServer::take_connection() {
    int const fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (connections_.size() >= most_connections) {
        close(fd);
        return;
    }
    connections_.push_back({++last_connection_, fd, {}});
}

void ScriptedDnsServer::take_octets(Connection& connection) {
    std::array<char, 4096> octets{};
    auto const got = recv(connection.fd, octets.data(), octets.size(), 0);
    if (got <= 0) {
        close(connection.fd);
        connection.fd = -1;
        return;
    }
    connection.octets.append(octets.data(), static_cast<std::size_t>(got));
    while (connection.octets.size() >= 2 && connection.octets.size() >= 2 + number_16_at(connection.octets, 0)) {
        auto const length = number_16_at(connection.octets, 0);
        auto const message = connection.octets.substr(2, length);
        connection.octets.erase(0, 2 + length);
        answer(message, connection.number, {});
    }
}

void ScriptedDnsServer::answer(std::string const& octets, std::optional<std::uint64_t> connection,
                               std::string const& peer) {
    auto const query = read_query(octets, connection.has_value());
    Script script;
    {
        std::lock_guard const lock(mutex_);
        ++counts_[query.name];
        script = script_;
    }
    auto reply = script(query);
    due_.push_back({Clock::now() + reply.after, std::move(reply), connection, peer});
}

void ScriptedDnsServer::send_due() {
    auto const now = Clock::now();
    for (auto& [at, reply, number, peer] : due_) {
        if (at > now) continue;
        auto const connection = std::find_if(connections_.begin(), connections_.end(),
                                             [&](Connection const& one) { return one.number == number; });
        if (!number) {
            for (auto const& message : reply.messages)
                sendto(udp_, message.data(), message.size(), 0, reinterpret_cast<sockaddr const*>(peer.data()),
                       static_cast<socklen_t>(peer.size()));
        } else if (connection != connections_.end()) {
            std::string octets;
            for (auto const& message : reply.messages) octets += dns::number_16(message.size()) + message;
            octets += reply.raw;
            // A client that has gone, or takes nothing, does not hold this up for long.
            timeval const patience{5, 0};
            setsockopt(connection->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            send(connection->fd, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (reply.hangs_up) shutdown(connection->fd, SHUT_RDWR);
        }
    }
    std::erase_if(due_, [&](Due const& due) { return due.at <= now; });
}

dns::Packet response_to(ScriptedDnsServer::Query const& query, std::vector<std::string> answer) {
    dns::Packet packet;
    packet.id = query.id;
    packet.name = query.name;
    packet.type = query.type;
    packet.answer = std::move(answer);
    return packet;
}

ScriptedDnsServer::Reply reply_of(dns::Packet const& packet) {
    return {{packet.octets()}, {}, false, {}};
}

}  // namespace postern::testing
