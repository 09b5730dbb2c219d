// Which oauth2 = { … } a login is for. Tables that name the same refresh_token_file are one: they use one token. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options.h"

namespace postern {

struct LoginChoice {
    OAuth2Options oauth2;            // with the scopes of all its tables
    std::vector<std::string> users;  // "[[imap]] support@acme.example", "[relay]"
};

struct LoginWish {
    std::optional<std::string> mailbox;  // of [[imap]], or its user
    bool relay = false;
};

// nullopt: the tables that are asked for need no login, since they have no refresh_token_file. Throws CommandFailure
// where there is none, or more than one, or where they contradict one another.
[[nodiscard]] std::optional<LoginChoice> choose_login(Options const& options, LoginWish const& wish);

}  // namespace postern
