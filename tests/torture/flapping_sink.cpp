#include "tests/torture/flapping_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

// How often, of so many times, it does what relays do on a bad day.
constexpr unsigned refuses_connection_in = 12, too_busy_in = 25, hangs_up_before_in = 25, hangs_up_untaken_in = 25,
                   hangs_up_after_in = 25, later_in = 40;

std::string header_value(std::string_view octets, std::string_view name) {
    auto const at = octets.find("\r\n" + std::string(name) + ": ");
    if (at == octets.npos) return {};
    auto const begin = at + 2 + name.size() + 2;
    return std::string(octets.substr(begin, octets.find("\r\n", begin) - begin));
}

bool say(int fd, std::string_view line) {
    auto const text = std::string(line) + "\r\n";
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

class LineReader {
  public:
    explicit LineReader(int fd) : fd_(fd) {}
    std::optional<std::string> read() {
        for (;;) {
            if (auto const end = buffer_.find("\r\n"); end != std::string::npos) {
                auto line = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return line;
            }
            std::array<char, 16384> octets{};
            auto const length = ::recv(fd_, octets.data(), octets.size(), 0);
            if (length <= 0) return std::nullopt;
            buffer_.append(octets.data(), static_cast<std::size_t>(length));
        }
    }

  private:
    int fd_;
    std::string buffer_;
};

}  // namespace

FlappingSink::FlappingSink(unsigned seed) : port_(free_port()), random_(seed) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    if (::bind(listener_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 64) != 0)
        throw std::runtime_error("no port for the sink");
    accepting_ = std::thread([this] { accept_loop(); });
}

FlappingSink::~FlappingSink() {
    {
        std::lock_guard const lock(mutex_);
        ending_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        for (int const fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    accepting_.join();
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return open_.empty(); });
    ::close(listener_);
}

std::map<std::string, FlappingSink::Taken> FlappingSink::taken() const {
    std::lock_guard const lock(mutex_);
    return taken_;
}

std::size_t FlappingSink::taken_count() const {
    std::lock_guard const lock(mutex_);
    return taken_.size();
}

std::string FlappingSink::some_ticket() {
    std::lock_guard const lock(mutex_);
    return ticket_;
}

bool FlappingSink::chance(unsigned in) {
    std::lock_guard const lock(mutex_);
    return flapping_ && random_() % in == 0;
}

void FlappingSink::accept_loop() {
    for (;;) {
        int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        // A peer that is killed leaves the connection half open only on another machine; a bound all the same.
        timeval const patience{60, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        {
            std::lock_guard const lock(mutex_);
            if (ending_) {
                ::close(fd);
                return;
            }
            open_.push_back(fd);
        }
        std::thread([this, fd] {
            converse(fd);
            std::lock_guard const lock(mutex_);
            open_.remove(fd);
            ::close(fd);
            left_.notify_all();
        }).detach();
    }
}

void FlappingSink::converse(int fd) {
    if (chance(refuses_connection_in)) return;
    if (chance(too_busy_in)) return static_cast<void>(say(fd, "421 4.3.2 not now"));
    if (!say(fd, "220 sink.example")) return;
    LineReader lines(fd);
    while (auto const command = lines.read()) {
        auto const verb = command->substr(0, 4);
        if (verb == "QUIT") return static_cast<void>(say(fd, "221 bye"));
        if (verb == "RCPT" && chance(later_in)) {
            if (!say(fd, "451 4.7.1 greylisted")) return;
            continue;
        }
        if (!say(fd, verb == "DATA" ? "354 go on" : "250 ok")) return;
        if (verb != "DATA") continue;
        std::string octets = "\r\n";
        for (;;) {
            auto const line = lines.read();
            if (!line) return;
            if (*line == ".") break;
            octets += *line + "\r\n";
        }
        if (!answer_mail(fd, octets)) return;
    }
}

bool FlappingSink::answer_mail(int fd, std::string const& octets) {
    if (chance(hangs_up_untaken_in)) return false;
    if (chance(later_in)) return say(fd, "452 4.3.1 full");
    remember(octets);
    if (chance(hangs_up_before_in)) return false;
    if (!say(fd, "250 2.0.0 taken")) return false;
    return !chance(hangs_up_after_in);
}

void FlappingSink::remember(std::string const& octets) {
    auto const header = octets.substr(0, octets.find("\r\n\r\n") + 2);
    auto const subject = header_value(header, "Subject");
    std::lock_guard const lock(mutex_);
    auto& taken = taken_[header_value(header, "Message-ID")];
    taken.in_reply_to = header_value(header, "In-Reply-To");
    ++taken.times;
    if (auto const open = subject.find('['); open != std::string::npos)
        ticket_ = subject.substr(open + 1, subject.find(']') - open - 1);
}

}  // namespace postern::testing
