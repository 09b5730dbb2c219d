#include "daemon/cli/redirect_catcher.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "parsers/ascii.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

// Browsers open a few connections ahead of need; the oldest goes where another one comes.
constexpr std::size_t most_connections = 8;
// A request's, with its header: a browser sends 1 KB beside the address.
constexpr std::size_t request_octets = redirect_octets + std::size_t{16} * 1024;
// A browser on this machine sends its request at once.
constexpr std::chrono::seconds request_time{10};

[[noreturn]] void fail(char const* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct Page {
    std::string_view status, text;
};
constexpr Page caught_page{"200 OK", "Postern has the answer. You may close this page and go back to the terminal.\n"};
constexpr Page other_page{"404 Not Found", "This is not the answer that Postern waits for.\n"};

// No more than fits into an empty socket, so that it takes all of it at once.
void send_page(int fd, Page const& page) {
    auto const octets =
        "HTTP/1.1 " + std::string(page.status) +
        "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(page.text.size()) +
        "\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n" +
        std::string(page.text);
    static_cast<void>(::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL));
    ::shutdown(fd, SHUT_WR);
}

// RFC 9112 3: the target of "GET target HTTP/1.1", where it is one of ours; "" otherwise.
std::string_view target_of(std::string_view request) {
    auto line = request.substr(0, request.find("\r\n"));
    if (!line.starts_with("GET /?")) return {};
    line.remove_prefix(4);
    return line.substr(0, line.find(' '));
}

std::string_view trimmed(std::string_view line) {
    auto const is_around = [](char c) { return is_space(c) || c == '"' || c == '\'' || c == '<' || c == '>'; };
    while (!line.empty() && is_around(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_around(line.back())) line.remove_suffix(1);
    return line;
}

}  // namespace

RedirectCatcher::RedirectCatcher() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (listener_ < 0) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, most_connections) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
        auto const error = errno;
        ::close(listener_);
        throw std::system_error(error, std::generic_category(), "cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
}

RedirectCatcher::~RedirectCatcher() {
    for (auto const& connection : connections_) ::close(connection.fd);
    ::close(listener_);
}

std::optional<AuthorizationResponse> RedirectCatcher::wait(Waiting const& waiting, WakeEvent const& stop) {
    auto const until = Clock::now() + waiting.time;
    while (!caught_ && !stop.raised() && Clock::now() < until) {
        std::vector<pollfd> look{
            {stop.descriptor(), POLLIN, 0}, {listener_, POLLIN, 0}, {input_ended_ ? -1 : waiting.input, POLLIN, 0}};
        for (auto const& connection : connections_) look.push_back({connection.fd, POLLIN, 0});
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        // A second at most: connections have their own time.
        auto const ready = ::poll(look.data(), look.size(), static_cast<int>(std::clamp<long long>(left, 0, 1000)));
        if (ready < 0 && errno != EINTR) fail("poll");
        if (ready <= 0) {
            drop_old();
            continue;
        }
        auto at = look.begin() + 3;
        for (auto each = connections_.begin(); each != connections_.end(); ++at) {
            bool const is_over = at->revents != 0 && read_some(*each, waiting);
            if (is_over) ::close(each->fd);
            each = is_over ? connections_.erase(each) : std::next(each);
        }
        drop_old();
        if (look[1].revents != 0) accept_one();
        if (look[2].revents != 0) read_typed(waiting);
    }
    return caught_;
}

void RedirectCatcher::drop_old() {
    connections_.remove_if([now = Clock::now()](Connection const& connection) {
        if (now < connection.until) return false;
        ::close(connection.fd);
        return true;
    });
}

void RedirectCatcher::accept_one() {
    int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;  // it has gone again
    if (connections_.size() == most_connections) {
        ::close(connections_.front().fd);
        connections_.pop_front();
    }
    connections_.push_back({fd, {}, Clock::now() + request_time});
}

bool RedirectCatcher::read_some(Connection& connection, Waiting const& waiting) {
    std::array<char, 4096> octets{};
    auto const got = ::recv(connection.fd, octets.data(), octets.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) return true;
    connection.request.append(octets.data(), static_cast<std::size_t>(got));
    if (connection.request.size() > request_octets) return true;
    if (connection.request.find("\r\n\r\n") == std::string::npos) return false;
    answer(connection, waiting);
    return true;
}

void RedirectCatcher::answer(Connection const& connection, Waiting const& waiting) {
    auto found = read_redirect(target_of(connection.request), waiting.state);
    send_page(connection.fd, found ? caught_page : other_page);
    if (found && !caught_) caught_ = std::move(found);
}

void RedirectCatcher::read_typed(Waiting const& waiting) {
    std::array<char, 4096> octets{};
    auto const got = ::read(waiting.input, octets.data(), octets.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    input_ended_ = got <= 0;  // the browser may come yet
    typed_.append(octets.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (input_ended_) typed_ += '\n';
    for (auto end = typed_.find('\n'); end != std::string::npos; end = typed_.find('\n')) {
        auto const line = typed_.substr(0, end);
        typed_.erase(0, end + 1);
        auto const address = trimmed(line);
        if (address.empty() || caught_) continue;
        caught_ = read_redirect(address, waiting.state);
        if (!caught_) waiting.typed_otherwise();
    }
    if (typed_.size() > redirect_octets) typed_.clear();
}

}  // namespace postern
