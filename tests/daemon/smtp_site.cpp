#include "tests/daemon/smtp_site.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>

namespace postern::testing {

namespace {

constexpr auto patience = std::chrono::seconds{20};

TimePoint at_noon() {
    return TimePoint{std::chrono::hours{24 * 20000 + 12}};
}

// Drives the protocol as a session does.
class ProtocolWire : public Wire {
  public:
    ProtocolWire(SmtpSite const& site, std::size_t segment_octets)
        : receipt_(site.receipt),
          in_flight_(site.in_flight),
          protocol_(std::make_shared<SmtpPolicy const>(site.policy), in_flight_, "192.0.2.1"),
          segment_octets_(segment_octets) {
        protocol_.greet();
    }

    void send(std::string_view segment) override {
        for (; !segment.empty(); segment.remove_prefix(std::min(segment_octets_, segment.size())))
            receive(segment.substr(0, segment_octets_));
    }

    std::optional<std::string> line() override {
        auto& replies = protocol_.replies();
        auto const end = replies.find("\r\n");
        if (end == replies.npos) {
            if (!closed_) FAIL("no reply");
            return std::nullopt;
        }
        auto line = replies.substr(0, end);
        replies.erase(0, end + 2);
        return line;
    }

    Mails mails;

  private:
    void receive(std::string_view octets) {
        using Next = smtp::Protocol::Next;
        unread_ += octets;
        while (true) {
            auto const step = protocol_.receive(unread_);
            unread_.erase(0, step.consumed);
            switch (step.next) {
                case Next::read:
                    return;
                case Next::begin_mail:
                    protocol_.begin_mail(new_mail_id(at_noon()), at_noon());
                    break;
                case Next::spool:
                    spooled_ += protocol_.take_piece();
                    break;
                case Next::judge:
                    mails.push_back(protocol_.take_mail());
                    mails.back().octets.insert(0, std::exchange(spooled_, {}));
                    protocol_.answer(receipt_);
                    break;
                case Next::start_tls:
                    protocol_.tls_started();
                    break;
                case Next::close:
                    closed_ = true;
                    return;
            }
        }
    }

    Receipt receipt_;
    InFlight in_flight_;
    smtp::Protocol protocol_;
    std::size_t segment_octets_;
    std::string unread_, spooled_;
    bool closed_ = false;
};

void check_same(Mails const& mails, Mails const& others) {
    REQUIRE(mails.size() == others.size());
    for (std::size_t at = 0; at < mails.size(); ++at) {
        CHECK(mails[at].octets == others[at].octets);
        CHECK(mails[at].envelope.reverse_path == others[at].envelope.reverse_path);
        CHECK(mails[at].envelope.forward_path == others[at].envelope.forward_path);
        CHECK(mails[at].envelope.helo == others[at].envelope.helo);
    }
}

int connect_to(sockaddr const* address, socklen_t length, char const* from) {
    int const fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::runtime_error("socket");
    if (from) {
        sockaddr_in local{};
        local.sin_family = AF_INET;
        ::inet_pton(AF_INET, from, &local.sin_addr);
        if (::bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) throw std::runtime_error("bind");
    }
    if (::connect(fd, address, length) != 0) throw std::runtime_error("connect");
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // so that a segment of the script is one on the wire
    return fd;
}

}  // namespace

Receipt committed(Disposition disposition, std::string refusal) {
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::committed;
    receipt.disposition = disposition;
    receipt.refusal = std::move(refusal);
    return receipt;
}

Receipt deferred(bool no_space) {
    Receipt receipt;
    receipt.no_space = no_space;
    return receipt;
}

SmtpPolicy smtp_site_policy() {
    SmtpPolicy policy;
    policy.hostname = "support.example";
    policy.max_message_octets = 64 * 1024;
    policy.max_sessions = 100;
    policy.max_sessions_per_ip = 100;
    policy.max_recipients = 3;
    policy.spool_folder = std::filesystem::temp_directory_path();
    policy.local_addresses = {"help@acme.example", "postmaster", "postmaster@acme.example", "support@acme.example"};
    return policy;
}

Mails transcript(std::string_view script, SmtpSite const& site) {
    ProtocolWire whole(site, SIZE_MAX);
    {
        INFO("the protocol, whole segments");
        play(whole, script);
    }
    ProtocolWire octets(site, 1);
    {
        INFO("the protocol, an octet at a time");
        play(octets, script);
        check_same(octets.mails, whole.mails);
    }
    INFO("a connection");
    RunningSmtpSite running(site);
    SocketWire wire(running.port());
    play(wire, script);
    CHECK(running.desk().wait_for(whole.mails.size()));
    check_same(running.desk().take(), whole.mails);
    return std::move(whole.mails);
}

Mails session(std::string_view script, SmtpSite const& site) {
    return transcript("S: 220\nC: EHLO client.example\nS: 250\n" + std::string(script), site);
}

Mails mail_data(std::string_view script, SmtpSite const& site) {
    return session(
        "C: MAIL FROM:<ana@northwind.example>\nS: 250\nC: RCPT TO:<support@acme.example>\nS: 250\nC: DATA\nS: 354\n" +
            std::string(script),
        site);
}

FakeDesk::FakeDesk(Receipt receipt) : receipt_(std::move(receipt)), thread_([this] { loop(); }) {}

FakeDesk::~FakeDesk() {
    {
        std::lock_guard const lock(mutex_);
        ending_ = true;
        holding_ = false;
    }
    changed_.notify_all();
    thread_.join();
}

void FakeDesk::submit(RawMessage message, Done done) {
    std::lock_guard const lock(mutex_);
    if (message.spool) message.octets = message.spool->read();
    mails_.push_back(std::move(message));
    unanswered_.emplace_back(std::move(done), receipt_);
    ++came_;
    changed_.notify_all();
}

void FakeDesk::hold() {
    std::lock_guard const lock(mutex_);
    holding_ = true;
}

void FakeDesk::release() {
    std::lock_guard const lock(mutex_);
    holding_ = false;
    changed_.notify_all();
}

bool FakeDesk::wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return came_ >= count; });
}

Mails FakeDesk::take() {
    std::lock_guard const lock(mutex_);
    return std::exchange(mails_, {});
}

void FakeDesk::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ending_ || (!holding_ && !unanswered_.empty()); });
        if (unanswered_.empty()) return;
        auto answers = std::exchange(unanswered_, {});
        lock.unlock();
        for (auto const& [done, receipt] : answers) done(receipt);
        answers.clear();
        lock.lock();
    }
}

RunningSmtpSite::RunningSmtpSite(SmtpSite const& site, std::vector<ListenAddress> listen)
    : log_(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt}),
      in_flight_(site.in_flight),
      refusals_(site.refusals),
      desk_(std::make_unique<FakeDesk>(site.receipt)),
      work_(io_.get_executor()) {
    SmtpOptions options;
    options.listen = std::move(listen);
    if (options.listen.empty()) options.listen = {{ListenAddress::Kind::tcp, "127.0.0.1", 0, {}, "127.0.0.1:0"}};
    listener_ = std::make_unique<SmtpListener>(io_, options, std::vector<int>{},
                                               std::make_shared<SmtpPolicy const>(site.policy),
                                               SmtpServices{*desk_, in_flight_, refusals_, log_, disk_});
    thread_ = std::thread([this] { io_.run(); });
}

RunningSmtpSite::~RunningSmtpSite() {
    desk_->release();
    listener_.reset();
    work_.reset();
    thread_.join();
    desk_.reset();
}

std::uint16_t RunningSmtpSite::port() const {
    auto const text = bound();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

std::shared_ptr<std::promise<void>> RunningSmtpSite::pause() {
    auto const end = std::make_shared<std::promise<void>>();
    std::promise<void> begun;
    boost::asio::post(io_, [end, &begun] {
        begun.set_value();
        end->get_future().wait();
    });
    begun.get_future().wait();
    return end;
}

bool RunningSmtpSite::stop() {
    auto const drained = std::make_shared<std::promise<void>>();
    listener_->stop([drained] { drained->set_value(); });
    return drained->get_future().wait_for(patience) == std::future_status::ready;
}

SocketWire::SocketWire(std::uint16_t port, std::string const& from) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address, from.c_str());
}

SocketWire::SocketWire(std::string const& unix_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address, nullptr);
}

SocketWire::~SocketWire() {
    hang_up();
}

struct SocketWire::Tls {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* connection = SSL_new(context);
    Tls() = default;
    Tls(Tls const&) = delete;
    Tls& operator=(Tls const&) = delete;
    ~Tls() {
        SSL_free(connection);
        SSL_CTX_free(context);
    }
};

bool SocketWire::start_tls() {
    tls_ = std::make_unique<Tls>();
    SSL_set_fd(tls_->connection, fd_);
    return SSL_connect(tls_->connection) == 1;
}

bool SocketWire::can_read(std::chrono::milliseconds limit) const {
    if (tls_ && SSL_pending(tls_->connection) > 0) return true;
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
}

void SocketWire::hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void SocketWire::send(std::string_view segment) {
    while (!segment.empty()) {
        auto const sent = tls_ ? SSL_write(tls_->connection, segment.data(), static_cast<int>(segment.size()))
                               : ::send(fd_, segment.data(), segment.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the server is gone: what it said last tells why
        segment.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::optional<std::string> SocketWire::line() {
    while (true) {
        auto const end = unread_.find("\r\n");
        if (end != unread_.npos) {
            auto line = unread_.substr(0, end);
            unread_.erase(0, end + 2);
            return line;
        }
        if (!can_read(patience)) FAIL("no reply");
        char octets[4096];
        auto const count =
            tls_ ? SSL_read(tls_->connection, octets, sizeof octets) : ::recv(fd_, octets, sizeof octets, 0);
        if (count <= 0) {
            CHECK(unread_.empty());
            return std::nullopt;
        }
        unread_.append(octets, static_cast<std::size_t>(count));
    }
}

}  // namespace postern::testing
