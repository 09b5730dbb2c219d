#include "tests/daemon/scripted_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace postern::testing {

namespace {

constexpr auto limit = std::chrono::seconds{20};

std::string verb_of(std::string const& line) {
    return line.substr(0, line.find_first_of(" :"));
}

}  // namespace

// A connection, in the open or encrypted.
class ScriptedRelay::Line {
  public:
    explicit Line(int fd) : fd_(fd) {}
    ~Line() {
        if (ssl_ != nullptr) SSL_free(ssl_);
        shutdown(fd_, SHUT_RDWR);
    }
    Line(Line const&) = delete;
    Line& operator=(Line const&) = delete;

    [[nodiscard]] bool encrypt(Certificate const& certificate) {
        auto* const context = SSL_CTX_new(TLS_server_method());
        bool const usable =
            SSL_CTX_use_certificate_file(context, certificate.certificate.c_str(), SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, certificate.key.c_str(), SSL_FILETYPE_PEM) == 1;
        ssl_ = SSL_new(context);
        SSL_CTX_free(context);
        return usable && SSL_set_fd(ssl_, fd_) == 1 && SSL_accept(ssl_) == 1;
    }
    [[nodiscard]] bool is_encrypted() const { return ssl_ != nullptr; }

    // Without its CRLF; nullopt: the peer is gone.
    [[nodiscard]] std::optional<std::string> read() {
        for (;;) {
            if (auto const end = buffer_.find("\r\n"); end != std::string::npos) {
                auto line = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return line;
            }
            if (!receive()) return std::nullopt;
        }
    }
    // False: this conversation is over.
    [[nodiscard]] bool say(std::string reply) {
        if (reply == drop || reply == taken_and_drop) return false;
        if (reply == hang || reply == taken_and_hang) {
            while (receive()) continue;
            return false;
        }
        reply += "\r\n";
        auto const size = static_cast<int>(reply.size());
        auto const sent = ssl_ != nullptr ? SSL_write(ssl_, reply.data(), size)
                                          : static_cast<int>(send(fd_, reply.data(), reply.size(), MSG_NOSIGNAL));
        return sent == size && !reply.starts_with("421");
    }

  private:
    bool receive() {
        char octets[4096];
        auto const got = ssl_ != nullptr ? SSL_read(ssl_, octets, sizeof octets)
                                         : static_cast<int>(recv(fd_, octets, sizeof octets, 0));
        if (got > 0) buffer_.append(octets, static_cast<std::size_t>(got));
        return got > 0;
    }

    int fd_;
    SSL* ssl_ = nullptr;
    std::string buffer_;
};

ScriptedRelay::ScriptedRelay(Script script, std::optional<Certificate> certificate)
    : script_(std::move(script)), certificate_(std::move(certificate)) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's writes know no MSG_NOSIGNAL
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
    bool const encrypted = certificate_ && certificate_->from_the_start;
    return (encrypted ? "smtps://127.0.0.1:" : "smtp://127.0.0.1:") + std::to_string(port_);
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

bool ScriptedRelay::take_mail(Line& line, Taken mail) {
    for (;;) {
        auto const text = line.read();
        if (!text) return false;
        if (*text == ".") break;
        mail.octets += *text + "\r\n";
    }
    auto const reply = reply_to(".", "250 2.0.0 queued as 1");
    if (reply.starts_with("250")) note([&] { mails_.push_back(std::move(mail)); });
    return line.say(reply);
}

std::string ScriptedRelay::usual_reply(std::string const& verb, Line const& line) const {
    if (verb == "EHLO") {
        std::string const login = "250-relay.example\r\n250-AUTH PLAIN\r\n";
        return login + (certificate_ && !line.is_encrypted() ? "250 STARTTLS" : "250 ok");
    }
    if (verb == "STARTTLS") return "220 go on";
    if (verb == "DATA") return "354 go on";
    return verb == "QUIT" ? "221 bye" : "250 ok";
}

void ScriptedRelay::converse(int fd) {
    Line line(fd);
    if (certificate_ && certificate_->from_the_start && !line.encrypt(*certificate_)) return;
    if (!line.say(reply_to("CONNECT", "220 relay.example"))) return;
    Taken mail;
    while (auto const command = line.read()) {
        auto const verb = verb_of(*command);
        note([&] { commands_.push_back(*command); });
        if (verb == "MAIL") mail = {*command, {}, {}, line.is_encrypted()};
        if (verb == "RCPT") mail.to = *command;
        auto const reply = reply_to(*command, usual_reply(verb, line));
        if (!line.say(reply)) return;
        if (verb == "STARTTLS" && reply.starts_with("220") && !line.encrypt(*certificate_)) return;
        if (verb == "DATA" && reply.starts_with("354") && !take_mail(line, mail)) return;
    }
}

}  // namespace postern::testing
