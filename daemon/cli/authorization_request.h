// The authorization code flow of a native application (RFC 6749 4.1, RFC 7636, RFC 8252): what the browser is sent to,
// and what it comes back with. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/cli/login_endpoints.h"

namespace postern {

// Of a redirection. RFC 6749 4.1.2 bounds no code; Microsoft's take 2 KB, and servers refuse longer addresses.
inline constexpr std::size_t redirect_octets = std::size_t{16} * 1024;

// RFC 7636 4.2, S256: of a code_verifier, in its base64url form.
[[nodiscard]] std::string code_challenge(std::string_view verifier);
// RFC 4648 5, without padding.
[[nodiscard]] std::string base64url(std::string_view octets);

struct AuthorizationRequest {
    std::string redirect_uri, state, verifier;  // the latter is a secret
};
// Of endpoints that have an authorization_url.
[[nodiscard]] std::string url_of(AuthorizationRequest const& request, OAuth2Options const& options,
                                 LoginEndpoints const& endpoints);

// RFC 6749 4.1.2 and 4.1.2.1.
struct AuthorizationResponse {
    std::string code;                // a secret; "" where error is not
    std::string error, description;  // the provider's, to be shown as a stranger's
};
// Of a URL, or of the target of an HTTP request. nullopt: it answers another request than that of `state`, or none.
[[nodiscard]] std::optional<AuthorizationResponse> read_redirect(std::string_view target, std::string_view state);

}  // namespace postern
