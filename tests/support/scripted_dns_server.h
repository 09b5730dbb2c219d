// A DNS server of our own by UDP and TCP, for what no real one can be made to do. A function says what is sent to each
// query, octet by octet; dns_packet.h writes sane messages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "parsers/dns_message.h"
#include "tests/support/dns_packet.h"

namespace postern::testing {

class ScriptedDnsServer {
  public:
    struct Query {
        std::uint16_t id = 0;
        std::string name;  // lower case, without the last dot
        DnsType type = DnsType::a;
        bool by_tcp = false, has_edns = false;
        std::string octets;
    };
    struct Reply {
        // By UDP a datagram each; by TCP each behind its length.
        std::vector<std::string> messages;
        std::chrono::milliseconds after{0};
        bool hangs_up = false;  // by TCP, when all is sent
        std::string raw;        // by TCP, sent last, as it is
    };
    // Called by the server's thread. An empty Reply is silence.
    using Script = std::function<Reply(Query const&)>;

    explicit ScriptedDnsServer(Script script);
    ~ScriptedDnsServer();
    ScriptedDnsServer(ScriptedDnsServer const&) = delete;
    ScriptedDnsServer& operator=(ScriptedDnsServer const&) = delete;

    void script(Script script);
    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    // How many queries for this name came, by UDP and TCP; of all names.
    [[nodiscard]] unsigned count(std::string const& name) const;
    [[nodiscard]] unsigned count() const;
    [[nodiscard]] std::size_t open_connections() const noexcept { return open_connections_; }  // by TCP

  private:
    struct Connection;
    struct Due;
    void run();
    void take_datagram();
    void take_connection();
    void take_octets(Connection& connection);
    void answer(std::string const& octets, std::optional<std::uint64_t> connection, std::string const& peer);
    void send_due();

    Script script_;  // guarded by mutex_, as are the counts
    std::map<std::string, unsigned> counts_;
    mutable std::mutex mutex_;

    unsigned short port_ = 0;
    int udp_ = -1, listener_ = -1;
    std::vector<Connection> connections_;
    std::uint64_t last_connection_ = 0;
    std::vector<Due> due_;
    std::atomic<std::size_t> open_connections_{0};
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

// The packet of a sane response, without records; with those, where they are given.
[[nodiscard]] dns::Packet response_to(ScriptedDnsServer::Query const& query, std::vector<std::string> answer = {});
// It, sent at once.
[[nodiscard]] ScriptedDnsServer::Reply reply_of(dns::Packet const& packet);

}  // namespace postern::testing
