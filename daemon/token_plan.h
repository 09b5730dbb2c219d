// TokenPlan: what is known of one source of access tokens, and when its endpoint is asked next. Pure: time is an
// argument. One thread at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/access_token_times.h"
#include "daemon/token_endpoint.h"

namespace postern {

class TokenPlan {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit TokenPlan(AccessTokenTimes const& times) : times_(times) {}

    // To log in with; none: there is none, it has ended, or a server refused it.
    [[nodiscard]] std::optional<std::string> token(Time now) const;
    // When the endpoint is asked next; wanted: somebody waits for a token.
    [[nodiscard]] Time ask_at(bool wanted) const;

    // An answer to what was asked then.
    void granted(TokenAnswer const& answer, Time asked);
    // chance: from 0 to 1.
    void failed(TokenAnswer const& answer, Time now, double chance);
    // Somebody mended what the endpoint is asked with.
    void ask_at_once();
    // False: the token is another one, or so fresh that the next would fare no better.
    bool refused_by_server(std::string const& token, Time now);

    // Since when, without a token granted.
    [[nodiscard]] std::optional<Time> failing_since() const noexcept { return failing_since_; }
    // What its last answer was; granted at first.
    [[nodiscard]] TokenAnswer::Kind last() const noexcept { return last_; }

  private:
    AccessTokenTimes times_;
    std::string token_;
    Time granted_{}, ends_{}, renew_at_{}, next_try_{};
    bool is_refused_ = false;  // by a server
    unsigned failures_ = 0;
    std::optional<Time> failing_since_;
    TokenAnswer::Kind last_ = TokenAnswer::Kind::granted;
};

}  // namespace postern
