#include "daemon/token_answer.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

using namespace postern;
using namespace std::chrono_literals;
using Kind = TokenAnswer::Kind;

namespace {

constexpr TimePoint now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h};

HttpAnswer http(int status, std::string body) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.received = now;
    return answer;
}

TokenAnswer read(int status, std::string body, std::vector<std::string> const& secrets = {}) {
    return read_token_answer(http(status, std::move(body)), secrets);
}

TokenAnswer granted(std::string const& members) {
    return read(200, R"({"access_token":"abc.def-1_2~3+/==",)" + members + R"("token_type":"bearer"})");
}

DeviceAnswer device(std::string const& members) {
    return read_device_answer(
        http(200, R"({"device_code":"d1","user_code":"WDJB-MJHT","verification_uri":"https://a.example/device")" +
                      members + "}"),
        {});
}

}  // namespace

TEST_CASE("RFC 6749 5.1: what a token endpoint grants") {
    auto const answer = granted(R"("expires_in":3600,"refresh_token":"r 1","refresh_expires_in":86400,"scope":"a b",)");
    CHECK(answer.kind == Kind::granted);
    CHECK(answer.detail.empty());
    CHECK(answer.access_token == "abc.def-1_2~3+/==");
    CHECK(answer.refresh_token == "r 1");
    CHECK(answer.expires_in == 3600s);
    CHECK(answer.refresh_expires_in == 86400s);
    CHECK(answer.scope == "a b");
    auto const least = read(200, R"({"access_token":"a"})");
    CHECK(least.kind == Kind::granted);
    CHECK(least.refresh_token.empty());
    CHECK(least.expires_in == std::nullopt);
    CHECK(least.refresh_expires_in == std::nullopt);
}

TEST_CASE("expires_in as providers write it") {
    auto const life = [](std::string const& value) { return granted("\"expires_in\":" + value + ",").expires_in; };
    CHECK(life("\"3599\"") == 3599s);
    CHECK(life("3599.9") == 3599s);
    CHECK(life("\"3599.9\"") == 3599s);
    CHECK(life("-1") == 0s);
    CHECK(life("\"-1\"") == 0s);
    CHECK(life("1e300") == longest_token_life);
    CHECK(life("18446744073709551615") == longest_token_life);
    CHECK(life("\"inf\"") == longest_token_life);
    for (auto const* const none : {"null", "true", "\"\"", "\"nan\"", "\"soon\"", "\"3599 \"", "{}", "[3599]"}) {
        CAPTURE(none);
        CHECK(life(none) == std::nullopt);
    }
    // Keycloak's way to say that it never ends.
    CHECK(granted(R"("refresh_expires_in":0,)").refresh_expires_in == std::nullopt);
    CHECK(granted(R"("refresh_token_expires_in":"77",)").refresh_expires_in == 77s);
}

TEST_CASE("RFC 6750 2.1: what could end a SASL field is no access token") {
    for (auto const* const bad :
         {R"(a\u0001auth=Bearer b)", R"(a\r\nA2 LOGOUT)", "a b", "=", "a=b", "tokén", R"(a\u0000)"}) {
        CAPTURE(bad);
        auto const answer = read(200, fmt::format(R"({{"access_token":"{}"}})", bad));
        CHECK(answer.kind == Kind::nonsense);
        CHECK(answer.access_token.empty());
        CHECK(answer.detail == "its access_token holds octets that no bearer token has");
    }
    auto const refresh = granted(R"("refresh_token":"a\nb",)");
    CHECK(refresh.kind == Kind::nonsense);
    CHECK(refresh.access_token.empty());
    CHECK(refresh.refresh_token.empty());
    CHECK(read(200, R"({"access_token":"a","token_type":"mac"})").detail == "its token_type is not Bearer");
    CHECK(read(200, R"({"access_token":"a","token_type":7})").kind == Kind::nonsense);
}

TEST_CASE("RFC 6749 5.2: refusals, trouble and nonsense are three") {
    struct Row {
        int status;
        std::string body;
        Kind kind;
        std::string error, detail;
    };
    Row const rows[] = {
        {400, R"({"error":"invalid_grant","error_description":"Token has been expired or revoked."})", Kind::refused,
         "invalid_grant", "invalid_grant: Token has been expired or revoked."},
        {401, R"({"error":"invalid_client"})", Kind::refused, "invalid_client", "invalid_client"},
        {200, R"({"error":"bad_verification_code"})", Kind::refused, "bad_verification_code", "bad_verification_code"},
        {403, R"({"error":{"code":"Denied","message":"by the gateway"}})", Kind::refused, "Denied",
         "Denied: by the gateway"},
        {400, R"({"error_description":"nobody knows"})", Kind::refused, "", "nobody knows"},
        {428, R"({"error":"authorization_pending"})", Kind::pending, "authorization_pending", "authorization_pending"},
        {403, R"({"error":"slow_down"})", Kind::pending, "slow_down", "slow_down"},
        {503, R"({"error":"invalid_grant"})", Kind::unavailable, "", "HTTP status 503, invalid_grant"},
        {400, R"({"error":"temporarily_unavailable"})", Kind::unavailable, "",
         "HTTP status 400, temporarily_unavailable"},
        {403, R"({"error_code":"rate_limit_exceeded"})", Kind::unavailable, "", "HTTP status 403, rate_limit_exceeded"},
        {429, "", Kind::unavailable, "", "HTTP status 429"},
        {408, "", Kind::unavailable, "", "HTTP status 408"},
        {500, "<html>", Kind::unavailable, "", "HTTP status 500"},
        {200, "<html>", Kind::nonsense, "", "HTTP status 200, and what came is no JSON object: is its URL right?"},
        {404, "<html>", Kind::nonsense, "", "HTTP status 404, and what came is no JSON object: is its URL right?"},
        {200, "", Kind::nonsense, "", "HTTP status 200, and what came is no JSON object: is its URL right?"},
        {200, "[1]", Kind::nonsense, "", "HTTP status 200, and what came is no JSON object: is its URL right?"},
        {200, R"({"access_token":"a")", Kind::nonsense, "",
         "HTTP status 200, and what came is no JSON object: is its URL right?"},
        {200, "{}", Kind::nonsense, "", "HTTP status 200, without an error code"},
        {200, R"({"access_token":["a"]})", Kind::nonsense, "", "HTTP status 200, without an error code"},
        {307, "", Kind::nonsense, "", "HTTP status 307: a redirection, which is not followed: is its URL right?"},
        {200, "{\"error\":\"\xff\"}", Kind::nonsense, "",
         "HTTP status 200, and what came is no JSON object: is its URL right?"},
        {400, R"({"access_token":"a","error":"invalid_grant"})", Kind::refused, "invalid_grant", "invalid_grant"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.status, row.body);
        auto const answer = read(row.status, row.body);
        CHECK(answer.kind == row.kind);
        CHECK(answer.error == row.error);
        CHECK(answer.detail == row.detail);
        CHECK(answer.access_token.empty());
    }
}

TEST_CASE("deep JSON is not followed") {
    std::string const deep = R"({"access_token":"a","x":)" + std::string(30'000, '[') + std::string(30'000, ']') + "}";
    CHECK(read(200, deep).kind == Kind::granted);
    CHECK(read(200, std::string(60'000, '[')).kind == Kind::nonsense);
    CHECK(read(200, std::string(10'000, '{')).kind == Kind::nonsense);
}

TEST_CASE("what an endpoint says of itself is one line of printable US-ASCII, bounded") {
    auto const answer =
        read(400, R"({"error":"a\u001b[2J\r\nb","error_description":"c\u0000d\u202e)" + std::string(5000, 'e') + "\"}");
    CHECK(answer.error == "a?[2J??b");
    CHECK(answer.detail.starts_with("a?[2J??b: c?d???eee"));
    CHECK(answer.detail.size() < 300);
}

TEST_CASE("an endpoint that sends back what it was asked gives away no secret") {
    std::vector<std::string> const secrets{"1//refresh+token/secret", "cl!ent", ""};
    auto const detail = [&](std::string const& description) {
        return read(400, R"({"error":"invalid_grant","error_description":")" + description + "\"}", secrets).detail;
    };
    CHECK(detail("no such token 1//refresh+token/secret here") == "invalid_grant: no such token *** here");
    CHECK(detail("refresh_token=1%2F%2Frefresh%2Btoken%2Fsecret&client_secret=cl%21ent") ==
          "invalid_grant: refresh_token=***&client_secret=***");
    CHECK(detail("cl!entcl!ent, cl!en") == "invalid_grant: ***, cl!en");
    CHECK(detail("…esh+token/sec…") == "invalid_grant: ???***???");
    CHECK(detail(std::string(990, '.') + "1//refresh+token/secret").find("refresh+t") == std::string::npos);
    auto const error = read(400, R"({"error":"1//refresh+token/secret"})", secrets);
    CHECK(error.error == "***");
    CHECK(error.detail == "***");
    CHECK(without_secrets("nothing", {}) == "nothing");
    CHECK(without_secrets("", secrets).empty());
}

TEST_CASE("RFC 9110: the server's clock, and when it wants to be asked again") {
    auto answer = http(503, "");
    answer.date = "Sun, 22 Nov 2026 09:05:00 GMT";
    answer.retry_after = "7";
    CHECK(read_token_answer(answer, {}).clock_ahead == 300s);
    CHECK(read_token_answer(answer, {}).retry_after == 7s);
    answer.retry_after = "Sun, 22 Nov 2026 09:06:00 GMT";  // by its clock
    CHECK(read_token_answer(answer, {}).retry_after == 60s);
    answer.retry_after = "Sun, 22 Nov 2026 08:00:00 GMT";
    CHECK(read_token_answer(answer, {}).retry_after == 0s);
    answer.retry_after = "99999999999999999999999";
    CHECK(read_token_answer(answer, {}).retry_after == longest_retry_after);
    answer.retry_after = "soon";
    CHECK(read_token_answer(answer, {}).retry_after == std::nullopt);
    answer.date = "yesterday";
    CHECK(read_token_answer(answer, {}).clock_ahead == std::nullopt);
}

TEST_CASE("RFC 8628 3.2: what a device endpoint gives") {
    auto const answer = device(
        R"(,"verification_uri_complete":"https://a.example/device?user_code=WDJB-MJHT","expires_in":900,"interval":7)");
    CHECK(answer.kind == Kind::granted);
    CHECK(answer.device_code == "d1");
    CHECK(answer.user_code == "WDJB-MJHT");
    CHECK(answer.verification_uri == "https://a.example/device");
    CHECK(answer.verification_uri_complete == "https://a.example/device?user_code=WDJB-MJHT");
    CHECK(answer.expires_in == 900s);
    CHECK(answer.interval == 7s);
    CHECK(device("").interval == 5s);
    CHECK(device("").expires_in == 10min);
    CHECK(device(R"(,"interval":0,"expires_in":-7)").interval == 1s);
    CHECK(device(R"(,"interval":0,"expires_in":-7)").expires_in == 1s);
    CHECK(device(R"(,"interval":1e9,"expires_in":1e9)").interval == longest_interval);
    CHECK(device(R"(,"interval":1e9,"expires_in":1e9)").expires_in == longest_device_life);
    auto const google = read_device_answer(
        http(200, R"({"device_code":"d","user_code":"u","verification_url":"https://www.google.com/device"})"), {});
    CHECK(google.verification_uri == "https://www.google.com/device");
    CHECK(device(R"(,"verification_uri_complete":"javascript:x")").verification_uri_complete.empty());
}

TEST_CASE("a device endpoint's refusals and nonsense") {
    auto const read_device = [](int status, std::string body) { return read_device_answer(http(status, body), {}); };
    CHECK(read_device(400, R"({"error":"invalid_scope"})").kind == Kind::refused);
    CHECK(read_device(400, R"({"error":"invalid_scope"})").error == "invalid_scope");
    CHECK(read_device(400, R"({"error":"slow_down"})").kind == Kind::nonsense);
    CHECK(read_device(502, "").kind == Kind::unavailable);
    CHECK(read_device(200, "<html>").kind == Kind::nonsense);
    CHECK(read_device(200, R"({"device_code":"d","verification_uri":"https://a.example"})").detail ==
          "it gives no user_code to type");
    CHECK(read_device(200, R"({"device_code":"d","user_code":"u","verification_uri":"file:///etc"})").detail ==
          "its verification_uri is no web address");
    auto const bad =
        read_device(200, R"({"device_code":"d\n","user_code":"u","verification_uri":"https://a.example"})");
    CHECK(bad.kind == Kind::nonsense);
    CHECK(bad.device_code.empty());
}
