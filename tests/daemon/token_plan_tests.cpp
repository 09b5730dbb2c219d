// When the token endpoint is asked, and which token is used until then: on a clock of the test's own.
#include <catch2/catch.hpp>
#include <limits>

#include "daemon/token_plan.h"

using namespace postern;
using namespace std::chrono_literals;

namespace {

using Time = TokenPlan::Time;
constexpr Time start{1000h};

TokenAnswer grant(std::string token, std::optional<std::chrono::seconds> life,
                  std::optional<std::chrono::seconds> refresh_life = {}) {
    TokenAnswer answer;
    answer.kind = TokenAnswer::Kind::granted;
    answer.access_token = std::move(token);
    answer.expires_in = life;
    answer.refresh_expires_in = refresh_life;
    return answer;
}

TokenAnswer failure(TokenAnswer::Kind kind, std::optional<std::chrono::seconds> retry_after = {}) {
    TokenAnswer answer;
    answer.kind = kind;
    answer.retry_after = retry_after;
    return answer;
}

TokenPlan granted(std::optional<std::chrono::seconds> life) {
    TokenPlan plan{AccessTokenTimes{}};
    plan.granted(grant("a", life), start);
    return plan;
}

}  // namespace

TEST_CASE("token plan: nothing is asked before somebody wants a token, and then at once") {
    TokenPlan const plan{AccessTokenTimes{}};
    CHECK_FALSE(plan.token(start));
    CHECK(plan.ask_at(false) == Time::max());
    CHECK(plan.ask_at(true) <= start);
}

TEST_CASE("token plan: a token is renewed a tenth of its life before its end, one minute to five") {
    struct Case {
        std::chrono::seconds life, renewed_after;
    };
    for (auto const& [life, renewed_after] :
         {Case{3600s, 3300s}, Case{1200s, 1080s}, Case{300s, 240s}, Case{100s, 50s}, Case{24h, 24h - 5min}}) {
        auto const plan = granted(life);
        CAPTURE(life.count());
        CHECK(plan.token(start) == "a");
        CHECK(plan.ask_at(false) == start + renewed_after);
        CHECK(plan.token(start + renewed_after) == "a");
        CHECK_FALSE(plan.token(start + life));
    }
}

TEST_CASE("token plan: any expires_in gives a life that is neither none nor without end") {
    struct Case {
        std::optional<std::chrono::seconds> told;
        std::chrono::milliseconds least, most;
    };
    for (auto const& [told, least, most] :
         {Case{0s, 500ms, 1s}, Case{-1s, 500ms, 1s}, Case{std::chrono::seconds::min(), 500ms, 1s}, Case{1s, 500ms, 1s},
          Case{std::nullopt, 25min, 30min}, Case{365 * 24h, 23h, 24h}, Case{std::chrono::seconds::max(), 23h, 24h}}) {
        auto const plan = granted(told);
        CAPTURE(told.value_or(0s).count());
        CHECK(plan.token(start + least) == "a");
        CHECK_FALSE(plan.token(start + most));
        // Whoever waits and whoever does not: no more than one request a second, one in half a minute.
        CHECK(plan.ask_at(true) == start + 1s);
        CHECK(plan.ask_at(false) >= start + 30s);
        CHECK(plan.ask_at(false) < start + 24h);
    }
}

TEST_CASE("token plan: a refresh token that ends first is used before") {
    TokenPlan plan{AccessTokenTimes{}};
    plan.granted(grant("a", 3600s, 1800s), start);
    CHECK(plan.ask_at(false) == start + 900s);
    plan.granted(grant("b", 3600s, 0s), start);  // some say 0 of one without end
    CHECK(plan.ask_at(false) == start + 3300s);
}

TEST_CASE("token plan: while a renewal fails the old token goes on, and the endpoint is asked ever more rarely") {
    auto plan = granted(3600s);
    auto now = plan.ask_at(false);
    auto before = 0ms;
    unsigned asked = 0;
    for (; now < start + 2h; now = plan.ask_at(true), ++asked) {
        plan.failed(failure(asked % 2 ? TokenAnswer::Kind::nonsense : TokenAnswer::Kind::unavailable), now, 0.5);
        CHECK(plan.token(now).has_value() == (now < start + 3595s));
        auto const wait = plan.ask_at(true) - now;
        CHECK(plan.ask_at(false) == plan.ask_at(true));  // as often, however many wait
        CHECK(wait >= before);
        CHECK(wait <= 5min);
        before = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
    }
    CHECK(asked < 25);
    CHECK(plan.failing_since() == start + 3300s);
    plan.granted(grant("b", 3600s), now);
    CHECK(plan.token(now) == "b");
    CHECK_FALSE(plan.failing_since());
    plan.failed(failure(TokenAnswer::Kind::unavailable), now, 0.5);
    CHECK(plan.ask_at(true) == now + 1s);
}

TEST_CASE("token plan: Retry-After is kept to, within an hour") {
    auto plan = granted(60s);
    plan.failed(failure(TokenAnswer::Kind::unavailable, 120s), start, 0.5);
    CHECK(plan.ask_at(true) == start + 120s);
    plan.failed(failure(TokenAnswer::Kind::unavailable, std::chrono::seconds::max()), start, 0.5);
    CHECK(plan.ask_at(true) == start + 1h);
    plan.failed(failure(TokenAnswer::Kind::unavailable, -5s), start, 0.5);
    CHECK(plan.ask_at(true) == start + 4s);
}

TEST_CASE("token plan: after a refusal the endpoint is asked every quarter of an hour, and at once when mended") {
    auto plan = granted(60s);
    plan.failed(failure(TokenAnswer::Kind::refused), start + 60s, 0.5);
    CHECK(plan.ask_at(true) == start + 60s + 15min);
    CHECK(plan.last() == TokenAnswer::Kind::refused);
    plan.ask_at_once();
    CHECK(plan.ask_at(true) <= start + 60s);
}

TEST_CASE("token plan: a token that a server refused is exchanged once, and not while it is fresh") {
    auto plan = granted(3600s);
    CHECK_FALSE(plan.refused_by_server("a", start + 1min));
    CHECK(plan.token(start + 1min) == "a");
    CHECK_FALSE(plan.refused_by_server("another", start + 10min));
    CHECK(plan.refused_by_server("a", start + 10min));
    CHECK_FALSE(plan.token(start + 10min));
    CHECK(plan.ask_at(true) <= start + 10min);
    CHECK_FALSE(plan.refused_by_server("a", start + 10min));  // the second folder's word
    plan.granted(grant("b", 3600s), start + 10min);
    CHECK_FALSE(plan.refused_by_server("b", start + 10min));
    CHECK_FALSE(plan.refused_by_server("a", start + 20min));  // of the one before
    CHECK(plan.token(start + 20min) == "b");
}
