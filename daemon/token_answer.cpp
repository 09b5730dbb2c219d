#include "daemon/token_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/imap_connection.h"
#include "parsers/ascii.h"
#include "parsers/date_time.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

using Kind = TokenAnswer::Kind;
using Json = nlohmann::json;
using std::chrono::seconds;

// Of an answer's values; those of RFC 6749 5.1 and RFC 8628 3.2 lie at the top.
constexpr int json_depth = 4;
// Error codes of RFC 6749 and its extensions have 30 octets at most.
constexpr std::size_t error_octets = 64;
// Of a description: enough for what one_line() keeps.
constexpr std::size_t description_octets = 1000;
// Pieces of a secret shorter than this stand in any text.
constexpr std::size_t telling_octets = 8;
// RFC 8628 6.1 thinks of 8 octets of code; a URL that a person may have to type is shorter than this.
constexpr std::size_t user_code_octets = 64, uri_octets = 2000;

bool is_between(char c, char first, char last) {
    return c >= first && c <= last;
}

// RFC 6750 2.1, b64token: what a SASL exchange (RFC 7628 3.1, XOAUTH2) can carry without ending a field.
bool is_bearer_token(std::string_view token) {
    while (token.ends_with('=')) token.remove_suffix(1);
    return !token.empty() && std::ranges::all_of(token, [](char c) {
        return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z') || is_between(c, '0', '9') ||
               std::string_view("-._~+/").find(c) != std::string_view::npos;
    });
}

// RFC 6749 A.12, A.17: 1*VSCHAR.
bool is_visible(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_between(c, ' ', '~'); });
}

// nullptr: not an object.
Json read_object(std::string const& body) {
    auto document = Json::parse(
        body, [](int depth, Json::parse_event_t, Json&) { return depth <= json_depth; }, false);
    return document.is_object() ? document : Json();
}

std::string text_at(Json const& object, char const* name) {
    auto const found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number, or one written as text, as some providers do.
std::optional<double> number_at(Json const& object, char const* name) {
    auto const found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_number()) return found->get<double>();
    if (!found->is_string()) return std::nullopt;
    auto const& text = found->get_ref<std::string const&>();
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return whole && !std::isnan(value) ? std::optional(value) : std::nullopt;
}

std::optional<seconds> seconds_at(Json const& object, char const* name, seconds least, seconds most) {
    auto const number = number_at(object, name);
    if (!number) return std::nullopt;
    auto const bounded = std::clamp(*number, static_cast<double>(least.count()), static_cast<double>(most.count()));
    return seconds(static_cast<seconds::rep>(bounded));
}

// Keycloak's 0 means: for ever.
std::optional<seconds> refresh_life(Json const& object) {
    for (auto const* const name : {"refresh_token_expires_in", "refresh_expires_in"}) {
        auto const life = seconds_at(object, name, seconds{0}, longest_token_life);
        if (life && *life > seconds{0}) return life;
    }
    return std::nullopt;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF", plain = "-._~";
    std::string encoded;
    for (char const c : text) {
        bool const stays = is_between(c, 'a', 'z') || is_between(c, 'A', 'Z') || is_between(c, '0', '9') ||
                           plain.find(c) != std::string_view::npos;
        if (stays) {
            encoded += c;
            continue;
        }
        auto const octet = static_cast<unsigned char>(c);
        encoded += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
    return encoded;
}

// How many octets at the head of `text` are a secret, or a telling piece of one.
std::size_t secret_at(std::string_view text, std::string_view secret) {
    auto const least = std::min(telling_octets, secret.size());
    if (least == 0 || text.size() < least) return 0;
    std::size_t longest = 0;
    for (auto at = secret.find(text.substr(0, least)); at != std::string_view::npos;
         at = secret.find(text.substr(0, least), at + 1)) {
        auto const piece = secret.substr(at);
        auto const end = std::ranges::mismatch(text, piece).in1;
        longest = std::max(longest, static_cast<std::size_t>(end - text.begin()));
    }
    return longest;
}

struct Said {
    std::string error, description;
};

// RFC 6749 5.2. Google's device endpoint calls the one `error_code`, and Azure's gateways make `error` an object.
Said error_of(Json const& object, std::vector<std::string> const& secrets) {
    auto error = text_at(object, "error");
    auto description = text_at(object, "error_description");
    if (error.empty()) error = text_at(object, "error_code");
    if (auto const inner = object.find("error"); inner != object.end() && inner->is_object()) {
        error = text_at(*inner, "code");
        description = text_at(*inner, "message");
    }
    error = without_secrets(std::string_view(error).substr(0, error_octets), secrets);
    description = without_secrets(std::string_view(description).substr(0, description_octets), secrets);
    return {one_line(error), one_line(description)};
}

bool may_work_later(std::string_view error) {
    constexpr std::array<std::string_view, 5> passing{"temporarily_unavailable", "server_error", "rate_limit_exceeded",
                                                      "internal_failure", "too_many_requests"};
    return std::ranges::find(passing, error) != passing.end();
}

bool is_trouble(int status) {
    return status == 408 || status == 429 || status >= 500;
}

struct Outcome {
    Kind kind;
    std::string detail, error;
};

// Of everything that grants nothing.
Outcome failure_of(HttpAnswer const& answer, Json const& object, std::vector<std::string> const& secrets) {
    auto const status = "HTTP status " + std::to_string(answer.status);
    auto const [error, description] = error_of(object, secrets);
    auto const said = error + (error.empty() || description.empty() ? "" : ": ") + description;
    if (is_trouble(answer.status) || may_work_later(error))
        return {Kind::unavailable, status + (said.empty() ? "" : ", " + said), ""};
    if (error == "authorization_pending" || error == "slow_down") return {Kind::pending, said, error};
    if (!said.empty()) return {Kind::refused, said, error};
    if (answer.status >= 300 && answer.status < 400)
        return {Kind::nonsense, status + ": a redirection, which is not followed: is its URL right?", ""};
    if (!object.is_object())
        return {Kind::nonsense, status + ", and what came is no JSON object: is its URL right?", ""};
    return {Kind::nonsense, status + ", without an error code", ""};
}

std::optional<TimePoint> date_of(HttpAnswer const& answer) {
    return answer.date.empty() ? std::nullopt : parse_date_time(answer.date);
}

std::optional<seconds> retry_after_of(HttpAnswer const& answer) {
    auto const& text = answer.retry_after;
    auto const bounded = [](seconds wait) { return std::clamp(wait, seconds{0}, longest_retry_after); };
    if (!text.empty() && std::ranges::all_of(text, is_digit)) {
        seconds::rep count = 0;
        auto const overflows = std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc{};
        return overflows ? longest_retry_after : bounded(seconds(count));
    }
    auto const until = text.empty() ? std::nullopt : parse_date_time(text);
    if (!until) return std::nullopt;
    // Both by the server's clock, where it told the time.
    return bounded(std::chrono::duration_cast<seconds>(*until - date_of(answer).value_or(answer.received)));
}

// The tokens of a granted answer, or why there are none.
std::string take_tokens(Json const& object, TokenAnswer& answer) {
    answer.access_token = text_at(object, "access_token");
    answer.refresh_token = text_at(object, "refresh_token");
    if (!is_bearer_token(answer.access_token)) return "its access_token holds octets that no bearer token has";
    if (!answer.refresh_token.empty() && !is_visible(answer.refresh_token))
        return "its refresh_token holds octets that no token has";
    if (auto const type = object.find("token_type"); type != object.end()) {
        if (!type->is_string() || !equals_ignoring_case(type->get_ref<std::string const&>(), "bearer"))
            return "its token_type is not Bearer";
    }
    answer.expires_in = seconds_at(object, "expires_in", seconds{0}, longest_token_life);
    answer.refresh_expires_in = refresh_life(object);
    answer.scope = text_at(object, "scope");
    if (!is_visible(answer.scope)) answer.scope.clear();
    return {};
}

bool is_web_address(std::string_view uri) {
    return uri.size() <= uri_octets && (uri.starts_with("https://") || uri.starts_with("http://"));
}

// The same of a device endpoint. Google writes verification_url.
std::string take_device(Json const& object, DeviceAnswer& answer) {
    answer.device_code = text_at(object, "device_code");
    answer.user_code = text_at(object, "user_code");
    answer.verification_uri = text_at(object, "verification_uri");
    if (answer.verification_uri.empty()) answer.verification_uri = text_at(object, "verification_url");
    answer.verification_uri_complete = text_at(object, "verification_uri_complete");
    if (!is_visible(answer.device_code)) return "its device_code holds octets that no code has";
    if (answer.user_code.empty() || answer.user_code.size() > user_code_octets) return "it gives no user_code to type";
    if (!is_web_address(answer.verification_uri)) return "its verification_uri is no web address";
    if (!is_web_address(answer.verification_uri_complete)) answer.verification_uri_complete.clear();
    answer.expires_in =
        seconds_at(object, "expires_in", seconds{1}, longest_device_life).value_or(std::chrono::minutes{10});
    answer.interval = seconds_at(object, "interval", seconds{1}, longest_interval).value_or(seconds{5});
    return {};
}

bool has_text(Json const& object, char const* name) {
    return object.is_object() && !text_at(object, name).empty();
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

}  // namespace

std::string without_secrets(std::string_view text, std::vector<std::string> const& secrets) {
    std::vector<std::string> forms = secrets;
    for (auto const& secret : secrets) forms.push_back(percent_encoded(secret));
    std::string told;
    while (!text.empty()) {
        std::size_t hidden = 0;
        for (auto const& form : forms) hidden = std::max(hidden, secret_at(text, form));
        if (hidden == 0) told += text.front();
        if (hidden > 0 && !told.ends_with("***")) told += "***";
        text.remove_prefix(std::max<std::size_t>(hidden, 1));
    }
    return told;
}

TokenAnswer read_token_answer(HttpAnswer const& answer, std::vector<std::string> const& secrets) {
    TokenAnswer read;
    auto const object = read_object(answer.body);
    if (is_success(answer.status) && has_text(object, "access_token")) {
        auto const wrong = take_tokens(object, read);
        if (!wrong.empty()) read = {};
        read.kind = wrong.empty() ? Kind::granted : Kind::nonsense;
        read.detail = wrong;
    } else {
        auto const failure = failure_of(answer, object, secrets);
        read.kind = failure.kind;
        read.detail = failure.detail;
        read.error = failure.error;
    }
    if (auto const date = date_of(answer))
        read.clock_ahead = std::chrono::duration_cast<seconds>(*date - answer.received);
    read.retry_after = retry_after_of(answer);
    return read;
}

DeviceAnswer read_device_answer(HttpAnswer const& answer, std::vector<std::string> const& secrets) {
    DeviceAnswer read;
    auto const object = read_object(answer.body);
    if (is_success(answer.status) && has_text(object, "device_code")) {
        auto const wrong = take_device(object, read);
        if (!wrong.empty()) read = {};
        read.kind = wrong.empty() ? Kind::granted : Kind::nonsense;
        read.detail = wrong;
        return read;
    }
    auto failure = failure_of(answer, object, secrets);
    read.kind = failure.kind == Kind::pending ? Kind::nonsense : failure.kind;
    read.detail = std::move(failure.detail);
    read.error = std::move(failure.error);
    return read;
}

}  // namespace postern
