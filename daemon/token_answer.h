// What an OAuth 2.0 authorization server answered: status, fields and octets of an HTTP response -> TokenAnswer or
// DeviceAnswer (RFC 6749 5.1, 5.2; RFC 8628 3.2, 3.5). Pure and total: any octets give a value. Of the octets nothing
// is told but `error` and its description, as one line of printable US-ASCII, and no secret of the request in it: an
// endpoint made for debugging sends back what it was asked.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/token_endpoint.h"
#include "parsers/time_point.h"

namespace postern {

// Of a body. The largest tokens that providers are known to give take 8 KiB, and an answer holds three of them.
inline constexpr std::size_t token_answer_octets = std::size_t{64} * 1024;
// RFC 6749 bounds no life. Beyond these a number is somebody's way to say "for ever", and sums of it overflow.
inline constexpr std::chrono::seconds longest_token_life = std::chrono::hours{24 * 365 * 10};
// RFC 8628 3.2 bounds neither: who logs in sits there and waits.
inline constexpr std::chrono::seconds longest_device_life = std::chrono::hours{1}, longest_interval{60};
// A Retry-After beyond it is not believed: mail waits for this token.
inline constexpr std::chrono::seconds longest_retry_after = std::chrono::hours{24};

struct HttpAnswer {
    int status = 0;
    std::string date, retry_after;  // the fields' values, "" where there is none
    std::string body;
    TimePoint received;  // by our clock
};

// `secrets`: what the request held and no log may; also known by pieces of them and in percent-encoded form.
[[nodiscard]] TokenAnswer read_token_answer(HttpAnswer const& answer, std::vector<std::string> const& secrets);
[[nodiscard]] DeviceAnswer read_device_answer(HttpAnswer const& answer, std::vector<std::string> const& secrets);

// `text` with "***" where a secret stands, or eight and more octets of one.
[[nodiscard]] std::string without_secrets(std::string_view text, std::vector<std::string> const& secrets);

}  // namespace postern
