// What an authorization server may answer: any octets give a value; what is told of them is one short line without the
// secret that was sent, and a token that is taken ends no field of a SASL exchange. Lines: status, Date, Retry-After,
// the secret; then the body.
#include "daemon/token_answer.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;
using Kind = TokenAnswer::Kind;

namespace {

// Of log lines: our own words and 200 octets each of two texts.
constexpr std::size_t told_octets = 600;

std::string take_line(std::string_view& octets) {
    auto const line = octets.substr(0, octets.find('\n'));
    octets.remove_prefix(std::min(octets.size(), line.size() + 1));
    return std::string(line);
}

void must_be_told(std::string const& detail, std::string const& error, std::string const& secret) {
    for (auto const& text : {detail, error}) {
        must(text.size() <= told_octets);
        must(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
        // Where our own words could hold it by chance it is no secret.
        if (secret.size() >= 16) must(text.find(secret) == std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto octets = fuzz::text_of(data, size);
    HttpAnswer answer;
    auto const status = take_line(octets);
    for (char const c : std::string_view(status).substr(0, 3)) answer.status = answer.status * 10 + (c - '0') % 10;
    answer.date = take_line(octets);
    answer.retry_after = take_line(octets);
    auto const secret = take_line(octets);
    answer.body = octets;
    answer.received = TimePoint(std::chrono::sys_days{std::chrono::year{2026} / 11 / 22});

    auto const token = read_token_answer(answer, {secret});
    must_be_told(token.detail, token.error, secret);
    must((token.kind == Kind::granted) == !token.access_token.empty());
    must(token.kind == Kind::granted || token.refresh_token.empty());
    must(token.access_token.find_first_of(std::string_view("\0\1\r\n ,", 6)) == std::string::npos);
    if (token.expires_in) must(*token.expires_in >= std::chrono::seconds{0} && *token.expires_in <= longest_token_life);
    if (token.refresh_expires_in) must(*token.refresh_expires_in > std::chrono::seconds{0});
    if (token.retry_after)
        must(*token.retry_after >= std::chrono::seconds{0} && *token.retry_after <= longest_retry_after);

    auto const device = read_device_answer(answer, {secret});
    must_be_told(device.detail, device.error, secret);
    must(device.kind != Kind::pending);
    must((device.kind == Kind::granted) == !device.device_code.empty());
    if (device.kind == Kind::granted) {
        must(device.interval >= std::chrono::seconds{1} && device.interval <= longest_interval);
        must(device.expires_in >= std::chrono::seconds{1} && device.expires_in <= longest_device_life);
        must(!device.user_code.empty() && !device.verification_uri.empty());
    }
    return 0;
}
