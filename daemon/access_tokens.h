// AccessTokens: where a login by OAuth 2.0 gets its access token: by the client credentials or refresh token grant of
// one oauth2 = { … }, cached until shortly before it ends. A refresh token that the provider exchanged is kept in
// state_dir/oauth2, 0600, and used from then on by whoever runs on this state_dir, until the configured file holds
// another one than at that time. Any thread may ask, and several processes.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/token_endpoint.h"
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
};

// One AccessTokens for each oauth2 = { … }, however many folders and relays log in by it: a provider that exchanges
// refresh tokens takes two that use the same one for thieves (RFC 9700 4.14.2).
class AccessTokenSources {
  public:
    AccessTokenSources(std::filesystem::path state_dir, Log& log);
    [[nodiscard]] std::shared_ptr<AccessTokens> of(OAuth2Options const& options);

  private:
    std::filesystem::path state_dir_;
    Log& log_;
    std::mutex mutex_;
    std::vector<std::pair<OAuth2Options, std::weak_ptr<AccessTokens>>> known_;
};

}  // namespace postern
