#include "daemon/token_reports.h"

#include <algorithm>
#include <utility>

#include "daemon/imap_connection.h"

namespace postern {

namespace {

using Kind = TokenAnswer::Kind;

// Between two answers of one refresh token's end: as far as clocks and roundings move it.
constexpr std::chrono::minutes same_end{1};

std::string host_of(std::string_view url) {
    auto const scheme_end = url.find("://");
    if (scheme_end != std::string_view::npos) url.remove_prefix(scheme_end + 3);
    return one_line(url.substr(0, url.find_first_of("/?#")));
}

std::string source_of(OAuth2Options const& options) {
    auto source = one_line(options.client_id) + " at " + host_of(options.token_url);
    // Two mailboxes of one client differ by it.
    if (options.refresh_token) source += " (" + one_line(options.refresh_token->file.filename().native()) + ")";
    return source;
}

std::string cause_of(TokenAnswer const& answer) {
    if (answer.kind == Kind::refused) return "refused " + one_line(answer.error);
    return answer.kind == Kind::nonsense ? "nonsense" : "unavailable";
}

}  // namespace

TokenReports::TokenReports(OAuth2Options const& options, AccessTokenTimes const& times, Log& log,
                           RaiseAlarm raise_alarm)
    : times_(times),
      log_(log),
      raise_alarm_(std::move(raise_alarm)),
      host_(host_of(options.token_url)),
      source_(source_of(options)),
      by_refresh_token_(options.refresh_token.has_value()) {}

// The next one, of another configuration, begins anew.
TokenReports::~TokenReports() {
    for (auto const* const trouble : {"oauth2 ", "oauth2 clock ", "oauth2 end ", "oauth2 file "})
        log_.is_over(trouble + source_);
}

std::string TokenReports::advice(TokenAnswer const& answer) const {
    if (answer.kind == Kind::unavailable) return "it is tried again";
    if (answer.kind == Kind::nonsense) return "look at token_url; it is tried again";
    if (answer.error == "invalid_client" || answer.error == "unauthorized_client")
        return "look at client_id and client_secret_file";
    if (answer.error == "invalid_scope") return "look at scope";
    if (by_refresh_token_) return "run `postern oauth2 login`";
    return "look at client_id, client_secret_file and scope, and at what the provider grants this client";
}

std::string TokenReports::why(TokenAnswer const& answer) const {
    return "no OAuth2 token from " + host_ + ": " + one_line(answer.detail) + "; " + advice(answer);
}

void TokenReports::alarm(bool& told, std::string const& cause, std::string const& text) {
    if (std::exchange(told, true) || !raise_alarm_) return;
    raise_alarm_(cause + ": " + source_, text);
}

void TokenReports::granted() {
    log_.is_over("oauth2 " + source_);
    log_.debug("oauth2-token", {{"source", source_}});
    told_refused_ = told_outage_ = false;
}

void TokenReports::failed(TokenAnswer const& answer, bool is_outage) {
    auto const line = why(answer);
    log_.debug("oauth2-failed", {{"source", source_}, {"why", line}});
    log_.begins("oauth2 " + source_, cause_of(answer), line);
    auto const story = "Postern logs in by OAuth 2.0 as " + source_ + ", and gets no access token:\n\n" + line + ".\n";
    if (answer.kind == Kind::refused) {
        alarm(told_refused_, "no OAuth2 token",
              story +
                  "\nUntil that is mended no mail is fetched from, or sent through, what is logged in to so. Nothing "
                  "is lost: it waits there, and in the outbox. A changed secret or refresh token is taken at once, "
                  "without a restart. `postern status` shows when it works again.\n");
    } else if (is_outage) {
        alarm(told_outage_, "no OAuth2 token",
              story +
                  "\nThe last token has ended. It is tried on; mail waits where it is meanwhile. `postern status` "
                  "shows when it works again.\n");
    }
}

void TokenReports::clock_is(std::optional<std::chrono::seconds> ahead) {
    if (!ahead) return;
    auto const trouble = "oauth2 clock " + source_;
    if (*ahead <= times_.clock_skew && *ahead >= -times_.clock_skew) {
        log_.is_over(trouble);
        told_clock_ = false;
        return;
    }
    auto const what = "the clock of " + host_ + " is " + std::to_string(std::abs(ahead->count())) + " s " +
                      (ahead->count() > 0 ? "ahead of" : "behind") +
                      " this machine's: look at this machine's first (timedatectl)";
    log_.begins(trouble, "clock", what);
    alarm(
        told_clock_, "clocks differ",
        "Tokens hold times, and servers refuse those that seem to be of the future or of the past:\n\n" + what + ".\n");
}

void TokenReports::refresh_token_ends(std::optional<TimePoint> ends, std::optional<TimePoint> before, TimePoint now) {
    auto const trouble = "oauth2 end " + source_;
    // With many providers each use puts the end off; only one that stays where it was is the operator's business.
    bool const stays = ends && before && *ends <= *before + same_end;
    if (!stays || *ends - now > times_.ends_soon) {
        log_.is_over(trouble);
        told_end_ = false;
        return;
    }
    auto const what = "the refresh token ends at " + to_iso8601(*ends) + ": run `postern oauth2 login` before";
    log_.begins(trouble, "ends", what);
    alarm(told_end_, "the OAuth2 refresh token ends soon",
          "Postern logs in by OAuth 2.0 as " + source_ + ". By what the provider says " + what +
              ". From then on no mail would be fetched from, or sent through, what is logged in to so.\n");
}

void TokenReports::not_written(std::string const& why) {
    log_.begins("oauth2 file " + source_, "not written",
                "the new refresh token cannot be written, and is known to this process alone: " + one_line(why) +
                    "; make room and don't stop posternd until this is over");
}

void TokenReports::written() {
    log_.is_over("oauth2 file " + source_);
}

void TokenReports::lost() {
    log_.error("oauth2-refresh-token-lost",
               {{"source", source_}, {"why", "it could not be written"}, {"cure", "postern oauth2 login"}});
}

void TokenReports::damaged(std::string const& why) {
    log_.warn("oauth2-file-damaged",
              {{"source", source_}, {"error", one_line(why)}, {"instead", "refresh_token_file"}});
}

}  // namespace postern
