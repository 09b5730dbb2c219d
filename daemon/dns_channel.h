// DnsChannel: queries to the DNS servers and what they answered, by c-ares; it sends again, goes on to the next server
// and gives up, and reads nothing of the answers. Waits nowhere: its owner polls. For one thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parsers/dns_message.h"

namespace postern {

enum class DnsTransport : std::uint8_t { udp, tcp };

struct DnsFlight {
    DnsQuestion question;
    std::uint64_t number = 0;  // its owner's
    DnsTransport transport = DnsTransport::udp;
};

struct DnsLanding {
    enum class End : std::uint8_t {
        answered,
        silence,      // no answer in the time of all tries
        unreachable,  // no server there, by ICMP or TCP; no socket
    };
    DnsFlight flight;
    End end = End::silence;
    std::string octets;  // of the response, one to this question by its id, name and type
};

class DnsChannel {
  public:
    // Null: the server is none, or no memory. `server` and its form: DnsResolver.
    [[nodiscard]] static std::unique_ptr<DnsChannel> make(std::optional<std::string> const& server,
                                                          DnsTransport transport);
    ~DnsChannel();  // what is under way is forgotten
    DnsChannel(DnsChannel const&) = delete;
    DnsChannel& operator=(DnsChannel const&) = delete;

    void send(DnsFlight flight);

    void append_descriptors(std::vector<pollfd>& descriptors) const;
    // Until when poll(2) may wait; none: for descriptors only.
    [[nodiscard]] std::optional<std::chrono::milliseconds> patience() const;
    // `polled` may hold others' descriptors, too.
    void process(std::vector<pollfd> const& polled);

    [[nodiscard]] std::vector<DnsLanding> take_landings();
    [[nodiscard]] std::size_t under_way() const noexcept;  // those that have landed and not been taken are not
    // Whether anything came from a server since it was asked last, were it an answer to nothing.
    [[nodiscard]] bool take_sign_of_life();

  private:
    struct Impl;
    explicit DnsChannel(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace postern
