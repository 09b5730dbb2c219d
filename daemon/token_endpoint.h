// TokenEndpoint: one request to an OAuth 2.0 authorization server and what it answered (RFC 6749 3.2, 4.4, 5, 6;
// RFC 8628 3.1, 3.4). HTTPS by libcurl, no redirects followed, the answer bounded; any octets of it are a value. Keeps
// nothing. Of what it answers nothing but `error` and `detail` is fit for a log, and these are made of our own words
// and of printable US-ASCII, bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"
#include "daemon/wake_event.h"
#include "parsers/time_point.h"

namespace postern {

// How long a token endpoint is waited for. Tests shorten them.
struct TokenEndpointTimes {
    // DNS, TCP and TLS; then all of it. Who asks has a mail folder that waits, and asks again.
    std::chrono::milliseconds connect{10'000}, whole{30'000};
};

struct TokenAnswer {
    enum class Kind : std::uint8_t {
        granted,
        pending,      // of the device flow: authorization_pending, slow_down (RFC 8628 3.5)
        refused,      // an error of RFC 6749 5.2: only an operator can mend it
        unavailable,  // not reached, no answer in time, no TLS that we trust, 429, 5xx: it may work later
        nonsense,     // an answer that is none: HTML, no JSON, no access_token, another token_type than Bearer
        stopped       // by us
    } kind = Kind::unavailable;
    std::string detail;  // one line for people; of granted empty
    std::string error;   // of refused and pending: "invalid_grant"; "" where it said none

    // Of granted. Secrets.
    std::string access_token, refresh_token;  // the latter "" where it gave no other than the one it was asked with
    std::optional<std::chrono::seconds> expires_in;          // of the access token
    std::optional<std::chrono::seconds> refresh_expires_in;  // refresh_token_expires_in, refresh_expires_in
    std::string scope;                                       // "" where it is the one asked for

    // From its Date field (RFC 9110 6.6.1): how far its clock is before ours.
    std::optional<std::chrono::seconds> clock_ahead;
    std::optional<std::chrono::seconds> retry_after;  // RFC 9110 10.2.3
};

struct DeviceAnswer {                                         // RFC 8628 3.2
    TokenAnswer::Kind kind = TokenAnswer::Kind::unavailable;  // granted, refused, unavailable, nonsense, stopped
    std::string detail, error;
    std::string device_code;  // a secret
    std::string user_code, verification_uri, verification_uri_complete;
    std::chrono::seconds expires_in{}, interval{5};
};

class TokenEndpoint {
  public:
    using Form = std::vector<std::pair<std::string, std::string>>;  // name and value, unencoded

    explicit TokenEndpoint(OAuth2Options const& options, TokenEndpointTimes const& times = {});

    // client_id and, where there is one, the client's secret are added (client_secret_post, RFC 6749 2.3.1), and scope,
    // where the grant takes one (RFC 6749 4.4.2, 6), the form has none and one is configured. Blocks for times.whole at
    // most; ends within a second when `stop` is raised.
    [[nodiscard]] TokenAnswer ask_token(Form form, WakeEvent const& stop) const;
    [[nodiscard]] DeviceAnswer ask_device_code(std::string const& device_url, WakeEvent const& stop) const;

  private:
    OAuth2Options options_;
    TokenEndpointTimes times_;
};

}  // namespace postern
