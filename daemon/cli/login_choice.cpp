#include "daemon/cli/login_choice.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "daemon/cli/exit_code.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

struct Use {
    OAuth2Options oauth2;
    std::string user;
};

std::vector<std::string> words_of(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

// Of two users of one token: what either needs.
std::string both_scopes(std::string const& one, std::string const& other) {
    auto const known = words_of(one);
    auto both = one;
    for (auto const& word : words_of(other))
        if (std::ranges::find(known, word) == known.end()) both += (both.empty() ? "" : " ") + word;
    return both;
}

bool is_wanted(ImapOptions const& imap, LoginWish const& wish) {
    if (!wish.mailbox) return !wish.relay;
    return equals_ignoring_case(imap.mailbox.address(), *wish.mailbox) ||
           equals_ignoring_case(imap.user, *wish.mailbox);
}

std::vector<Use> uses_in(Options const& options, LoginWish const& wish) {
    std::vector<Use> uses;
    for (auto const& imap : options.imap)
        if (imap.oauth2 && is_wanted(imap, wish)) uses.push_back({*imap.oauth2, "[[imap]] " + imap.mailbox.address()});
    if (options.relay && options.relay->oauth2 && !wish.mailbox) uses.push_back({*options.relay->oauth2, "[relay]"});
    return uses;
}

bool ask_the_same_provider(OAuth2Options const& one, OAuth2Options const& other) {
    auto const endpoints = [](OAuth2Options const& o) {
        return std::tie(o.token_url, o.client_id, o.client_secret, o.device_url, o.authorization_url);
    };
    return endpoints(one) == endpoints(other);
}

void add(LoginChoice& choice, Use const& use) {
    if (!ask_the_same_provider(choice.oauth2, use.oauth2)) {
        throw CommandFailure(ExitCode::configuration,
                             choice.users.front() + " and " + use.user +
                                 " have the same refresh_token_file, but another "
                                 "token_url, client or endpoint; write the same, or another refresh_token_file");
    }
    choice.oauth2.scope = both_scopes(choice.oauth2.scope, use.oauth2.scope);
    if (std::ranges::find(choice.users, use.user) == choice.users.end()) choice.users.push_back(use.user);
}

std::string all_of(std::vector<LoginChoice> const& choices) {
    std::string text;
    for (auto const& choice : choices)
        for (auto const& user : choice.users) text += (text.empty() ? "" : ", ") + user;
    return text;
}

}  // namespace

std::optional<LoginChoice> choose_login(Options const& options, LoginWish const& wish) {
    if (wish.mailbox && wish.relay) throw CommandFailure(ExitCode::usage, "either --mailbox or --relay");
    auto const uses = uses_in(options, wish);
    if (uses.empty()) {
        throw CommandFailure(ExitCode::configuration,
                             wish.mailbox ? "no [[imap]] of " + *wish.mailbox + " has an oauth2 = { … }"
                             : wish.relay ? "[relay] has no oauth2 = { … }"
                                          : "no [[imap]] and no [relay] has an oauth2 = { … }");
    }
    std::vector<LoginChoice> choices;
    for (auto const& use : uses) {
        if (!use.oauth2.refresh_token) continue;
        auto const same = std::ranges::find_if(choices, [&](LoginChoice const& choice) {
            return choice.oauth2.refresh_token->file == use.oauth2.refresh_token->file;
        });
        if (same != choices.end()) {
            add(*same, use);
        } else {
            choices.push_back({use.oauth2, {use.user}});
        }
    }
    if (choices.empty()) return std::nullopt;
    if (choices.size() > 1) {
        throw CommandFailure(ExitCode::usage, "each of " + all_of(choices) +
                                                  " has a refresh_token_file of its own: choose one by --mailbox ADDR "
                                                  "or --relay");
    }
    return choices.front();
}

}  // namespace postern
