// A server that says anything, to the client that the poller uses: every call comes back or throws ImapError, whatever
// is told of it fits one line, no mail is larger than was allowed. The input is what the server says to one command
// after the other, parted by RS (0x1E); GS (0x1D) stands for the command's tag.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "daemon/imap_client.h"
#include "tests/fuzz/must.h"

namespace {

using postern::fuzz::must;
using postern::fuzz::must_be_one_line;
using postern::fuzz::text_of;

using namespace postern;
using namespace std::chrono_literals;

constexpr std::uint64_t most_octets = 4096;

int listening_socket(unsigned short& port) {
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, any, size) != 0 || ::listen(fd, 4) != 0 || ::getsockname(fd, any, &size) != 0)
        throw std::runtime_error("no port for the server");
    port = ntohs(address.sin_port);
    return fd;
}

// The next thing to say; false: that was all, and the client is not to wait for more.
bool say_next(int fd, std::string_view& script, std::string_view tag) {
    if (script.empty()) return false;
    auto const end = std::min(script.find('\x1e'), script.size());
    std::string text;
    for (char const c : script.substr(0, end)) c == '\x1d' ? text.append(tag) : text.append(1, c);
    script.remove_prefix(std::min(end + 1, script.size()));
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()) && !script.empty();
}

// -1: the client has given up before it was connected.
int accept_one(int listener, std::atomic<bool> const& client_is_done) {
    pollfd waiting{listener, POLLIN, 0};
    while (::poll(&waiting, 1, 5) == 0) {
        if (client_is_done) return -1;
    }
    return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}

void serve(int listener, std::string_view script, std::atomic<bool> const& client_is_done) {
    int const fd = accept_one(listener, client_is_done);
    if (fd < 0) return;
    std::string lines, tag;  // of the last command: what goes on with one, a login, has none
    bool more = say_next(fd, script, "*");
    while (more) {
        char octets[4096];
        auto const got = ::recv(fd, octets, sizeof octets, 0);
        if (got <= 0) break;
        lines.append(octets, static_cast<std::size_t>(got));
        for (auto end = lines.find("\r\n"); more && end != lines.npos; end = lines.find("\r\n")) {
            if (auto const space = lines.find(' '); space < end) tag = lines.substr(0, space);
            more = say_next(fd, script, tag);
            lines.erase(0, end + 2);
        }
    }
    ::shutdown(fd, SHUT_WR);
    ::close(fd);
}

ImapOptions options(unsigned short port) {
    ImapOptions options;
    options.url = "imap://127.0.0.1:" + std::to_string(port);
    options.starttls = StartTls::never;
    options.user = "support";
    options.password = Secret{"/dev/null"};  // an empty one
    return options;
}

void use(ImapOptions const& options) {
    ImapTimes times;
    times.connect = times.silence = times.command = times.idle = 30ms;
    WakeEvent const stop, early;
    ImapClient client(options, times, stop);
    auto const on_mail = [](std::uint32_t, std::string const& octets) { must(octets.size() <= most_octets); };
    auto const inbox = parse_imap_folder_name("INBOX");
    static_cast<void>(client.select(*inbox));
    auto const uids = client.search(1, std::nullopt);
    UidSet const one = UidSet::of({1, 2, 3});
    must_be_one_line(words_of(client.fetch_facts(one, [](ImapMailFacts const&) {})));
    must_be_one_line(words_of(client.fetch_mails(one, most_octets, on_mail)));
    must_be_one_line(words_of(client.flag(one, "\\Seen")));
    must_be_one_line(words_of(client.move(one, *inbox)));
    static_cast<void>(client.still_there(uids));
    static_cast<void>(client.idle(ImapClient::Clock::now() + 30ms, early));
    client.look();
    for (auto const& alert : client.take_alerts()) must_be_one_line(alert);
    client.log_out();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static unsigned short port = 0;
    static int const listener = listening_socket(port);
    std::atomic<bool> client_is_done{false};
    std::thread server(serve, listener, text_of(data, size), std::cref(client_is_done));
    try {
        use(options(port));
    } catch (ImapError const& error) {
        must_be_one_line(error.what());
    }
    client_is_done = true;
    server.join();
    return 0;
}
