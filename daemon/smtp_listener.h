// SmtpListener: accepts SMTP sessions on every [smtp] listen address and hands each mail to the desk. All of it runs on
// one io_context's threads; a session is a strand.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"

namespace boost::asio {
class io_context;
}

namespace postern {

// What a session needs of the configuration in force; a session keeps the one it started with.
struct SmtpPolicy {
    std::string hostname;
    std::uint64_t max_message_octets = 0;
    unsigned max_sessions = 0, max_sessions_per_ip = 0, max_recipients = 0;
    // By Mailbox::key() of addresses and aliases.
    std::vector<std::string> local_addresses;  // sorted
};

class SmtpListener {
  public:
    // Binds at once; throws std::system_error with the address in its text.
    SmtpListener(boost::asio::io_context& io, SmtpOptions const& options, std::shared_ptr<SmtpPolicy const> policy,
                 IntakeDesk& desk, InFlight& in_flight, Log& log);
    ~SmtpListener();
    void set_policy(std::shared_ptr<SmtpPolicy const> policy);  // on reload: for sessions to come
    // Accepts no more; answers 421 to new commands; mail already in DATA is finished. `drained` is called when the last
    // session is gone.
    void stop(std::function<void()> drained);
    [[nodiscard]] std::vector<std::string> bound() const;  // "127.0.0.1:2525", with the port chosen for port 0

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace postern
