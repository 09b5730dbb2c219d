#include "daemon/access_tokens.h"

#include <algorithm>

#include "daemon/token_endpoint.h"
#include "daemon/token_keeper.h"

namespace postern {

namespace {

constexpr auto* folder_name = "oauth2";  // in state_dir

}  // namespace

AccessTokenSources::AccessTokenSources(std::filesystem::path state_dir, Log& log, RaiseAlarm raise_alarm)
    : state_dir_(std::move(state_dir)), log_(log), raise_alarm_(std::move(raise_alarm)) {}

std::shared_ptr<AccessTokens> AccessTokenSources::of(std::optional<OAuth2Options> const& options) {
    if (!options) return nullptr;
    std::lock_guard const lock(mutex_);
    std::erase_if(known_, [](auto const& known) { return known.second.expired(); });
    for (auto const& [known, tokens] : known_) {
        if (known != *options) continue;
        if (auto found = tokens.lock()) return found;
    }
    auto const ask = [endpoint = TokenEndpoint(*options)](TokenEndpoint::Form form, WakeEvent const& stop) {
        return endpoint.ask_token(std::move(form), stop);
    };
    auto made = std::make_shared<TokenKeeper>(
        TokenKeeper::Setup{*options, state_dir_ / folder_name, ask, raise_alarm_, {}}, log_);
    known_.emplace_back(*options, made);
    return made;
}

void AccessTokenSources::request_stop() {
    std::lock_guard const lock(mutex_);
    for (auto const& [known, tokens] : known_) {
        if (auto const used = tokens.lock()) used->request_stop();
    }
}

}  // namespace postern
