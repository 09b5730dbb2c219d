// Access tokens from an endpoint of the test's own: who asks when, what is kept where, what people are told.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "daemon/token_keeper.h"
#include "tests/support/captured_log.h"
#include "tests/support/daemon_process.h"
#include "tests/support/imap_rig.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Kind = TokenAnswer::Kind;
using Form = TokenEndpoint::Form;

TokenAnswer answer_of(Kind kind, std::string detail = {}, std::string error = {}) {
    TokenAnswer answer;
    answer.kind = kind;
    answer.detail = std::move(detail);
    answer.error = std::move(error);
    return answer;
}

TokenAnswer granted(std::string access, std::string refresh = {}, std::chrono::seconds life = 3600s) {
    auto answer = answer_of(Kind::granted);
    answer.access_token = std::move(access);
    answer.refresh_token = std::move(refresh);
    answer.expires_in = life;
    return answer;
}

TokenAnswer refused() {
    return answer_of(Kind::refused, "invalid_grant: it was revoked", "invalid_grant");
}

// Answers by the script, the last answer again and again.
class Endpoint {
  public:
    TokenAnswer answer(Form form, WakeEvent const& stop) {
        std::unique_lock lock(mutex_);
        forms_.push_back(std::move(form));
        auto now = script_.front();
        if (script_.size() > 1) script_.pop_front();
        auto const wait = slow_;
        lock.unlock();
        if (wait > 0ms) wait_for(std::chrono::steady_clock::now() + wait, &stop, nullptr);
        if (stop.raised()) return answer_of(Kind::stopped);
        return now;
    }
    void says(std::deque<TokenAnswer> script, std::chrono::milliseconds slow = 0ms) {
        std::lock_guard const lock(mutex_);
        script_ = std::move(script);
        slow_ = slow;
    }
    std::size_t asked() const {
        std::lock_guard const lock(mutex_);
        return forms_.size();
    }
    // The refresh tokens that it was asked with.
    std::vector<std::string> refresh_tokens() const {
        std::lock_guard const lock(mutex_);
        std::vector<std::string> all;
        for (auto const& form : forms_)
            for (auto const& [name, value] : form)
                if (name == "refresh_token") all.push_back(value);
        return all;
    }
    std::vector<Form> forms() const {
        std::lock_guard const lock(mutex_);
        return forms_;
    }

  private:
    mutable std::mutex mutex_;
    std::deque<TokenAnswer> script_;
    std::chrono::milliseconds slow_{0};
    std::vector<Form> forms_;
};

struct Rig {
    Rig() {
        write_file(seed(), "seed-1\n");
        options.token_url = "https://login.acme.example/token";
        options.client_id = "client-1";
        options.refresh_token = Secret{seed()};
        times.between_requests = 5ms;
        times.retry = {20ms, 100ms};
        times.look_at_files = 10ms;
        times.fresh = 0ms;
        times.write_again = 10ms;
        times.grace = 2s;
        times.answer = 20s;
    }
    std::filesystem::path seed() const { return folder.path() / "seed"; }
    std::filesystem::path tokens() const { return folder.path() / "oauth2"; }
    std::shared_ptr<TokenKeeper> keeper() {
        auto const ask = [this](Form form, WakeEvent const& end) { return endpoint.answer(std::move(form), end); };
        auto const raise = [this](std::string const& cause, std::string const& text) {
            std::lock_guard const lock(mutex);
            alarms.push_back(cause + "\n" + text);
        };
        return std::make_shared<TokenKeeper>(TokenKeeper::Setup{options, tokens(), ask, raise, times}, log);
    }
    std::vector<std::string> told() {
        std::lock_guard const lock(mutex);
        return alarms;
    }
    // The error's text; "": there is a token.
    std::string error_of(TokenKeeper& of) {
        try {
            static_cast<void>(of.token(stop));
            return {};
        } catch (AccessTokenError const& error) {
            return error.what();
        }
    }
    std::vector<std::filesystem::path> token_files() const {
        std::vector<std::filesystem::path> found;
        if (!std::filesystem::exists(tokens())) return found;
        for (auto const& entry : std::filesystem::directory_iterator(tokens()))
            if (entry.path().extension() != ".lock") found.push_back(entry.path());
        return found;
    }
    std::string status() const {
        std::string all;
        for (auto const& line : log.lasting()) all += line + "\n";
        return all;
    }

    TemporaryFolder folder;
    CapturedLog captured;
    Log log{LogOptions{LogOptions::Level::debug, LogOptions::Format::logfmt}};
    OAuth2Options options;
    AccessTokenTimes times;
    Endpoint endpoint;
    WakeEvent stop;
    std::mutex mutex;
    std::vector<std::string> alarms;
};

}  // namespace

TEST_CASE("tokens: client credentials are asked for once, and nothing is written") {
    Rig rig;
    rig.options.refresh_token.reset();
    rig.endpoint.says({granted("access-1")});
    auto const keeper = rig.keeper();
    CHECK(rig.endpoint.asked() == 0);
    CHECK(keeper->token(rig.stop) == "access-1");
    CHECK(keeper->token(rig.stop) == "access-1");
    REQUIRE(rig.endpoint.asked() == 1);
    CHECK(rig.endpoint.forms()[0] == Form{{"grant_type", "client_credentials"}});
    CHECK_FALSE(std::filesystem::exists(rig.tokens()));
}

TEST_CASE("tokens: many who ask at once are one request") {
    Rig rig;
    rig.endpoint.says({granted("access-1")}, 200ms);
    auto const keeper = rig.keeper();
    std::vector<std::thread> folders;
    std::atomic<int> got{0};
    for (int i = 0; i < 20; ++i) {
        folders.emplace_back([&] {
            WakeEvent const mine;
            if (keeper->token(mine) == "access-1") ++got;
        });
    }
    for (auto& each : folders) each.join();
    CHECK(got == 20);
    CHECK(rig.endpoint.asked() == 1);
    CHECK(rig.endpoint.forms()[0] == Form{{"grant_type", "refresh_token"}, {"refresh_token", "seed-1"}});
}

TEST_CASE("tokens: many who ask an endpoint that fails hear it at once, and make no request more") {
    Rig rig;
    rig.times.retry = {60s, 60s};
    rig.endpoint.says({answer_of(Kind::unavailable, "cannot reach login.acme.example")});
    auto const keeper = rig.keeper();
    for (int i = 0; i < 50; ++i) {
        CHECK(rig.error_of(*keeper) ==
              "no OAuth2 token from login.acme.example: cannot reach login.acme.example; it is tried again");
    }
    CHECK(rig.endpoint.asked() == 1);
    CHECK_THAT(rig.status(), Contains("oauth2 client-1 at login.acme.example (seed): no OAuth2 token"));
    CHECK(rig.log.lasting().size() == 1);
    CHECK(rig.told().empty());
}

TEST_CASE("tokens: who is told to stop does not wait, and the answer comes to the others") {
    Rig rig;
    rig.endpoint.says({granted("access-1", "refresh-2")}, 400ms);
    auto const keeper = rig.keeper();
    WakeEvent mine;
    std::thread folder([&] {
        try {
            static_cast<void>(keeper->token(mine));
            FAIL("a token for who was stopped");
        } catch (AccessTokenError const& error) {
            CHECK(error.kind() == AccessTokenError::Kind::stopped);
        }
    });
    REQUIRE(eventually([&] { return rig.endpoint.asked() == 1; }));
    mine.raise();
    folder.join();
    CHECK(keeper->token(rig.stop) == "access-1");
    CHECK(rig.endpoint.asked() == 1);
}

TEST_CASE("tokens: short lives are renewed by themselves, while the old token goes on") {
    Rig rig;
    rig.times.between_renewals = 10ms;
    rig.times.shortest_margin = 1ms;
    rig.endpoint.says({granted("access-1", {}, 1s), granted("access-2", {}, 3600s)});
    auto const keeper = rig.keeper();
    CHECK(keeper->token(rig.stop) == "access-1");
    CHECK(eventually([&] { return keeper->token(rig.stop) == "access-2"; }));
    CHECK(rig.endpoint.asked() == 2);
}

TEST_CASE("tokens: a renewal before the end that fails takes nothing away") {
    Rig rig;
    rig.times.between_renewals = 10ms;
    rig.endpoint.says({granted("access-1", {}, 60s), answer_of(Kind::nonsense, "HTML"), answer_of(Kind::unavailable),
                       granted("access-2")});
    rig.times.longest_life = 600ms;
    rig.times.shortest_margin = 590ms;
    auto const keeper = rig.keeper();
    std::string last;
    CHECK(eventually([&] { return (last = keeper->token(rig.stop)) == "access-2"; }));  // it never throws
    CHECK(rig.endpoint.asked() == 4);
    CHECK(eventually([&] { return rig.log.lasting().empty(); }));
    CHECK_THAT(rig.captured.text(), Contains("no OAuth2 token from login.acme.example: HTML; look at token_url"));
    CHECK_THAT(rig.captured.text(), Contains("event=trouble-over"));
}

TEST_CASE("tokens: an exchanged refresh token is kept for owner and next start, and used from then on") {
    Rig rig;
    rig.endpoint.says({granted("access-1", "refresh-2")});
    CHECK(rig.keeper()->token(rig.stop) == "access-1");
    REQUIRE(rig.token_files().size() == 1);
    struct stat of {};
    REQUIRE(stat(rig.token_files()[0].c_str(), &of) == 0);
    CHECK((of.st_mode & 0777) == 0600);
    REQUIRE(stat(rig.tokens().c_str(), &of) == 0);
    CHECK((of.st_mode & 0777) == 0700);
    rig.endpoint.says({granted("access-2", "refresh-3")});
    CHECK(rig.keeper()->token(rig.stop) == "access-2");
    rig.endpoint.says({granted("access-3")});  // the same goes on
    CHECK(rig.keeper()->token(rig.stop) == "access-3");
    CHECK(rig.keeper()->token(rig.stop) == "access-3");
    CHECK(rig.endpoint.refresh_tokens() == std::vector<std::string>{"seed-1", "refresh-2", "refresh-3", "refresh-3"});
    CHECK(rig.token_files().size() == 1);
}

TEST_CASE("tokens: a changed seed file wins, at once where the old token was refused") {
    Rig rig;
    rig.endpoint.says({granted("access-1", "refresh-2"), refused()});
    auto const keeper = rig.keeper();
    CHECK(keeper->token(rig.stop) == "access-1");
    keeper->refused_by_server("access-1");
    CHECK(rig.error_of(*keeper) ==
          "no OAuth2 token from login.acme.example: invalid_grant: it was revoked; run "
          "`postern oauth2 login`");
    std::this_thread::sleep_for(100ms);
    CHECK(rig.endpoint.asked() == 2);  // and no more
    rig.endpoint.says({granted("access-9", "refresh-9")});
    write_file(rig.seed(), "seed-9\n");
    REQUIRE(eventually([&] { return rig.error_of(*keeper).empty(); }));
    CHECK(rig.endpoint.refresh_tokens() == std::vector<std::string>{"seed-1", "refresh-2", "seed-9"});
    CHECK(eventually([&] { return rig.log.lasting().empty(); }));
    // What was exchanged for the seed before is no use to anybody.
    REQUIRE(rig.token_files().size() == 1);
    CHECK_THAT(read_file(rig.token_files()[0]), Contains("refresh-9"));
    REQUIRE(rig.told().size() == 1);
    CHECK_THAT(rig.told()[0], Contains("no OAuth2 token: client-1 at login.acme.example (seed)\n"));
    CHECK_THAT(rig.told()[0], Contains("run `postern oauth2 login`"));
}

TEST_CASE("tokens: a changed client secret is tried at once, a file that is touched is not") {
    Rig rig;
    write_file(rig.folder.path() / "secret", "one");
    rig.options.client_secret = Secret{rig.folder.path() / "secret"};
    rig.endpoint.says({answer_of(Kind::refused, "invalid_client", "invalid_client"), granted("access-1")});
    auto const keeper = rig.keeper();
    CHECK_THAT(rig.error_of(*keeper), Contains("look at client_id and client_secret_file"));
    write_file(rig.folder.path() / "secret", "one");
    std::this_thread::sleep_for(100ms);
    CHECK(rig.endpoint.asked() == 1);
    write_file(rig.folder.path() / "secret", "two");
    REQUIRE(eventually([&] { return rig.error_of(*keeper).empty(); }));
    CHECK(rig.endpoint.asked() == 2);
}

TEST_CASE("tokens: a seed file that is missing or empty is said, and nobody is asked with nothing") {
    Rig rig;
    rig.endpoint.says({granted("access-1")});
    std::filesystem::remove(rig.seed());
    auto const keeper = rig.keeper();
    CHECK_THAT(rig.error_of(*keeper), Contains("seed cannot be read; run `postern oauth2 login`"));
    write_file(rig.seed(), "\n");
    REQUIRE(eventually([&] { return rig.error_of(*keeper).find("holds no refresh token") != std::string::npos; }));
    write_file(rig.seed(), "two\nlines");
    std::this_thread::sleep_for(50ms);
    CHECK_THAT(rig.error_of(*keeper), Contains("holds no refresh token"));
    CHECK(rig.endpoint.asked() == 0);
    write_file(rig.seed(), "good\n");
    CHECK(eventually([&] { return rig.error_of(*keeper).empty(); }));
}

TEST_CASE("tokens: a token that a server refuses is fetched anew once, and not while it is fresh") {
    Rig rig;
    rig.times.fresh = 100ms;
    rig.endpoint.says({granted("access-1"), granted("access-2")});
    auto const keeper = rig.keeper();
    CHECK(keeper->token(rig.stop) == "access-1");
    keeper->refused_by_server("access-1");
    CHECK(keeper->token(rig.stop) == "access-1");
    std::this_thread::sleep_for(150ms);
    keeper->refused_by_server("access-1");
    keeper->refused_by_server("access-1");
    CHECK(keeper->token(rig.stop) == "access-2");
    keeper->refused_by_server("access-1");
    CHECK(keeper->token(rig.stop) == "access-2");
    CHECK(rig.endpoint.asked() == 2);
}

TEST_CASE("tokens: a disk that is full at the exchange costs no token") {
    Rig rig;
    rig.endpoint.says({granted("access-1", "refresh-2")});
    auto const keeper = rig.keeper();
    // No file may grow: as a disk without room, for this process alone.
    rlimit was{};
    getrlimit(RLIMIT_FSIZE, &was);
    std::filesystem::create_directories(rig.tokens());
    rlimit const none{0, was.rlim_max};
    auto const ignored = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    auto const token = keeper->token(rig.stop);
    auto const status = rig.status();
    auto const files = rig.token_files();
    setrlimit(RLIMIT_FSIZE, &was);
    std::signal(SIGXFSZ, ignored);
    CHECK(token == "access-1");
    CHECK_THAT(status, Contains("the new refresh token cannot be written, and is known to this process alone"));
    CHECK(files.empty());
    REQUIRE(eventually([&] { return !rig.token_files().empty() && rig.log.lasting().empty(); }));
    CHECK_THAT(read_file(rig.token_files()[0]), Contains("refresh-2"));
}

TEST_CASE("tokens: while a token is in hand, nothing is exchanged without a place for the new one") {
    Rig rig;
    rig.times.between_renewals = 10ms;
    rig.times.shortest_margin = rig.times.longest_margin = 1h;
    rig.times.longest_life = 1500ms;
    rig.endpoint.says({granted("access-1"), granted("access-2", "refresh-2")});
    std::filesystem::create_directories(rig.tokens());
    auto const keeper = rig.keeper();
    CHECK(keeper->token(rig.stop) == "access-1");
    auto const path = RefreshTokenFile(rig.tokens(), rig.options, "seed-1").path();
    std::filesystem::create_directories(std::filesystem::path(path).replace_extension(".new"));  // in its place
    REQUIRE(eventually([&] { return rig.status().find("no place for a new refresh token") != std::string::npos; }));
    CHECK(rig.endpoint.asked() == 1);
    CHECK(keeper->token(rig.stop) == "access-1");
    std::filesystem::remove(std::filesystem::path(path).replace_extension(".new"));
    CHECK(eventually([&] { return rig.endpoint.asked() == 2; }));
}

TEST_CASE("tokens: two processes never use the same refresh token at the same time") {
    Rig rig;
    rig.times.lock = 100ms;
    rig.endpoint.says({granted("access-1", "refresh-2")});
    std::filesystem::create_directories(rig.tokens());
    RefreshTokenFile const file(rig.tokens(), rig.options, "seed-1");
    {
        WakeEvent const never;
        auto const held = file.lock(1s, never);
        REQUIRE(held);
        auto const keeper = rig.keeper();
        CHECK_THAT(rig.error_of(*keeper), Contains("another process has been using the refresh token for too long"));
        CHECK(rig.endpoint.asked() == 0);
    }
    // Two keepers, as two processes: the second finds what the first got.
    rig.times.lock = 10s;
    rig.endpoint.says({granted("access-1", "refresh-2"), granted("access-2", "refresh-3")}, 100ms);
    auto const one = rig.keeper(), two = rig.keeper();
    std::thread first([&] { CHECK(rig.error_of(*one).empty()); });
    CHECK(rig.error_of(*two).empty());
    first.join();
    CHECK(rig.endpoint.refresh_tokens() == std::vector<std::string>{"seed-1", "refresh-2"});
}

TEST_CASE("tokens: the end waits for an answer that may hold a new refresh token, but not for ever") {
    Rig rig;
    rig.endpoint.says({granted("access-1", "refresh-2")}, 300ms);
    {
        auto const keeper = rig.keeper();
        WakeEvent mine;
        std::thread folder([&] { CHECK_THROWS_AS(keeper->token(mine), AccessTokenError); });
        REQUIRE(eventually([&] { return rig.endpoint.asked() == 1; }));
        mine.raise();
        folder.join();
    }
    REQUIRE(rig.token_files().size() == 1);
    CHECK_THAT(read_file(rig.token_files()[0]), Contains("refresh-2"));
    rig.times.grace = 100ms;
    rig.endpoint.says({granted("access-1", "refresh-3")}, 60s);
    auto const begin = std::chrono::steady_clock::now();
    {
        auto const keeper = rig.keeper();
        std::thread folder([&] { CHECK_THROWS_AS(keeper->token(rig.stop), AccessTokenError); });
        REQUIRE(eventually([&] { return rig.endpoint.asked() == 2; }));
        keeper->request_stop();
        folder.join();
    }
    CHECK(std::chrono::steady_clock::now() - begin < 30s);
}

TEST_CASE("tokens: an outage is told to the postmaster once no token is left, once") {
    Rig rig;
    rig.times.outage = 50ms;
    rig.endpoint.says({answer_of(Kind::unavailable, "503")});
    auto const keeper = rig.keeper();
    REQUIRE(eventually([&] {
        static_cast<void>(rig.error_of(*keeper));
        return !rig.told().empty();
    }));
    CHECK_THAT(rig.told()[0], Contains("The last token has ended"));
    auto const asked = rig.endpoint.asked();
    REQUIRE(eventually([&] { return rig.endpoint.asked() > asked + 3; }));
    CHECK(rig.told().size() == 1);
    rig.endpoint.says({granted("access-1")});
    CHECK(eventually([&] { return rig.error_of(*keeper).empty() && rig.log.lasting().empty(); }));
}

TEST_CASE("tokens: a refresh token's end is told where renewing does not put it off") {
    Rig rig;
    rig.times.between_renewals = 5ms;
    rig.times.longest_life = 20ms;
    rig.times.shortest_life = 20ms;
    auto const ending = [](std::string refresh, std::chrono::seconds in) {
        auto answer = granted("access", std::move(refresh));
        answer.refresh_expires_in = in;
        return answer;
    };
    SECTION("it slides with each renewal: nobody's business") {
        std::deque<TokenAnswer> sliding;
        for (int i = 0; i < 500; ++i) sliding.push_back(ending("r" + std::to_string(i), 1800s + i * 200s));
        rig.endpoint.says(sliding);
        auto const keeper = rig.keeper();
        static_cast<void>(keeper->token(rig.stop));
        REQUIRE(eventually([&] { return rig.endpoint.asked() >= 4; }));
        CHECK(rig.told().empty());
        CHECK(rig.log.lasting().empty());
    }
    SECTION("it stays, within a week") {
        rig.endpoint.says({ending("", 6 * 24h)});
        auto const keeper = rig.keeper();
        static_cast<void>(keeper->token(rig.stop));
        REQUIRE(eventually([&] { return rig.endpoint.asked() > 5; }));
        REQUIRE(rig.told().size() == 1);
        CHECK_THAT(rig.told()[0], Contains("the OAuth2 refresh token ends soon: client-1 at login.acme.example"));
        CHECK_THAT(rig.status(), Contains("run `postern oauth2 login` before"));
        rig.endpoint.says({ending("", 80 * 24h)});
        CHECK(eventually([&] { return rig.log.lasting().empty(); }));
    }
    SECTION("it stays, far away") {
        rig.endpoint.says({ending("", 30 * 24h)});
        auto const keeper = rig.keeper();
        static_cast<void>(keeper->token(rig.stop));
        REQUIRE(eventually([&] { return rig.endpoint.asked() > 5; }));
        CHECK(rig.told().empty());
    }
}

TEST_CASE("tokens: clocks that differ are told, by how much and which to look at") {
    Rig rig;
    auto answer = granted("access-1");
    answer.clock_ahead = -312s;
    rig.endpoint.says({answer});
    auto const keeper = rig.keeper();
    static_cast<void>(keeper->token(rig.stop));
    REQUIRE(eventually([&] { return !rig.told().empty(); }));
    CHECK_THAT(rig.status(), Contains("the clock of login.acme.example is 312 s behind this machine's: look at this "
                                      "machine's first (timedatectl)"));
    answer.access_token = "access-2";
    answer.clock_ahead = 59s;
    rig.endpoint.says({answer});
    keeper->refused_by_server("access-1");
    CHECK(keeper->token(rig.stop) == "access-2");
    CHECK(eventually([&] { return rig.log.lasting().empty(); }));
    CHECK(rig.told().size() == 1);
}

TEST_CASE("tokens: what is no token is nonsense, in an answer and in the file of an exchanged one") {
    Rig rig;
    rig.endpoint.says({granted("access\r\nA2 LOGOUT"), granted("access-1", "refresh\n2"), granted("access-1", "r-2")});
    auto const keeper = rig.keeper();
    CHECK_THAT(rig.error_of(*keeper), Contains("holds what no token may hold"));
    CHECK(eventually([&] { return rig.error_of(*keeper).empty(); }));
    CHECK(rig.token_files().empty());
    keeper->refused_by_server("access-1");
    CHECK(keeper->token(rig.stop) == "access-1");
    REQUIRE(rig.token_files().size() == 1);
    write_file(rig.token_files()[0], "{\"refresh_token\":");
    CHECK(rig.keeper()->token(rig.stop) == "access-1");
    CHECK(rig.captured.count("oauth2-file-damaged") == 1);
    CHECK(rig.endpoint.refresh_tokens().back() == "seed-1");
}

TEST_CASE("tokens: no log line, status or alarm of all that holds a token") {
    Rig rig;
    rig.times.outage = 0ms;
    rig.endpoint.says({granted("access-SECRET", "refresh-SECRET", 1s), answer_of(Kind::unavailable, "503"), refused()});
    write_file(rig.seed(), "seed-SECRET");
    auto const keeper = rig.keeper();
    CHECK(keeper->token(rig.stop) == "access-SECRET");
    keeper->refused_by_server("access-SECRET");
    std::string errors;
    REQUIRE(eventually([&] {
        errors += rig.error_of(*keeper);
        return rig.endpoint.asked() == 3 && rig.told().size() == 2;
    }));
    auto const everything = rig.captured.text() + rig.status() + errors + rig.told()[0] + rig.told()[1];
    CHECK_THAT(everything, Contains("invalid_grant"));
    CHECK_THAT(everything, !Contains("SECRET"));
}

TEST_CASE("tokens: a refresh token file is of its endpoint, client and seed") {
    Rig rig;
    auto const path = [&](std::string_view seed) { return RefreshTokenFile(rig.tokens(), rig.options, seed).path(); };
    auto const first = path("seed-1");
    CHECK(path("seed-2") != first);
    rig.options.scope = "other";  // one refresh token is used for several
    rig.options.refresh_token = Secret{"/run/credentials/posternd/seed"};
    CHECK(path("seed-1") == first);
    rig.options.client_id = "client-2";
    CHECK(path("seed-1") != first);
    CHECK_THAT(first.filename().string(), !Contains("seed"));
}

TEST_CASE("tokens: what was written and not yet renamed at a crash is found, what is not whole is no token") {
    Rig rig;
    std::filesystem::create_directories(rig.tokens());
    RefreshTokenFile const file(rig.tokens(), rig.options, "seed-1");
    RefreshTokenFile::Room(file).put({"refresh-2", {}});
    auto const unfinished = std::filesystem::path(file.path()).replace_extension(".new");
    CHECK_FALSE(std::filesystem::exists(unfinished));
    for (auto const* const torn : {"", "{\"refresh_token\":\"refresh-3", "{}"}) {
        write_file(unfinished, torn);
        CHECK(file.read()->token == "refresh-2");
    }
    write_file(unfinished, std::string(16'384, '\0'));
    CHECK(file.read()->token == "refresh-2");
    write_file(unfinished, "{\"refresh_token\":\"refresh-3\",\"ends_ms\":null}\n");
    CHECK(file.read()->token == "refresh-3");
    CHECK_FALSE(std::filesystem::exists(unfinished));
    CHECK(file.read()->token == "refresh-3");
}
