#include "daemon/token_endpoint.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "daemon/token_answer.h"
#include "tests/support/token_server.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Kind = TokenAnswer::Kind;

namespace {

TokenEndpoint::Form const credentials{{"grant_type", "client_credentials"}};

// Generous: nothing but the tests of waiting gets near to it.
constexpr TokenEndpointTimes times{30s, 60s};

TokenAnswer ask(TokenServer const& server, TokenEndpoint::Form form = credentials) {
    WakeEvent const stop;
    return TokenEndpoint(server.options(), times).ask_token(std::move(form), stop);
}

TokenAnswer refresh(TokenServer const& server, std::string const& token) {
    return ask(server, {{"grant_type", "refresh_token"}, {"refresh_token", token}});
}

}  // namespace

TEST_CASE("a token endpoint grants client credentials and refresh tokens, over TLS with its own anchor") {
    TokenServer server;
    auto const granted = ask(server);
    CHECK(granted.detail.empty());
    REQUIRE(granted.kind == Kind::granted);
    CHECK(std::ranges::count(granted.access_token, '.') == 2);
    CHECK(granted.expires_in == 3600s);
    CHECK(granted.refresh_token.empty());
    REQUIRE(granted.clock_ahead);
    CHECK(std::chrono::abs(*granted.clock_ahead) <= 60s);
    auto const form = server.requests().at(0).form;
    CHECK(form == std::map<std::string, std::string>{
                      {"grant_type", "client_credentials"}, {"client_id", "postern"}, {"scope", "mail"}});

    server.change([](auto& settings) {
        settings.rotates = true;
        settings.refresh_lifetime = 900s;
    });
    auto const first = server.issue_refresh_token();
    auto const second = refresh(server, first);
    REQUIRE(second.kind == Kind::granted);
    CHECK(second.refresh_token != first);
    CHECK(second.refresh_expires_in == 900s);
    CHECK(server.is_live(second.refresh_token));
    auto const again = refresh(server, first);
    CHECK(again.kind == Kind::refused);
    CHECK(again.error == "invalid_grant");
    CHECK(again.detail == "127.0.0.1:" + server.token_url().substr(18, server.token_url().find('/', 18) - 18) +
                              ": invalid_grant: Token has been expired or revoked.");
    CHECK(server.reused() == 1);
}

TEST_CASE("what is sent to a token endpoint arrives as it was, whatever is in it") {
    TokenServer server;
    TemporaryFolder const folder;
    std::string const secret = "p&s=w%r d+\xc3\xa9/";
    write_file(folder.path() / "secret", secret + "\n");
    server.change([&](auto& settings) { settings.client_secret = secret; });
    auto options = server.options();
    options.client_secret = Secret{folder.path() / "secret"};
    options.scope = "https://outlook.office365.com/.default offline_access";
    WakeEvent const stop;
    CHECK(TokenEndpoint(options, times).ask_token(credentials, stop).kind == Kind::granted);
    CHECK(server.requests().at(0).form.at("scope") == options.scope);
    // A code was given for its scope before.
    CHECK(TokenEndpoint(options, times).ask_token({{"grant_type", "authorization_code"}, {"code", ""}}, stop).kind ==
          Kind::refused);
    CHECK(server.requests().at(1).form.count("scope") == 0);

    options.client_secret = Secret{folder.path() / "none"};
    auto const unread = TokenEndpoint(options, times).ask_token(credentials, stop);
    CHECK(unread.kind == Kind::refused);
    CHECK(unread.detail == "cannot read client_secret_file " + (folder.path() / "none").string());
    CHECK(server.count("/token") == 2);
}

TEST_CASE("a token endpoint in trouble: HTML, 5xx, redirections, halves, floods") {
    TokenServer server;
    server.next(TokenServer::html(200));
    CHECK(ask(server).kind == Kind::nonsense);
    server.next(TokenServer::html(500));
    CHECK(ask(server).kind == Kind::unavailable);
    server.next(TokenServer::unavailable(17));
    auto const later = ask(server);
    CHECK(later.kind == Kind::unavailable);
    CHECK(later.retry_after == 17s);
    server.next(TokenServer::redirect(server.token_url()));
    CHECK(ask(server).kind == Kind::nonsense);
    CHECK(server.count("/token") == 4);  // not followed
    server.next(TokenServer::truncated());
    auto const half = ask(server);
    CHECK(half.kind == Kind::unavailable);
    CHECK(half.detail.ends_with("Transferred a partial file"));
    server.next(TokenServer::endless());
    auto const flood = ask(server);
    CHECK(flood.kind == Kind::nonsense);
    CHECK(flood.detail.ends_with("answers more than any token endpoint would"));
    auto fields = TokenServer::json("{}");
    fields.fields.assign(5000, "X-Padding: " + std::string(30, 'x'));
    server.next(fields);
    CHECK(ask(server).kind == Kind::nonsense);
    server.next(TokenServer::json(R"({"access_token":")" + std::string(token_answer_octets / 2, 'a') + "\"}"));
    CHECK(ask(server).kind == Kind::granted);
    server.change([](auto& settings) { settings.clock_ahead = -600s; });
    auto const slow_clock = ask(server);
    REQUIRE(slow_clock.clock_ahead);
    CHECK(*slow_clock.clock_ahead <= -590s);
    CHECK(*slow_clock.clock_ahead >= -660s);
}

TEST_CASE("an endpoint that echoes the form in its refusal tells no secret") {
    TokenServer server;
    auto const token = server.issue_refresh_token();
    server.next(TokenServer::refusal("invalid_grant", "you sent refresh_token=" + token + ", sorry"));
    CHECK(refresh(server, token).detail.ends_with(": invalid_grant: you sent refresh_token=***, sorry"));
}

TEST_CASE("a token endpoint that hangs is left, in time or when all ends") {
    TokenServer server;
    WakeEvent stop;
    server.always(TokenServer::hangs());
    auto const answer = TokenEndpoint(server.options(), {5s, 150ms}).ask_token(credentials, stop);
    CHECK(answer.kind == Kind::unavailable);
    CHECK(answer.detail.find("no answer from 127.0.0.1:") == 0);
    auto const begun = std::chrono::steady_clock::now();
    auto const before = server.count("/token");
    std::thread ending([&] {
        while (server.count("/token") == before && std::chrono::steady_clock::now() - begun < 20s)
            std::this_thread::sleep_for(2ms);
        stop.raise();
    });
    CHECK(TokenEndpoint(server.options(), {90s, 90s}).ask_token(credentials, stop).kind == Kind::stopped);
    CHECK(std::chrono::steady_clock::now() - begun < 60s);
    ending.join();
    stop.clear();
    server.always(TokenServer::slow(200ms));
    CHECK(TokenEndpoint(server.options(), times).ask_token(credentials, stop).kind == Kind::granted);
}

TEST_CASE("no form is sent without TLS that is trusted") {
    TokenServer server;
    WakeEvent const stop;
    auto options = server.options();
    options.ca_file.reset();
    auto const untrusted = TokenEndpoint(options, times).ask_token(credentials, stop);
    CHECK(untrusted.kind == Kind::unavailable);
    CHECK(untrusted.detail.starts_with("no trusted TLS with 127.0.0.1:"));
    options = server.options();
    options.ca_file = "/nowhere/ca.pem";
    CHECK(TokenEndpoint(options, times).ask_token(credentials, stop).kind == Kind::unavailable);
    options = server.options();
    options.token_url = "http" + options.token_url.substr(5);
    CHECK(TokenEndpoint(options, times).ask_token(credentials, stop).kind != Kind::granted);
    options.token_url = "https://127.0.0.1:" + std::to_string(free_port()) + "/token";
    auto const closed = TokenEndpoint(options, times).ask_token(credentials, stop);
    CHECK(closed.kind == Kind::unavailable);
    CHECK(closed.detail.starts_with("cannot reach 127.0.0.1:"));
    CHECK(server.count("/token") == 0);
}

TEST_CASE("RFC 8628 3.1: a device code is asked for, and granted when the person agreed") {
    TokenServer server;
    WakeEvent const stop;
    TokenEndpoint const endpoint(server.options(), times);
    auto const device = endpoint.ask_device_code(server.device_url(), stop);
    REQUIRE(device.kind == Kind::granted);
    CHECK(device.user_code == "WDJB-MJHT");
    CHECK(server.requests().at(0).form.at("client_id") == "postern");
    CHECK(server.requests().at(0).form.at("scope") == "mail");
    server.change([](auto& settings) { settings.device_states = {"authorization_pending", "slow_down", "granted"}; });
    TokenEndpoint::Form const poll{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                   {"device_code", device.device_code}};
    CHECK(endpoint.ask_token(poll, stop).error == "authorization_pending");
    CHECK(endpoint.ask_token(poll, stop).error == "slow_down");
    auto const granted = endpoint.ask_token(poll, stop);
    CHECK(granted.kind == Kind::granted);
    CHECK(server.is_live(granted.refresh_token));
    server.next_device(TokenServer::refusal("invalid_scope", "no device may " + device.device_code));
    CHECK(endpoint.ask_device_code(server.device_url(), stop).kind == Kind::refused);
}
