// ImapConnection: a TCP connection to an IMAP server, with TLS and the login done by libcurl (CONNECT_ONLY); from there
// on octets in and out. libcurl's own IMAP commands are not used: it looks for its tag inside of mails, drops long
// lines and sets \Seen. One thread; every wait has a limit and ends when `stop` is raised.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/imap_times.h"
#include "daemon/wake_event.h"
#include "parsers/time_point.h"

namespace postern {

class ImapError : public std::runtime_error {
  public:
    enum class Kind {
        unreachable,  // DNS, TCP
        tls,          // handshake, certificate, no STARTTLS
        login,        // the server said no
        token,        // there is no access token to log in with
        refused,      // NO or BAD to a command
        dropped,      // the connection ended
        timed_out,
        protocol,  // what came is no IMAP
        stopped    // by us
    };
    // `what`: one line of printable US-ASCII, for log and status.
    ImapError(Kind kind, std::string const& what) : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};

class ImapConnection {
  public:
    using Clock = std::chrono::steady_clock;

    // Connects and logs in: by a token of `tokens` where the options have oauth2, else null. Throws ImapError. `stop`
    // must outlive the connection.
    ImapConnection(ImapOptions const& options, ImapTimes const& times, WakeEvent const& stop,
                   std::shared_ptr<AccessTokens> const& tokens = nullptr);
    ~ImapConnection();
    ImapConnection(ImapConnection const&) = delete;
    ImapConnection& operator=(ImapConnection const&) = delete;

    // All of it, or throws ImapError.
    void send(std::string_view octets, Clock::time_point until);
    // What has come, at least one octet; 0: `until` has passed, or `early` is raised. Throws ImapError.
    [[nodiscard]] std::size_t receive(std::span<char> buffer, Clock::time_point until,
                                      WakeEvent const* early = nullptr);

    // When the server's certificate ends; nullopt: there is no TLS, or nothing was received yet.
    [[nodiscard]] std::optional<TimePoint> certificate_end() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// host and port of imap(s)://host[:port], the port by default that of the scheme.
struct ImapServer {
    std::string host, port;
};
[[nodiscard]] ImapServer imap_server(std::string_view url);

// A server's text for log and status: one line of printable US-ASCII, bounded.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace postern
