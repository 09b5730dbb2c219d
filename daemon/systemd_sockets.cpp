#include "daemon/systemd_sockets.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace postern {

namespace {

struct FreeStrings {
    void operator()(char** strings) const noexcept {
        for (char** each = strings; each != nullptr && *each != nullptr; ++each) std::free(*each);
        std::free(strings);
    }
};

void check_listening(SystemdSocket const& socket) {
    if (::sd_is_socket(socket.fd, AF_UNSPEC, SOCK_STREAM, 1) > 0) return;
    throw SystemdSocketError("systemd hands over \"" + socket.name +
                             "\", which is no stream socket that listens: its unit needs ListenStream= and Accept=no");
}

void check_given(bool wanted, std::vector<int> const& sockets, std::string const& name) {
    if (!wanted || !sockets.empty()) return;
    throw SystemdSocketError("[" + name +
                             "] says listen = \"systemd\", but systemd hands over no socket for it: "
                             "its socket unit needs FileDescriptorName=" +
                             name + ", and has to be started before the service");
}

}  // namespace

std::vector<SystemdSocket> systemd_sockets() {
    char** names = nullptr;
    int const count = ::sd_listen_fds_with_names(0, &names);
    std::unique_ptr<char*[], FreeStrings> const owned(names);
    if (count < 0) throw std::system_error(-count, std::generic_category(), "sd_listen_fds");
    std::vector<SystemdSocket> sockets;
    for (int i = 0; i < count; ++i) {
        sockets.push_back({SD_LISTEN_FDS_START + i, names != nullptr ? names[i] : "unknown"});
        check_listening(sockets.back());
    }
    return sockets;
}

SharedSockets share_sockets(std::vector<SystemdSocket> const& sockets, bool for_smtp, bool for_lmtp) {
    SharedSockets shared;
    for (auto const& [fd, name] : sockets) {
        bool const is_named = name == "smtp" || name == "lmtp";
        if (is_named ? name == "smtp" && for_smtp : for_smtp && !for_lmtp)
            shared.smtp.push_back(fd);
        else if (is_named ? name == "lmtp" && for_lmtp : for_lmtp && !for_smtp)
            shared.lmtp.push_back(fd);
        else if (is_named || !for_smtp)
            throw SystemdSocketError("systemd hands over the socket \"" + name + "\", but " +
                                     (is_named ? "[" + name + "] does not say" : "neither [smtp] nor [lmtp] says") +
                                     " listen = \"systemd\"");
        else
            throw SystemdSocketError("systemd hands over the socket \"" + name +
                                     "\", and both [smtp] and [lmtp] say listen = \"systemd\": its unit needs "
                                     "FileDescriptorName=smtp or FileDescriptorName=lmtp");
    }
    check_given(for_smtp, shared.smtp, "smtp");
    check_given(for_lmtp, shared.lmtp, "lmtp");
    return shared;
}

}  // namespace postern
