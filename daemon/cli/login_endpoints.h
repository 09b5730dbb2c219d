// Where a person logs in to a provider of OAuth 2.0: the endpoints written in the configuration, or those known by
// its token_url, and what the provider wants besides. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.h"

namespace postern {

struct LoginEndpoints {
    std::optional<std::string> device_url, authorization_url;
    // "": a device may ask for this scope (RFC 8628); otherwise why it may not.
    std::string no_device;
    // Of the authorization request, beside RFC 6749 4.1.1's.
    std::vector<std::pair<std::string, std::string>> further;
    // RFC 8252 8.3 prefers the address; Microsoft ignores the port of localhost only.
    std::string redirect_host = "127.0.0.1";
};

[[nodiscard]] LoginEndpoints login_endpoints(OAuth2Options const& options);

// What an operator can do about an error of RFC 6749 4.1.2.1, 5.2 or RFC 8628 3.5; "" where nothing is known.
[[nodiscard]] std::string_view cure_of(std::string_view error);
// About a login that gave an access token alone.
[[nodiscard]] std::string_view cure_of_no_refresh_token(OAuth2Options const& options);

}  // namespace postern
