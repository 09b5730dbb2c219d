#include "daemon/cli/authorization_request.h"

#include <algorithm>
#include <map>

#include "parsers/ascii.h"
#include "parsers/base64.h"
#include "parsers/digest.h"

namespace postern {
namespace {

// application/x-www-form-urlencoded, as RFC 6749 B has it.
std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF", plain = "-._~";
    std::string result;
    for (char const c : text) {
        if (is_letter(c) || is_digit(c) || plain.find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        auto const octet = static_cast<unsigned char>(c);
        result += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
    return result;
}

std::string decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
        auto const low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
        if (text[at] == '%' && high >= 0 && low >= 0) {
            result += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            result += text[at] == '+' ? ' ' : text[at];
        }
    }
    return result;
}

// nullopt: a parameter stands there twice (RFC 6749 3.1).
std::optional<std::map<std::string, std::string>> parameters(std::string_view query) {
    std::map<std::string, std::string> found;
    while (!query.empty()) {
        auto const field = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), field.size() + 1));
        auto const equals = std::min(field.find('='), field.size());
        auto const value = field.substr(std::min(field.size(), equals + 1));
        if (!found.emplace(decoded(field.substr(0, equals)), decoded(value)).second) return std::nullopt;
    }
    return found;
}

}  // namespace

std::string base64url(std::string_view octets) {
    auto text = encode_base64(octets);
    while (text.ends_with('=')) text.pop_back();
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::string code_challenge(std::string_view verifier) {
    auto const hex = sha256_hex(verifier);
    std::string digest;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        digest += static_cast<char>(hex_value(hex[at]) * 16 + hex_value(hex[at + 1]));
    return base64url(digest);
}

std::string url_of(AuthorizationRequest const& request, OAuth2Options const& options, LoginEndpoints const& endpoints) {
    auto const& endpoint = endpoints.authorization_url.value();
    auto url = endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&") + "response_type=code";
    auto const add = [&url](std::string_view name, std::string_view value) {
        url += "&" + std::string(name) + "=" + encoded(value);
    };
    add("client_id", options.client_id);
    add("redirect_uri", request.redirect_uri);
    if (!options.scope.empty()) add("scope", options.scope);
    add("state", request.state);
    add("code_challenge", code_challenge(request.verifier));
    add("code_challenge_method", "S256");
    for (auto const& [name, value] : endpoints.further) add(name, value);
    return url;
}

std::optional<AuthorizationResponse> read_redirect(std::string_view target, std::string_view state) {
    auto const query = target.find('?');
    if (query == std::string_view::npos || target.size() > redirect_octets) return std::nullopt;
    target.remove_prefix(query + 1);
    auto found = parameters(target.substr(0, target.find('#')));
    if (!found || state.empty() || (*found)["state"] != state) return std::nullopt;
    AuthorizationResponse response{(*found)["code"], (*found)["error"], (*found)["error_description"]};
    if (response.code.empty() == response.error.empty()) return std::nullopt;
    return response;
}

}  // namespace postern
