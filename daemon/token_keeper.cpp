#include "daemon/token_keeper.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

#include "config/load.h"
#include "daemon/fault_point.h"
#include "daemon/imap_connection.h"
#include "parsers/digest.h"

namespace postern {

namespace {

using std::chrono::steady_clock;
using Kind = TokenAnswer::Kind;

// A provider that tells the end of a refresh token to the second moves it by its roundings. Of more the file is told.
constexpr std::chrono::hours same_end{1};
// Of a refresh token; what is later is no date that anybody waits for.
constexpr std::chrono::seconds longest_known_end = std::chrono::days{3650};

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// RFC 6749 A.12, A.17: 1*VSCHAR. Anything else could write fields of its own into a login.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

TokenAnswer failure(Kind kind, std::string detail) {
    TokenAnswer answer;
    answer.kind = kind;
    answer.detail = std::move(detail);
    return answer;
}

bool moved(std::optional<TimePoint> const& before, std::optional<TimePoint> const& now) {
    if (!before || !now) return before != now;
    return std::chrono::abs(*now - *before) > same_end;
}

}  // namespace

TokenKeeper::TokenKeeper(Setup setup, Log& log)
    : setup_(std::move(setup)),
      times_(setup_.times),
      log_(log),
      reports_(setup_.options, times_, log, setup_.raise_alarm),
      plan_(times_),
      thread_([this] { run(); }) {}

TokenKeeper::~TokenKeeper() {
    request_stop();
    {
        std::unique_lock lock(mutex_);
        ended_.wait_until(lock, grace_ends_.load(), [this] { return over_; });
    }
    cut_off_.raise();
    thread_.join();
}

void TokenKeeper::request_stop() {
    auto none = Time::max();
    grace_ends_.compare_exchange_strong(none, steady_clock::now() + times_.grace);
    stop_.raise();
    // No token is void for want of an answer to these.
    if (!setup_.options.refresh_token) cut_off_.raise();
    std::lock_guard const lock(mutex_);
    for (auto* const each : waiting_) each->raise();
    waiting_.clear();
}

// ---- who asks ---------------------------------------------------------------------------------------------------

std::string TokenKeeper::token(WakeEvent const& stop) {
    auto const until = steady_clock::now() + times_.answer;
    std::unique_lock lock(mutex_);
    for (;;) {
        auto const now = steady_clock::now();
        if (auto found = plan_.token(now)) return std::move(*found);
        if (plan_.failing_since() && now < plan_.ask_at(true)) throw AccessTokenError(kind_, why_);
        if (stop.raised() || stop_.raised()) throw AccessTokenError(AccessTokenError::Kind::stopped, "stopped");
        if (now >= until) {
            throw AccessTokenError(AccessTokenError::Kind::unavailable,
                                   "no OAuth2 token: the token endpoint has not answered yet");
        }
        WakeEvent answered;
        waiting_.push_back(&answered);
        changed_.raise();
        lock.unlock();
        wait_for(until, &answered, &stop);
        lock.lock();
        std::erase(waiting_, &answered);
    }
}

void TokenKeeper::refused_by_server(std::string const& token) {
    std::lock_guard const lock(mutex_);
    if (!plan_.refused_by_server(token, steady_clock::now())) return;
    log_.debug("oauth2-token-refused", {{"client", setup_.options.client_id}});
    changed_.raise();
}

// ---- the thread -------------------------------------------------------------------------------------------------

void TokenKeeper::run() {
    // Signals are the main thread's.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (!stop_.raised()) {
        try {
            step();
        } catch (std::exception const& broken) {
            take(failure(Kind::unavailable, broken.what()));
        }
    }
    if (unwritten_) write_what_waits();
    if (unwritten_) reports_.lost();
    std::lock_guard const lock(mutex_);
    over_ = true;
    ended_.notify_all();
}

void TokenKeeper::step() {
    changed_.clear();
    auto const now = steady_clock::now();
    if (unwritten_ && now >= write_at_) write_what_waits();
    bool is_failing = false;
    {
        std::lock_guard const lock(mutex_);
        is_failing = plan_.failing_since().has_value();
    }
    bool const mended = is_failing && now >= look_at_ && files_changed();
    Time at;
    {
        std::lock_guard const lock(mutex_);
        if (mended) plan_.ask_at_once();
        at = plan_.ask_at(!waiting_.empty());
    }
    if (now >= at) return ask_endpoint();
    if (unwritten_) at = std::min(at, write_at_);
    wait_for(is_failing ? std::min(at, look_at_) : at, &stop_, &changed_);
}

void TokenKeeper::ask_endpoint() {
    asked_with_ = digest_of_files();
    look_at_ = steady_clock::now() + times_.look_at_files;
    auto answer = setup_.options.refresh_token ? ask_by_refresh_token() : ask_by_client_credentials();
    if (answer.kind == Kind::granted && !is_token(answer.access_token)) {
        answer.kind = Kind::nonsense;
        answer.detail = "the access token holds what no token may hold";
    }
    take(answer);
}

TokenAnswer TokenKeeper::ask(TokenEndpoint::Form form) {
    asked_ = steady_clock::now();
    auto answer = setup_.ask(std::move(form), cut_off_);
    if (answer.kind == Kind::pending) answer.kind = Kind::nonsense;  // of the device flow alone
    return answer;
}

TokenAnswer TokenKeeper::ask_by_client_credentials() {
    return ask({{"grant_type", "client_credentials"}});
}

TokenAnswer TokenKeeper::ask_by_refresh_token() {
    auto const& configured_file = *setup_.options.refresh_token;
    auto const configured = read_secret(configured_file);
    auto const name = "refresh_token_file " + configured_file.file.string();
    if (!configured) return failure(Kind::refused, name + " cannot be read");
    if (!is_token(*configured)) return failure(Kind::refused, name + " holds no refresh token");
    if (unwritten_ && unwritten_->configured != *configured) unwritten_.reset();
    RefreshTokenFile const file(setup_.folder, setup_.options, *configured);
    if (unwritten_) {
        std::optional<RefreshTokenFile::Lock> held;  // it holds it
        return exchange(file, *configured, RefreshToken(unwritten_->token), held);
    }
    auto lock = file.lock(times_.lock, stop_);
    if (!lock && stop_.raised()) return failure(Kind::stopped, "stopped");
    if (!lock) return failure(Kind::unavailable, "another process has been using the refresh token for too long");
    return exchange(file, *configured, refresh_token_of(file, *configured), lock);
}

RefreshToken TokenKeeper::refresh_token_of(RefreshTokenFile const& file, std::string const& configured) {
    try {
        if (auto kept = file.read(); kept && is_token(kept->token)) return std::move(*kept);
    } catch (RefreshTokenFileError const& damaged) {
        reports_.damaged(damaged.what());
    }
    return {configured, {}};
}

// From the provider's decision on until the new token is on our disk a power cut loses the login, with providers that
// make the old token void at once. So all that can be done before is done before the request: the lock, the file's
// place on the disk. What is left is a write, two syncs and a rename, before anybody may use the access token.
TokenAnswer TokenKeeper::exchange(RefreshTokenFile const& file, std::string const& configured, RefreshToken const& used,
                                  std::optional<RefreshTokenFile::Lock>& lock) {
    std::optional<RefreshTokenFile::Room> room;
    try {
        room.emplace(file);
    } catch (std::system_error const& full) {
        // With a token in hand there is time to make room. Without one mail is worth more.
        if (has_token())
            return failure(Kind::unavailable, "no place for a new refresh token: " + one_line(full.what()));
    }
    auto answer = ask({{"grant_type", "refresh_token"}, {"refresh_token", used.token}});
    RefreshToken fresh = used;
    if (answer.kind == Kind::granted) {
        fault_point("tokens.answered");
        auto const now = clock_now();
        bool const exchanged = is_token(answer.refresh_token) && answer.refresh_token != used.token;
        if (exchanged) fresh = {answer.refresh_token, {}};
        if (answer.refresh_expires_in && answer.refresh_expires_in->count() > 0)
            fresh.ends = now + std::min(*answer.refresh_expires_in, longest_known_end);
        reports_.refresh_token_ends(fresh.ends, used.ends, now);
    }
    bool const is_news = fresh.token != used.token || moved(used.ends, fresh.ends);
    if (unwritten_) {
        unwritten_->token = std::move(fresh);
    } else if (is_news) {
        unwritten_.emplace(Unwritten{configured, std::move(fresh), std::move(*lock)});
    }
    if (unwritten_) write(file, room);
    return answer;
}

// Until it succeeds the lock is held: another process would use the old token.
void TokenKeeper::write(RefreshTokenFile const& file, std::optional<RefreshTokenFile::Room>& room) try {
    write_at_ = steady_clock::now() + times_.write_again;
    if (!room) room.emplace(file);
    room->put(unwritten_->token);
    fault_point("tokens.kept");
    unwritten_.reset();
    reports_.written();
} catch (std::system_error const& full) {
    reports_.not_written(full.what());
}

void TokenKeeper::write_what_waits() {
    std::optional<RefreshTokenFile::Room> room;
    RefreshTokenFile const file(setup_.folder, setup_.options, unwritten_->configured);
    write(file, room);
}

void TokenKeeper::take(TokenAnswer const& answer) {
    bool is_outage = false;
    {
        std::lock_guard const lock(mutex_);
        auto const now = steady_clock::now();
        if (answer.kind == Kind::granted) {
            plan_.granted(answer, asked_);
        } else if (answer.kind != Kind::stopped) {
            plan_.failed(answer, now, chance_(random_));
            why_ = reports_.why(answer);
            kind_ =
                answer.kind == Kind::refused ? AccessTokenError::Kind::refused : AccessTokenError::Kind::unavailable;
            is_outage = !plan_.token(now) && now - *plan_.failing_since() >= times_.outage;
        }
        for (auto* const each : waiting_) each->raise();
        waiting_.clear();  // who wants another one comes again
    }
    reports_.clock_is(answer.clock_ahead);
    if (answer.kind == Kind::granted) {
        reports_.granted();
    } else if (answer.kind != Kind::stopped) {
        reports_.failed(answer, is_outage);
    }
}

bool TokenKeeper::has_token() {
    std::lock_guard const lock(mutex_);
    return plan_.token(steady_clock::now()).has_value();
}

std::string TokenKeeper::digest_of_files() const {
    std::string content;
    for (auto const* const secret : {&setup_.options.refresh_token, &setup_.options.client_secret}) {
        auto const octets = *secret ? read_secret(**secret) : std::nullopt;
        content += octets ? *octets + '\0' : std::string(1, '\n');
    }
    return sha256_hex(content);
}

bool TokenKeeper::files_changed() {
    look_at_ = steady_clock::now() + times_.look_at_files;
    return digest_of_files() != asked_with_;
}

}  // namespace postern
