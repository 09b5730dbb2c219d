// TokenReports: what people are told of one source of access tokens: the log, `status` while it lasts, the postmaster
// once. No secret is in it. Of its source's thread; its destructor ends what it began.
#pragma once

#include <optional>
#include <string>

#include "config/options.h"
#include "daemon/access_token_times.h"
#include "daemon/access_tokens.h"
#include "daemon/log.h"
#include "daemon/refresh_token_file.h"
#include "daemon/token_endpoint.h"

namespace postern {

class TokenReports {
  public:
    TokenReports(OAuth2Options const& options, AccessTokenTimes const& times, Log& log, RaiseAlarm raise_alarm);
    ~TokenReports();
    TokenReports(TokenReports const&) = delete;
    TokenReports& operator=(TokenReports const&) = delete;

    // One line of printable US-ASCII: why there is no token, and what to do.
    [[nodiscard]] std::string why(TokenAnswer const& answer) const;

    void granted();
    // is_outage: it fails for long, and no token is left.
    void failed(TokenAnswer const& answer, bool is_outage);
    void clock_is(std::optional<std::chrono::seconds> ahead);
    // Of the refresh token in use. before: as it was known until now.
    void refresh_token_ends(std::optional<TimePoint> ends, std::optional<TimePoint> before, TimePoint now);
    void not_written(std::string const& why);
    void written();
    // At the end, and never written.
    void lost();
    void damaged(std::string const& why);

  private:
    // Once, until what it was about is over.
    void alarm(bool& told, std::string const& cause, std::string const& text);
    [[nodiscard]] std::string advice(TokenAnswer const& answer) const;

    AccessTokenTimes times_;
    Log& log_;
    RaiseAlarm raise_alarm_;
    std::string host_, source_;  // "client-1 at login.acme.example"
    bool by_refresh_token_;
    bool told_refused_ = false, told_outage_ = false, told_clock_ = false, told_end_ = false;
};

}  // namespace postern
