// TokenKeeper: the access tokens of one oauth2 = { … }: asks the endpoint in a thread of its own, for as many as want
// one, and renews the token before it ends. An ask that has begun is never cut off by who waits for it: its answer may
// hold a new refresh token, and with many providers the old one is void by then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "config/options.h"
#include "daemon/access_token_times.h"
#include "daemon/access_tokens.h"
#include "daemon/refresh_token_file.h"
#include "daemon/token_endpoint.h"
#include "daemon/token_plan.h"
#include "daemon/token_reports.h"
#include "daemon/wake_event.h"

namespace postern {

class TokenKeeper final : public AccessTokens {
  public:
    // The endpoint; see TokenEndpoint::ask_token. On the keeper's thread.
    using Ask = std::function<TokenAnswer(TokenEndpoint::Form form, WakeEvent const& stop)>;
    struct Setup {
        OAuth2Options options;
        std::filesystem::path folder;  // for exchanged refresh tokens
        Ask ask;
        RaiseAlarm raise_alarm;
        AccessTokenTimes times;
    };

    // Asks nothing until somebody wants a token.
    TokenKeeper(Setup setup, Log& log);
    // Waits AccessTokenTimes::grace, from request_stop() on, for an answer under way.
    ~TokenKeeper() override;
    TokenKeeper(TokenKeeper const&) = delete;
    TokenKeeper& operator=(TokenKeeper const&) = delete;

    [[nodiscard]] std::string token(WakeEvent const& stop) override;
    void refused_by_server(std::string const& token) override;
    void request_stop() override;

  private:
    using Time = TokenPlan::Time;

    // The thread's.
    void run();
    void step();
    void ask_endpoint();
    [[nodiscard]] TokenAnswer ask_by_client_credentials();
    [[nodiscard]] TokenAnswer ask_by_refresh_token();
    [[nodiscard]] TokenAnswer ask(TokenEndpoint::Form form);
    [[nodiscard]] RefreshToken refresh_token_of(RefreshTokenFile const& file, std::string const& configured);
    [[nodiscard]] TokenAnswer exchange(RefreshTokenFile const& file, std::string const& configured,
                                       RefreshToken const& used, std::optional<RefreshTokenFile::Lock>& lock);
    void write(RefreshTokenFile const& file, std::optional<RefreshTokenFile::Room>& room);
    void write_what_waits();
    void take(TokenAnswer const& answer);
    [[nodiscard]] bool has_token();
    [[nodiscard]] std::string digest_of_files() const;
    [[nodiscard]] bool files_changed();

    Setup const setup_;
    AccessTokenTimes const times_;
    Log& log_;
    TokenReports reports_;
    std::atomic<Time> grace_ends_{Time::max()};
    WakeEvent stop_, cut_off_, changed_;  // the end; of what is asked; for the thread

    std::mutex mutex_;
    TokenPlan plan_;                                                     // with mutex_
    std::string why_;                                                    // with mutex_: there is no token
    AccessTokenError::Kind kind_ = AccessTokenError::Kind::unavailable;  // with mutex_
    std::vector<WakeEvent*> waiting_;                                    // with mutex_
    bool over_ = false;                                                  // with mutex_: the thread has ended
    std::condition_variable ended_;

    // The thread's own.
    Time asked_{};            // the endpoint
    std::string asked_with_;  // digest of the files, then
    Time look_at_{};          // at them
    struct Unwritten {
        std::string configured;  // the token in whose place it stands
        RefreshToken token;
        RefreshTokenFile::Lock lock;
    };
    std::optional<Unwritten> unwritten_;
    Time write_at_{};
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> chance_{0.0, 1.0};
    std::thread thread_;  // the last one: it uses all the others
};

}  // namespace postern
