// SmtpSession: drives one smtp::Protocol with a client's octets, the clock and the desk. A coroutine on a strand of its
// own; one watchdog timer; held by shared_ptr until the client is gone and the desk has answered.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "daemon/address_key.h"
#include "daemon/smtp_policy.h"
#include "daemon/smtp_protocol.h"
#include "daemon/smtp_services.h"
#include "daemon/smtp_stream.h"
#include "parsers/proxy_header.h"

namespace postern {

class SmtpSession : public std::enable_shared_from_this<SmtpSession> {
  public:
    // Of a connection through a load balancer: whether the client that it names is let in; the reply where it is not.
    using Admission = std::function<std::optional<smtp::Reply>(std::string const& client)>;

    // `client` is the peer's address as text, "" where it has none; `place` is held as long as the session lives. With
    // an `admission` the PROXY protocol's header comes before anything else and names the client.
    SmtpSession(SmtpSocket socket, std::shared_ptr<SmtpPolicy const> policy, SmtpServices services, std::string client,
                std::shared_ptr<void> place, Admission admission);

    void start();
    // From any thread. 421 at once between mails, else when the mail being received is answered.
    void stop();
    void abort();  // closes without a word

  private:
    using Clock = std::chrono::steady_clock;
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, SmtpStrand>;

    // The client's octets that the protocol has not consumed yet.
    class Buffer {
      public:
        explicit Buffer(std::size_t capacity) { resize(capacity); }
        [[nodiscard]] std::string_view unread() const { return {octets_.get() + begin_, end_ - begin_}; }
        void consume(std::size_t count) { begin_ += count; }
        // Room behind the unread octets, at least half of the capacity where those are a part of a line.
        [[nodiscard]] boost::asio::mutable_buffer room();
        void filled(std::size_t count) { end_ += count; }
        [[nodiscard]] bool is_full() const { return end_ == capacity_; }
        [[nodiscard]] std::size_t capacity() const { return capacity_; }
        void resize(std::size_t capacity);  // not below what is unread

      private:
        std::unique_ptr<char[]> octets_;
        std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
    };

    SmtpAwaitable<void> run();
    void greet();
    [[nodiscard]] SmtpAwaitable<bool> meet_client();
    [[nodiscard]] SmtpAwaitable<ProxyHeader> read_proxy_header();
    void count_refusals();
    [[nodiscard]] SmtpAwaitable<bool> read();
    [[nodiscard]] SmtpAwaitable<boost::system::error_code> fill_buffer();
    [[nodiscard]] SmtpAwaitable<bool> flush();
    void reply_in_halves();
    SmtpAwaitable<void> judge();
    [[nodiscard]] SmtpAwaitable<bool> start_tls();
    SmtpAwaitable<void> farewell();
    void begin_mail();
    void start_octets();
    [[nodiscard]] bool receiving_octets() const;
    void count_octets(std::size_t count);
    [[nodiscard]] SmtpAwaitable<bool> spool(std::string piece);
    void expect_mail();
    void expect_command();
    void log_lost_mail();
    void log_not_taken(std::string const& id, std::string why);

    void set_deadline(Clock::time_point deadline);
    void arm_watchdog();
    void bark();

    std::shared_ptr<void> place_;
    std::shared_ptr<SmtpPolicy const> policy_;
    SmtpServices services_;
    std::string client_;
    std::optional<AddressKey> counted_as_;  // where it is counted how often the client is refused
    Admission admission_;
    SmtpStream stream_;
    Timer watchdog_;
    smtp::Protocol protocol_;
    Buffer buffer_;
    std::string mail_id_;             // of the mail being received
    std::optional<SpoolFile> spool_;  // where its pieces are
    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point command_deadline_;  // for the command that is awaited to be whole
    Clock::time_point mail_deadline_;     // for a mail to begin
    Clock::time_point data_deadline_;     // of the whole mail being received, or of a refused chunk
    Clock::time_point block_deadline_;    // of the next progress_octets of it
    std::size_t block_octets_ = 0;        // that came of those
    bool discarding_ = false;             // a refused chunk comes
    bool reading_ = false;
    bool stopping_ = false;
    bool timed_out_ = false;
    bool over_ = false;
    bool mail_answered_ = false;  // and the reply not yet written
};

}  // namespace postern
