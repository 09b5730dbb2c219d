#include "daemon/online/sending_route.h"

#include <array>
#include <string_view>

#include "config/endpoint.h"

namespace postern {
namespace {

struct Provider {
    std::string_view host;  // itself, or with a '.' in front: what ends with it
    std::string_view include;
};

// As each of them documents it for domains of its customers.
constexpr std::array<Provider, 6> providers{{
    {"smtp.gmail.com", "_spf.google.com"},
    {"smtp-relay.gmail.com", "_spf.google.com"},
    {"smtp.office365.com", "spf.protection.outlook.com"},
    {".mail.protection.outlook.com", "spf.protection.outlook.com"},
    {"smtp.fastmail.com", "spf.messagingengine.com"},
    {"smtp.protonmail.ch", "_spf.protonmail.ch"},
}};

bool is_of(std::string_view host, Provider const& provider) {
    return provider.host.starts_with('.') ? host.ends_with(provider.host) : host == provider.host;
}

}  // namespace

SendingRoute sending_route(std::optional<RelayOptions> const& relay) {
    using Kind = SendingRoute::Kind;
    auto const url = relay ? parse_server_url(relay->url) : Parsed<ServerUrl>(ParseError{});
    if (!url) return {};
    if (is_loopback(url->host)) return {Kind::this_host, url->host, {}};
    for (auto const& provider : providers)
        if (is_of(url->host, provider)) return {Kind::provider, url->host, std::string(provider.include)};
    return {Kind::other, url->host, {}};
}

}  // namespace postern
