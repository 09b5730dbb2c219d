// SmtpListener: accepts sessions on every listen address of [smtp], or another of [lmtp], and hands each mail to the
// desk. Which is spoken the policy says. All of it runs on
// one io_context's threads; a session is a strand.
//
// Lifetime: a session lives until the desk has answered its mail, whatever its client does. So the desk has to be gone
// (it finishes what was submitted) before the io_context is, and desk, in_flight, log and disk outlive the io_context's
// run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/smtp_policy.h"
#include "daemon/smtp_services.h"

namespace boost::asio {
class io_context;
}

namespace postern {

class SmtpListener {
  public:
    // Binds at once; throws std::system_error with the address in its text. `inherited` are systemd's sockets for
    // listen = "systemd" (systemd_sockets.h), which it closes in the end.
    SmtpListener(boost::asio::io_context& io, SmtpOptions const& options, std::vector<int> const& inherited,
                 std::shared_ptr<SmtpPolicy const> policy, SmtpServices const& services);
    // Accepts no more and closes every session.
    ~SmtpListener();
    SmtpListener(SmtpListener const&) = delete;
    SmtpListener& operator=(SmtpListener const&) = delete;

    void set_policy(std::shared_ptr<SmtpPolicy const> policy);  // on reload: for sessions to come
    // Accepts no more; answers 421 to sessions between mails and to new commands; mail already in DATA is finished.
    // `drained` is called on the io_context when the last session is gone.
    void stop(std::function<void()> drained);
    [[nodiscard]] std::vector<std::string> bound() const;  // "127.0.0.1:2525", with the port chosen for port 0

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace postern
