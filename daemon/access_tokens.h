// AccessTokens: where a login by OAuth 2.0 gets its access token: by the client credentials or refresh token grant of
// one oauth2 = { … }, cached until shortly before it ends. A refresh token that the provider exchanged is kept in
// state_dir/oauth2, 0600, and used from then on by whoever runs on this state_dir, until the configured file holds
// another one than at that time. Any thread may ask, and several processes.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/wake_event.h"

namespace postern {

// No token is to be had. what(): one line of printable US-ASCII, for log and status; no secret in it.
class AccessTokenError : public std::runtime_error {
  public:
    enum class Kind { refused, unavailable, stopped };  // refused: only an operator can mend it
    AccessTokenError(Kind kind, std::string const& what) : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};

class AccessTokens {
  public:
    virtual ~AccessTokens() = default;

    // The token to log in with now. Blocks while it is fetched; of several who ask at once one fetches. Throws
    // AccessTokenError, at once where the endpoint failed a moment ago.
    [[nodiscard]] virtual std::string token(WakeEvent const& stop) = 0;
    // A server said no to it: the next call fetches another, unless it was fetched a moment ago.
    virtual void refused_by_server(std::string const& token) = 0;
    // The end is near: who asks from now on gets none. What is under way at the endpoint has some seconds from now.
    virtual void request_stop() = 0;
};

// Queues a mail to the postmaster: of a cause, which is its subject, and the text. From any thread.
using RaiseAlarm = std::function<void(std::string const& cause, std::string const& text)>;

// One AccessTokens for each oauth2 = { … }, however many folders and relays log in by it: a provider that exchanges
// refresh tokens takes two that use the same one for thieves (RFC 9700 4.14.2).
class AccessTokenSources {
  public:
    // raise_alarm: what only an operator can mend; none where nobody is to be told but by the log. Both outlive what
    // of() gives.
    AccessTokenSources(std::filesystem::path state_dir, Log& log, RaiseAlarm raise_alarm = {});
    // Null where there are none. From any thread.
    [[nodiscard]] std::shared_ptr<AccessTokens> of(std::optional<OAuth2Options> const& options);
    // Of all that are in use.
    void request_stop();

  private:
    std::filesystem::path state_dir_;
    Log& log_;
    RaiseAlarm raise_alarm_;
    std::mutex mutex_;
    std::vector<std::pair<OAuth2Options, std::weak_ptr<AccessTokens>>> known_;
};

}  // namespace postern
