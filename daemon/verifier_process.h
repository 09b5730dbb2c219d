// VerifierProcess: one postern-verifier, started without a descriptor of ours but its end of a socket, and the frames
// to and from it. For one thread. Its destructor kills it and waits for its end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/verifier_wire.h"

namespace postern {

class VerifierProcess {
  public:
    explicit VerifierProcess(std::filesystem::path const& program);  // throws std::system_error
    ~VerifierProcess();
    VerifierProcess(VerifierProcess const&) = delete;
    VerifierProcess& operator=(VerifierProcess const&) = delete;

    // Octets viewed until they have gone: `view` behind `owned`, both behind what still goes.
    void send(std::string const& owned, std::string_view view = {});
    [[nodiscard]] bool has_more_to_send() const noexcept { return !owned_.empty() || !view_.empty(); }

    // What poll(2) says that the socket takes or has. False: it is gone, or talks nonsense.
    [[nodiscard]] bool write_some();
    [[nodiscard]] bool read_some();
    [[nodiscard]] std::optional<verifier_wire::Frame> next_frame() { return frames_.next(); }
    [[nodiscard]] bool talks_nonsense() const noexcept { return frames_.is_broken(); }

    [[nodiscard]] int descriptor() const noexcept { return socket_; }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  private:
    int socket_ = -1;
    pid_t pid_ = -1;
    std::string owned_;
    std::string_view view_;
    verifier_wire::FrameReader frames_{verifier_wire::most_verifier_octets};
};

}  // namespace postern
