// A real nsd of our own: zones as the test writes them, in a temporary folder, on loopback and a high port, by UDP and
// TCP. It knows its zones only: NXDOMAIN within them, REFUSED elsewhere, unless one of them is the root.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/daemon_process.h"

namespace postern::testing {

class NsdServer {
  public:
    struct Zone {
        std::string name;  // "northwind.example"; "." is the root
        // Master file (RFC 1035 5). Without "SOA" in it a SOA (its MINIMUM: 60) and a NS record are put before it, and
        // "$TTL 300".
        std::string text;
    };
    using Zones = std::vector<Zone>;
    // Returns once it answers. It ends with the thread that started it, however that ends.
    explicit NsdServer(Zones const& zones);
    NsdServer(std::string const& name, std::string const& text) : NsdServer(Zones{{name, text}}) {}
    ~NsdServer();
    NsdServer(NsdServer const&) = delete;
    NsdServer& operator=(NsdServer const&) = delete;

    void start();  // on the same port, with the same zones
    void stop();   // by its process id

    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    TemporaryFolder folder_;
    unsigned short port_ = 0;
    std::string first_zone_;
    pid_t pid_ = -1;
};

}  // namespace postern::testing
