#include "tests/daemon/scripted_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace postern::testing {

namespace {

constexpr auto limit = std::chrono::seconds{20};

// One line without its CRLF; nullopt: the peer is gone.
std::optional<std::string> read_line(int fd, std::string& buffer) {
    for (;;) {
        if (auto const end = buffer.find("\r\n"); end != std::string::npos) {
            auto line = buffer.substr(0, end);
            buffer.erase(0, end + 2);
            return line;
        }
        char octets[4096];
        auto const got = recv(fd, octets, sizeof octets, 0);
        if (got <= 0) return std::nullopt;
        buffer.append(octets, static_cast<std::size_t>(got));
    }
}

std::string verb_of(std::string const& line) {
    return line.substr(0, line.find_first_of(" :"));
}

}  // namespace

ScriptedRelay::ScriptedRelay(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, any, size) != 0 || listen(listener_, 64) != 0 || getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("no port for the relay");
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_loop(); });
}

ScriptedRelay::~ScriptedRelay() {
    note([this] {
        ending_ = true;
        shutdown(listener_, SHUT_RDWR);
        for (int const fd : connections_) shutdown(fd, SHUT_RDWR);
    });
    accepting_.join();
    for (auto& thread : threads_) thread.join();
    for (int const fd : connections_) close(fd);
    close(listener_);
}

std::string ScriptedRelay::url() const {
    return "smtp://127.0.0.1:" + std::to_string(port_);
}

std::vector<ScriptedRelay::Taken> ScriptedRelay::mails() const {
    std::lock_guard const lock(mutex_);
    return mails_;
}

std::vector<std::string> ScriptedRelay::commands() const {
    std::lock_guard const lock(mutex_);
    return commands_;
}

std::size_t ScriptedRelay::connections() const {
    std::lock_guard const lock(mutex_);
    return connections_.size();
}

bool ScriptedRelay::wait_until(std::function<bool(ScriptedRelay const&)> const& condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return condition(*this); });
}

bool ScriptedRelay::wait_for_mails(std::size_t count) const {
    return wait_until([count](ScriptedRelay const& relay) { return relay.mails_.size() >= count; });
}

void ScriptedRelay::note(std::function<void()> const& change) {
    {
        std::lock_guard const lock(mutex_);
        change();
    }
    changed_.notify_all();
}

void ScriptedRelay::accept_loop() {
    for (;;) {
        int const fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        bool ending = false;
        note([&] {
            ending = ending_;
            connections_.push_back(fd);
            if (!ending) threads_.emplace_back([this, fd] { converse(fd); });
        });
        if (ending) return;
    }
}

std::string ScriptedRelay::reply_to(std::string const& command, std::string const& usual) const {
    return script_ ? script_(command).value_or(usual) : usual;
}

// False: this conversation is over.
bool ScriptedRelay::say(int fd, std::string reply) {
    if (reply == drop) return false;
    if (reply == hang) {
        char ignored[4096];
        while (recv(fd, ignored, sizeof ignored, 0) > 0) continue;
        return false;
    }
    reply += "\r\n";
    return send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size()) &&
           !reply.starts_with("421");
}

bool ScriptedRelay::take_mail(int fd, std::string& buffer, Taken mail) {
    for (;;) {
        auto const text = read_line(fd, buffer);
        if (!text) return false;
        if (*text == ".") break;
        mail.octets += *text + "\r\n";
    }
    auto const reply = reply_to(".", "250 2.0.0 queued as 1");
    if (reply.starts_with("250")) note([&] { mails_.push_back(std::move(mail)); });
    return say(fd, reply);
}

void ScriptedRelay::converse(int fd) {
    struct HangUp {
        int fd;
        ~HangUp() { shutdown(fd, SHUT_RDWR); }
    } const hang_up{fd};
    if (!say(fd, reply_to("CONNECT", "220 relay.example"))) return;
    std::string buffer;
    Taken mail;
    while (auto const line = read_line(fd, buffer)) {
        auto const verb = verb_of(*line);
        note([&] { commands_.push_back(*line); });
        if (verb == "MAIL") mail = {*line, {}, {}};
        if (verb == "RCPT") mail.to = *line;
        auto const usual = verb == "DATA" ? "354 go on" : verb == "QUIT" ? "221 bye" : "250 ok";
        auto const reply = reply_to(*line, usual);
        if (!say(fd, reply)) return;
        if (verb == "DATA" && reply.starts_with("354") && !take_mail(fd, buffer, mail)) return;
    }
}

}  // namespace postern::testing
