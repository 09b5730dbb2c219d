#include "tests/support/silent_resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace postern::testing {

SilentResolver::SilentResolver() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::generic_category(), "bind");
}

SilentResolver::~SilentResolver() {
    ::close(socket_);
}

std::string SilentResolver::address() const {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

bool SilentResolver::wait_for_query() const {
    pollfd wanted{socket_, POLLIN, 0};
    return ::poll(&wanted, 1, 60'000) == 1;
}

LyingResolver::LyingResolver()
    : thread_([this](std::stop_token const& stop) {
          int const socket = port_.socket();
          while (!stop.stop_requested()) {
              pollfd wanted{socket, POLLIN, 0};
              if (::poll(&wanted, 1, 20) <= 0) continue;
              std::array<char, 1500> octets{};
              sockaddr_in asker{};
              socklen_t length = sizeof asker;
              auto const got =
                  ::recvfrom(socket, octets.data(), octets.size(), 0, reinterpret_cast<sockaddr*>(&asker), &length);
              if (got < 12) continue;
              std::string const query(octets.data(), static_cast<std::size_t>(got));
              auto other = query, promise = query;
              other[0] = static_cast<char>(other[0] ^ 1);
              promise[2] = static_cast<char>(0x84);  // an answer (RFC 1035 4.1.1), of 65,535 records
              promise[6] = promise[7] = static_cast<char>(0xFF);
              other[2] = promise[2];
              for (auto const& lie : {other, query, query.substr(0, 2) + std::string(700, 'x'), promise})
                  ::sendto(socket, lie.data(), lie.size(), 0, reinterpret_cast<sockaddr*>(&asker), length);
          }
      }) {}

LyingResolver::~LyingResolver() = default;

}  // namespace postern::testing
