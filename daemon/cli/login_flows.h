// The two ways by which a person gives an OAuth 2.0 client their permission: a code that they type on any device (RFC
// 8628), and a browser that comes back with an answer (RFC 6749 4.1, 7636, 8252). They ask for it on stderr, wait, and
// end with what the token endpoint granted. One thread; both end by themselves, and within a second of an interruption.
#pragma once

#include "config/options.h"
#include "daemon/cli/context.h"
#include "daemon/cli/login_endpoints.h"
#include "daemon/token_endpoint.h"

namespace postern {

// An answer of the kind granted; throws CommandFailure otherwise. `endpoints` must have the URL of the flow.
[[nodiscard]] TokenAnswer log_in_by_device(Context& context, OAuth2Options const& options,
                                           LoginEndpoints const& endpoints);
[[nodiscard]] TokenAnswer log_in_by_browser(Context& context, OAuth2Options const& options,
                                            LoginEndpoints const& endpoints);

}  // namespace postern
