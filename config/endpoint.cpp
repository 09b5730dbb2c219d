#include "config/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/parsed_text.h"
#include "parsers/ascii.h"
#include "parsers/domain_name.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

// RFC 1035 2.3.4.
constexpr std::size_t label_octets = 63;
constexpr std::size_t domain_octets = 253;

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return port;
}

bool is_of_family(int family, std::string_view text) {
    in6_addr address{};  // the larger of the two
    return text.find('\0') == std::string_view::npos && inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_label(std::string_view label) {
    auto const is_inner = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
    return !label.empty() && label.size() <= label_octets && std::all_of(label.begin(), label.end(), is_inner) &&
           label.front() != '-' && label.back() != '-';
}

struct HostAndPort {
    std::string host;
    std::string port;  // as written; empty: none
    bool has_port = false;
};

// "host", "host:port", "[v6]", "[v6]:port".
Parsed<HostAndPort> split_host_and_port(std::string_view text) {
    HostAndPort result;
    auto rest = text;
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos) return ParseError{"no ']' behind the address", text.size()};
        result.host = text.substr(1, close - 1);
        if (!is_of_family(AF_INET6, result.host)) return ParseError{"no IPv6 address between the brackets", 1};
        rest = text.substr(close + 1);
    } else {
        auto const colon = std::min(text.find(':'), text.size());
        result.host = text.substr(0, colon);
        rest = text.substr(colon);
        if (rest.find(':', 1) != std::string_view::npos) return ParseError{"an IPv6 address without its brackets", 0};
    }
    if (rest.empty()) return result;
    if (rest.front() != ':') return ParseError{"no ':' before the port", text.size() - rest.size()};
    result.port = rest.substr(1);
    result.has_port = true;
    return result;
}

std::string bracketed(std::string const& host) {
    return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

}  // namespace

Parsed<std::string> parse_domain(std::string_view text) {
    if (text.size() > 1 && text.ends_with('.')) text.remove_suffix(1);  // the root
    if (text.size() > 1 && text.ends_with('.')) text.remove_suffix(1);  // the root
    auto domain = lower_ascii(text);
    if (std::any_of(domain.begin(), domain.end(), is_8bit)) {
        auto normalized = normalize_domain(text);
        if (!normalized) return ParseError{"not a domain that IDNA knows", 0};
        domain = *std::move(normalized);
    }
    if (domain.size() > domain_octets) return ParseError{"longer than 253 octets", domain_octets};
    std::size_t begin = 0;
    std::string_view label;
    for (std::size_t dot = 0; dot != std::string::npos; begin = dot + 1) {
        dot = domain.find('.', begin);
        label = std::string_view(domain).substr(begin, dot == std::string::npos ? dot : dot - begin);
        if (!is_label(label))
            return ParseError{fmt::format("{} is no label of a domain", label.empty() ? "an empty one" : label), begin};
    }
    if (std::all_of(label.begin(), label.end(), is_digit)) return ParseError{"an IP address, not a domain", 0};
    return parsed_text(std::move(domain));
}

Parsed<std::string> parse_domain_pattern(std::string_view text) {
    auto const is_wild = text.starts_with("*.");
    auto domain = parse_domain(is_wild ? text.substr(2) : text);
    if (!domain) return domain.error();
    if (!is_wild) return domain;
    if (domain->find('.') == std::string::npos) return ParseError{"everything below a top-level domain", 0};
    return parsed_text("*." + *domain);
}

bool is_ip_address(std::string_view text) {
    return is_of_family(AF_INET, text) || is_of_family(AF_INET6, text);
}

Parsed<std::string> parse_network(std::string_view text) {
    auto const slash = text.find('/');
    auto const address = text.substr(0, slash);
    if (!is_ip_address(address)) return ParseError{"no IP address", 0};
    if (slash == std::string_view::npos) return parsed_text(std::string(text));
    auto const bits = parse_port(text.substr(slash + 1));
    if (!bits || *bits > (is_of_family(AF_INET, address) ? 32 : 128))
        return ParseError{"no such prefix length", slash + 1};
    return parsed_text(std::string(text));
}

bool is_loopback(std::string_view host) {
    auto const name = lower_ascii(host);
    return name == "localhost" || name == "::1" || (name.starts_with("127.") && is_of_family(AF_INET, name));
}

std::string ServerUrl::text() const {
    auto const authority = bracketed(host);
    return port ? fmt::format("{}://{}:{}", scheme, authority, *port) : fmt::format("{}://{}", scheme, authority);
}

Parsed<ServerUrl> parse_server_url(std::string_view text) {
    auto const colon = text.find("://");
    if (colon == std::string_view::npos) return ParseError{"no '://'", 0};
    ServerUrl url;
    url.scheme = lower_ascii(text.substr(0, colon));
    auto authority = text.substr(colon + 3);
    if (authority.ends_with('/')) authority.remove_suffix(1);
    if (authority.find('@') != std::string_view::npos)
        return ParseError{"a user or password stands in it; they have keys of their own", colon + 3};
    if (authority.find_first_of("/?#") != std::string_view::npos)
        return ParseError{"something stands behind the host and port", colon + 3};
    auto parts = split_host_and_port(authority);
    if (!parts) return parts.error();
    if (parts->has_port) {
        url.port = parse_port(parts->port);
        if (!url.port || *url.port == 0) return ParseError{"no such port", colon + 3};
    }
    if (is_ip_address(parts->host)) {
        url.host = parts->host;
        return url;
    }
    auto const domain = parse_domain(parts->host);
    if (!domain) return ParseError{"the host: " + domain.error().what, colon + 3};
    url.host = *domain;
    return url;
}

Parsed<ListenAddress> parse_listen_address(std::string_view text) {
    ListenAddress listen;
    listen.text = text;
    if (text == "systemd") {
        listen.kind = ListenAddress::Kind::systemd;
        return listen;
    }
    if (text.starts_with("unix:")) {
        if (text.size() == 5) return ParseError{"no path behind 'unix:'", 5};
        listen.kind = ListenAddress::Kind::unix_socket;
        listen.path = text.substr(5);
        return listen;
    }
    auto const parts = split_host_and_port(text);
    if (!parts) return parts.error();
    if (!is_ip_address(parts->host)) return ParseError{"no IP address", 0};
    if (!parts->has_port) return ParseError{"no port", text.size()};
    auto const port = parse_port(parts->port);
    if (!port) return ParseError{"no such port", text.size() - parts->port.size()};
    listen.host = parts->host;
    listen.port = *port;
    return listen;
}

Parsed<std::string> parse_resolver(std::string_view text) {
    if (is_ip_address(text)) return parsed_text(std::string(text));
    auto const listen = parse_listen_address(text);
    if (!listen) return listen.error();
    if (listen->kind != ListenAddress::Kind::tcp || listen->port == 0) return ParseError{"no IP address and port", 0};
    return parsed_text(std::string(text));
}

}  // namespace postern
