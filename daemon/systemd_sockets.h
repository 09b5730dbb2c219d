// The sockets that systemd listens on for us (socket activation: sd_listen_fds(3)), and which section's each one is.
//
// The name that FileDescriptorName= of a socket unit gives decides: "smtp" is [smtp]'s, "lmtp" is [lmtp]'s. A socket of
// any other name, or of none, belongs to the section that says "systemd", where only one does.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace postern {

struct SystemdSocket {
    int fd = -1;
    std::string name;  // of the unit, where FileDescriptorName= is not set; "unknown" without systemd's names
};

// What systemd hands over and what postern.toml asks for don't go together: nobody would listen on a socket, or a
// section would have none.
class SystemdSocketError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Those this process was started with. The descriptors are the caller's from then on; asked a second time, it would
// tell the same ones. Throws SystemdSocketError: one that is no stream socket that listens.
[[nodiscard]] std::vector<SystemdSocket> systemd_sockets();

struct SharedSockets {
    std::vector<int> smtp, lmtp;
};
// Pure. `for_smtp`, `for_lmtp`: the section says "systemd". Throws SystemdSocketError.
[[nodiscard]] SharedSockets share_sockets(std::vector<SystemdSocket> const& sockets, bool for_smtp, bool for_lmtp);

}  // namespace postern
