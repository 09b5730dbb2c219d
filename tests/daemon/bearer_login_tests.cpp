// Logins by an access token at servers of the test's own: what a refusal says, and that a token goes over no open line.
#include <catch2/catch.hpp>

#include "daemon/bearer_refusal.h"
#include "daemon/loopback.h"
#include "daemon/relay.h"
#include "parsers/base64.h"
#include "tests/daemon/scripted_relay.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

// Hands out its tokens one after the other, the next where one was refused.
class Tokens final : public AccessTokens {
  public:
    std::string token(WakeEvent const&) override {
        if (fails) throw AccessTokenError(AccessTokenError::Kind::refused, "no OAuth2 token from login.acme.example");
        return "token-" + std::to_string(refused + 1);
    }
    void refused_by_server(std::string const& token) override {
        CHECK(token == "token-" + std::to_string(refused + 1));
        ++refused;
    }
    void request_stop() override {}
    unsigned refused = 0;
    bool fails = false;
};

OutboxMail mail() {
    OutboxMail mail;
    mail.recipient = "ana@northwind.example";
    mail.octets = "Subject: Receipt\r\n\r\nThank you.\r\n";
    return mail;
}

RelayOptions options_of(ScriptedRelay const& relay) {
    RelayOptions options;
    options.url = relay.url();
    options.user = "support@acme.example";
    options.oauth2 = OAuth2Options{};
    return options;
}

std::unique_ptr<Relay> relay_of(RelayOptions const& options, std::shared_ptr<Tokens> const& tokens) {
    return make_relay(options, "support.acme.example", [] { return false; }, {}, {tokens, nullptr});
}

// As RFC 7628 4 shows it.
std::string const challenge = "334 " + encode_base64(R"({"status":"invalid_token","scope":"mail","evil":"a"})");

// What a relay says to EHLO, to the mechanism's name and to what follows it.
ScriptedRelay::Script asks_for(std::string mechanism, std::string answer) {
    return [=](std::string const& command) -> std::optional<std::string> {
        if (command.starts_with("EHLO")) return "250-mx\r\n250 AUTH " + mechanism;
        if (command == "AUTH " + mechanism) return "334 ";
        if (command == "AQ==") return "535 5.7.8 no";
        if (command.starts_with("MAIL") || command.starts_with("RCPT") || command.starts_with("DATA") ||
            command == "." || command == "CONNECT" || command.starts_with("QUIT"))
            return std::nullopt;
        return answer;
    };
}

}  // namespace

TEST_CASE("bearer login: a relay that takes the token, by either mechanism") {
    auto const [mechanism, said] = GENERATE(
        std::make_pair(std::string("XOAUTH2"), std::string("user=support@acme.example\1auth=Bearer token-1\1\1")),
        std::make_pair(std::string("OAUTHBEARER"), std::string("n,a=support@acme.example,\1host=127.0.0.1\1")));
    ScriptedRelay relay(asks_for(mechanism, "235 welcome"));
    auto const tokens = std::make_shared<Tokens>();
    auto const line = relay_of(options_of(relay), tokens);
    CHECK(line->send(mail()).kind == RelayResult::Kind::sent);
    CHECK(line->send(mail()).kind == RelayResult::Kind::sent);
    CHECK(relay.connections() == 1);  // that stays good after the token's end
    auto const wanted = encode_base64(said).substr(0, encode_base64(said).size() - 4);
    bool found = false;
    for (auto const& command : relay.commands()) found = found || command.starts_with(wanted);
    CHECK(found);
}

TEST_CASE("bearer login: a relay that refuses the token is down, no mail is to blame, and the token is exchanged") {
    auto const [mechanism, answer, words] = GENERATE(table<std::string, std::string, std::string>(
        {{"XOAUTH2", "535 5.7.8 no", "535 5.7.8 no"},
         {"XOAUTH2", challenge, "the OAuth2 token is refused: status invalid_token, scope mail"},
         {"OAUTHBEARER", "535 5.7.8 no", "535 5.7.8 no"},
         {"OAUTHBEARER", challenge, "status invalid_token, scope mail"}}));
    CAPTURE(mechanism, answer);
    ScriptedRelay relay(asks_for(mechanism, answer));
    auto const tokens = std::make_shared<Tokens>();
    auto const line = relay_of(options_of(relay), tokens);
    auto const result = line->send(mail());
    CHECK(result.kind == RelayResult::Kind::relay_down);
    CHECK_THAT(result.detail, Contains(words) && !Contains("token-1"));
    CHECK(tokens->refused == 1);
    CHECK(line->send(mail()).kind == RelayResult::Kind::relay_down);
    CHECK(tokens->refused == 2);
}

TEST_CASE("bearer login: what a relay says of itself is nothing against the token") {
    auto const answer = GENERATE("454 4.7.0 later", "421 4.3.2 closing", "500 5.5.2 what?");
    ScriptedRelay relay(asks_for("OAUTHBEARER", answer));
    auto const tokens = std::make_shared<Tokens>();
    CHECK(relay_of(options_of(relay), tokens)->send(mail()).kind == RelayResult::Kind::relay_down);
    CHECK(tokens->refused == 0);
}

TEST_CASE("bearer login: a relay that offers neither mechanism gets no token and no empty password") {
    ScriptedRelay relay(asks_for("PLAIN LOGIN", "235 welcome"));
    auto const tokens = std::make_shared<Tokens>();
    CHECK(relay_of(options_of(relay), tokens)->send(mail()).kind == RelayResult::Kind::relay_down);
    for (auto const& command : relay.commands()) CHECK_THAT(command, !Contains("AUTH"));
    CHECK(tokens->refused == 0);
}

TEST_CASE("bearer login: without a token the relay is not called") {
    ScriptedRelay relay;
    auto const tokens = std::make_shared<Tokens>();
    tokens->fails = true;
    auto const result = relay_of(options_of(relay), tokens)->send(mail());
    CHECK(result.kind == RelayResult::Kind::relay_down);
    CHECK(result.detail == "no OAuth2 token from login.acme.example");
    CHECK(relay.connections() == 0);
}

TEST_CASE("bearer login: what a server has against a token is one clean line, whatever it sends") {
    CHECK(bearer_refusal(encode_base64(R"({"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"})")) ==
          "status 400, scope https://mail.google.com/");
    CHECK(bearer_refusal(encode_base64("{\"status\":\"a\\r\\nb\\u001b[31m\\u00e4\"}")) == "status a??b?[31m??");
    CHECK(bearer_refusal(encode_base64(R"({"status":)" + std::string(500, '9') + "}")).size() < 200);
    CHECK(bearer_refusal(encode_base64(R"({"status":")" + std::string(1000, 'x') + "\"}")).size() < 200);
    CHECK(bearer_refusal(encode_base64(R"({"status":401})")) == "status 401");
    CHECK(bearer_refusal(encode_base64("{}")) == "no reason given");
    for (auto const* const none : {"", "VXNlcm5hbWU6", "not base64!", "W10=", "IjEi", "AQ=="})
        CHECK(bearer_refusal(none).empty());
    CHECK(bearer_refusal(std::string(5000, 'A')).empty());
    CHECK(bearer_refusal(encode_base64(std::string(2000, '['))).empty());
}

TEST_CASE("bearer login: which servers are this machine's") {
    for (auto const* const url : {"imap://127.0.0.1", "imap://127.0.0.1:143/", "smtp://127.8.9.10:25",
                                  "imap://localhost", "smtp://localhost:25/", "smtp://[::1]:25", "imap://[::1]"})
        CHECK(is_loopback_url(url));
    for (auto const* const url :
         {"imap://127.0.0.1.evil.example", "smtp://localhost.evil.example", "imap://imap.acme.example",
          "imap://128.0.0.1", "smtp://[::2]:25", "smtp://[::1", "imap://[::ffff:8.8.8.8]", "imap://", "", "127.1"})
        CHECK_FALSE(is_loopback_url(url));
}
