#include "daemon/trouble_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/local/datagram_protocol.hpp>
#include <cstddef>
#include <sstream>
#include <system_error>
#include <utility>

namespace postern {

namespace asio = boost::asio;

namespace {

using Protocol = asio::local::datagram_protocol;

// A datagram; more trouble than this is not told in one go.
constexpr std::size_t answer_octets = 4096;
// The daemon's io thread never blocks.
constexpr int answer_milliseconds = 1000;

// By what the folder is, not by its name: the daemon and the operator may have gone there by different ones.
Protocol::endpoint address_of(std::filesystem::path const& state_dir) {
    struct stat folder {};
    if (::stat(state_dir.c_str(), &folder) != 0)
        throw std::system_error(errno, std::generic_category(), state_dir.string());
    std::string name(1, '\0');
    name += "postern-" + std::to_string(folder.st_dev) + "-" + std::to_string(folder.st_ino);
    return Protocol::endpoint(name);
}

}  // namespace

struct TroubleSocket::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io, Protocol::endpoint const& address, Ask asked)
        : socket(io, address), ask(std::move(asked)) {}

    void listen() {
        socket.async_receive_from(asio::buffer(question), asker,
                                  [self = shared_from_this()](boost::system::error_code const& error, std::size_t) {
                                      if (error == asio::error::operation_aborted) return;
                                      if (!error) self->answer();
                                      self->listen();
                                  });
    }
    void answer() {
        std::string text;
        for (auto const& line : ask()) text += line + '\n';
        if (text.size() > answer_octets) text.resize(answer_octets);
        boost::system::error_code gone;
        socket.non_blocking(true, gone);
        socket.send_to(asio::buffer(text), asker, 0, gone);
    }

    Protocol::socket socket;
    Ask ask;
    Protocol::endpoint asker;
    std::array<char, 16> question{};
};

TroubleSocket::TroubleSocket(asio::io_context& io, std::filesystem::path const& state_dir, Ask ask)
    : state_(std::make_shared<State>(io, address_of(state_dir), std::move(ask))) {
    state_->listen();
}

TroubleSocket::~TroubleSocket() {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

std::vector<std::string> ask_for_troubles(std::filesystem::path const& state_dir) try {
    asio::io_context io;
    Protocol::socket socket(io, Protocol());
    // Bound to no name: the kernel gives one, so that there is an address to answer to.
    sockaddr const unnamed{AF_UNIX, {}};
    if (::bind(socket.native_handle(), &unnamed, sizeof unnamed.sa_family) != 0) return {};
    socket.send_to(asio::buffer("?", 1), address_of(state_dir));
    pollfd answered{socket.native_handle(), POLLIN, 0};
    if (::poll(&answered, 1, answer_milliseconds) <= 0) return {};
    std::string text(answer_octets, '\0');
    text.resize(socket.receive(asio::buffer(text)));
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
    return lines;
} catch (std::exception const&) {
    return {};  // no daemon, or none that answers
}

}  // namespace postern
