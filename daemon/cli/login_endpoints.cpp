#include "daemon/cli/login_endpoints.h"

#include <algorithm>
#include <array>

namespace postern {
namespace {

// Of every tenant and of the national clouds, whose hosts differ.
constexpr std::string_view microsoft_token = "/oauth2/v2.0/token";

bool is_google(OAuth2Options const& options) {
    constexpr std::array<std::string_view, 3> hosts{"https://oauth2.googleapis.com/",
                                                    "https://www.googleapis.com/oauth2/",
                                                    "https://accounts.google.com/o/oauth2/"};
    return std::ranges::any_of(hosts, [&](auto host) { return options.token_url.starts_with(host); });
}

bool is_microsoft(OAuth2Options const& options) {
    return options.token_url.ends_with(microsoft_token);
}

// Google's device flow knows profiles, files that the application made, and YouTube.
bool is_googles_mail(std::string_view scope) {
    return scope.find("//mail.google.com") != std::string_view::npos ||
           scope.find("/auth/gmail") != std::string_view::npos;
}

struct Cure {
    std::string_view error, cure;
};

constexpr Cure cures[] = {
    {"invalid_client",
     "compare client_id and client_secret_file with what the provider shows; a client without a secret has to be a "
     "public one (Microsoft: 'Allow public client flows')"},
    {"unauthorized_client",
     "let this client use this flow (Microsoft: 'Allow public client flows'; Google: a client of the type Desktop "
     "app), "
     "or try the other flow (--browser)"},
    {"unsupported_grant_type", "this provider has no such flow: try the other one (--browser)"},
    {"invalid_scope", "compare scope with what the provider's documentation has for IMAP and SMTP"},
    {"invalid_grant", "run 'postern oauth2 login' again"},
    {"access_denied", "who logged in, or an administrator, has not permitted it: log in again as who may"},
    {"authorization_declined", "who logged in has not permitted it: log in again as who may"},
    {"redirect_uri_mismatch", "register http://127.0.0.1 with the client as a redirect URI"},
};

}  // namespace

LoginEndpoints login_endpoints(OAuth2Options const& options) {
    LoginEndpoints endpoints;
    if (is_google(options)) {
        endpoints.device_url = "https://oauth2.googleapis.com/device/code";
        endpoints.authorization_url = "https://accounts.google.com/o/oauth2/v2/auth";
        // Without them Google gives a refresh token at the first login only.
        endpoints.further = {{"access_type", "offline"}, {"prompt", "consent"}};
        if (is_googles_mail(options.scope)) endpoints.no_device = "Google lets no device ask for access to mail";
    } else if (is_microsoft(options)) {
        auto const beside = options.token_url.substr(0, options.token_url.size() - std::string_view("token").size());
        endpoints.device_url = beside + "devicecode";
        endpoints.authorization_url = beside + "authorize";
        endpoints.redirect_host = "localhost";
    }
    if (options.device_url) endpoints.device_url = options.device_url;
    if (options.authorization_url) endpoints.authorization_url = options.authorization_url;
    return endpoints;
}

std::string_view cure_of(std::string_view error) {
    auto const* const found = std::ranges::find(cures, error, &Cure::error);
    return found == std::end(cures) ? std::string_view() : found->cure;
}

std::string_view cure_of_no_refresh_token(OAuth2Options const& options) {
    if (is_google(options))
        return "take the access back at https://myaccount.google.com/permissions, then run 'postern oauth2 login' "
               "again";
    if (options.scope.find("offline_access") == std::string::npos)
        return "add offline_access to scope, then run 'postern oauth2 login' again";
    return "let the provider give this client refresh tokens, then run 'postern oauth2 login' again";
}

}  // namespace postern
