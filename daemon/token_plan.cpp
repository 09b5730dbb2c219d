#include "daemon/token_plan.h"

#include <algorithm>

namespace postern {

namespace {

using std::chrono::milliseconds;
using Kind = TokenAnswer::Kind;

// As text from a server it may be anything that an integer holds.
milliseconds bounded(std::chrono::seconds told, milliseconds least, milliseconds most) {
    if (told >= std::chrono::ceil<std::chrono::seconds>(most)) return most;
    if (told.count() < 0) return least;
    return std::max<milliseconds>(told, least);
}

}  // namespace

std::optional<std::string> TokenPlan::token(Time now) const {
    if (token_.empty() || is_refused_ || now >= ends_) return std::nullopt;
    return token_;
}

TokenPlan::Time TokenPlan::ask_at(bool wanted) const {
    if (failures_ > 0) return next_try_;
    if (token_.empty()) return wanted ? Time::min() : Time::max();
    if (wanted) return granted_ + times_.between_requests;
    return renew_at_;
}

void TokenPlan::granted(TokenAnswer const& answer, Time asked) {
    auto const life = answer.expires_in ? bounded(*answer.expires_in, times_.shortest_life, times_.longest_life)
                                        : times_.assumed_life;
    auto const margin = std::min(std::clamp(life / 10, times_.shortest_margin, times_.longest_margin), life / 2);
    auto renew_after = life - margin;
    // Where the refresh token ends before that, it has to be used before.
    if (answer.refresh_expires_in && answer.refresh_expires_in->count() > 0)
        renew_after = std::min(renew_after, bounded(*answer.refresh_expires_in, {}, times_.longest_life) / 2);
    token_ = answer.access_token;
    granted_ = asked;
    ends_ = asked + life - std::min(times_.spare, life / 10);
    renew_at_ = asked + std::max(renew_after, times_.between_renewals);
    is_refused_ = false;
    failures_ = 0;
    failing_since_.reset();
    last_ = Kind::granted;
}

void TokenPlan::failed(TokenAnswer const& answer, Time now, double chance) {
    last_ = answer.kind;
    ++failures_;
    if (!failing_since_) failing_since_ = now;
    auto wait = answer.kind == Kind::refused ? times_.refused_again : times_.retry.delay(failures_, chance);
    if (answer.retry_after) wait = std::max(wait, bounded(*answer.retry_after, {}, times_.longest_retry_after));
    next_try_ = now + wait;
}

void TokenPlan::ask_at_once() {
    next_try_ = Time::min();
}

bool TokenPlan::refused_by_server(std::string const& token, Time now) {
    if (token != token_ || is_refused_ || now - granted_ < times_.fresh) return false;
    is_refused_ = true;
    renew_at_ = now;
    return true;
}

}  // namespace postern
