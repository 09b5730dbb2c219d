// The site that the SMTP tests talk to, with a desk that says what a test wants; played by the pure protocol, by the
// same an octet at a time, and over a real connection.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/smtp_listener.h"
#include "daemon/smtp_protocol.h"
#include "tests/support/transcript.h"

namespace postern::testing {

[[nodiscard]] Receipt committed(Disposition disposition, std::string refusal = "");
[[nodiscard]] Receipt deferred(bool no_space = false);

// support.example: support@acme.example, help@acme.example and the postmaster; 64 KiB a mail, 3 recipients.
[[nodiscard]] SmtpPolicy smtp_site_policy();

struct SmtpSite {
    SmtpPolicy policy = smtp_site_policy();
    Receipt receipt = committed(Disposition::opened);
    std::uint64_t in_flight = 1024 * 1024;
    Rate refusals;  // no limit
};

// What a desk was given, in order.
using Mails = std::vector<RawMessage>;

// Plays the script in all three ways; each has to hold and to bring the desk the same mails, which are returned.
Mails transcript(std::string_view script, SmtpSite const& site = {});

// With EHLO said already.
Mails session(std::string_view script, SmtpSite const& site = {});
// With DATA said already, for one recipient.
Mails mail_data(std::string_view script, SmtpSite const& site = {});

// Answers each mail on a thread of its own, as the daemon's desk does.
class FakeDesk : public IntakeDesk {
  public:
    explicit FakeDesk(Receipt receipt);
    ~FakeDesk() override;
    void submit(RawMessage message, Done done) override;
    void hold();     // mails wait from now on
    void release();  // and no longer
    // Waits until so many mails came, at most some seconds.
    [[nodiscard]] bool wait_for(std::size_t count);
    [[nodiscard]] Mails take();

  private:
    void loop();

    Receipt receipt_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Mails mails_;
    std::vector<std::pair<Done, Receipt>> unanswered_;
    std::size_t came_ = 0;
    bool holding_ = false;
    bool ending_ = false;
    std::thread thread_;
};

// A listener on a port of 127.0.0.1 with an io_context thread.
class RunningSmtpSite {
  public:
    explicit RunningSmtpSite(SmtpSite const& site = {}, std::vector<ListenAddress> listen = {});
    ~RunningSmtpSite();
    RunningSmtpSite(RunningSmtpSite const&) = delete;
    RunningSmtpSite& operator=(RunningSmtpSite const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string bound() const { return listener_->bound().front(); }
    [[nodiscard]] FakeDesk& desk() { return *desk_; }
    [[nodiscard]] SmtpListener& listener() { return *listener_; }
    [[nodiscard]] InFlight const& in_flight() const { return in_flight_; }
    // Nothing is accepted or read until the promise is kept.
    [[nodiscard]] std::shared_ptr<std::promise<void>> pause();
    // Stops the listener; true where it was drained within some seconds.
    [[nodiscard]] bool stop();

  private:
    Log log_;
    InFlight in_flight_;
    Refusals refusals_;
    std::unique_ptr<FakeDesk> desk_;
    boost::asio::io_context io_;
    boost::asio::thread_pool disk_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<SmtpListener> listener_;
    std::thread thread_;
};

// A client's connection to 127.0.0.1, or to a Unix socket.
class SocketWire : public Wire {
  public:
    explicit SocketWire(std::uint16_t port, std::string const& from = "127.0.0.1");
    explicit SocketWire(std::string const& unix_path);
    ~SocketWire() override;
    void send(std::string_view segment) override;
    [[nodiscard]] std::optional<std::string> line() override;
    // Octets come within that time, or the end.
    [[nodiscard]] bool has_line(std::chrono::milliseconds limit) const { return !unread_.empty() || can_read(limit); }
    void hang_up();
    // The client's side of the handshake, whatever the certificate; false: it failed.
    [[nodiscard]] bool start_tls();

  private:
    struct Tls;
    [[nodiscard]] bool can_read(std::chrono::milliseconds limit) const;

    int fd_ = -1;
    std::unique_ptr<Tls> tls_;
    std::string unread_;
};

}  // namespace postern::testing
