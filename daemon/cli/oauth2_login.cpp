// oauth2 login.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "daemon/cli/login_choice.h"
#include "daemon/cli/login_flows.h"
#include "daemon/cli/refresh_token_target.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

enum class Flow { device, browser };

std::string together(std::vector<std::string> const& texts, std::string_view between) {
    std::string all;
    for (auto const& text : texts) all += (all.empty() ? "" : std::string(between)) + text;
    return all;
}

ExitCode say_none_is_needed(Context& context) {
    if (context.json) context.print({{"logged_in", false}, {"needed", false}});
    context.say(
        "no login is needed: without a refresh_token_file the client itself is who logs in, by client_id and "
        "client_secret_file");
    return ExitCode::ok;
}

[[noreturn]] void fail_without(std::string_view key) {
    throw CommandFailure(ExitCode::configuration, "where to log in is not known of this provider: write " +
                                                      std::string(key) + " into its oauth2 = { … }");
}

Flow flow_for(Context& context, LoginEndpoints const& endpoints, bool wants_browser) {
    if (wants_browser && !endpoints.authorization_url) fail_without("authorization_url");
    if (wants_browser) return Flow::browser;
    if (!endpoints.no_device.empty() && endpoints.authorization_url) {
        context.say(endpoints.no_device + ", so a browser has to (--browser)");
        return Flow::browser;
    }
    if (endpoints.device_url) return Flow::device;
    if (!endpoints.authorization_url) fail_without("device_url or authorization_url");
    context.say("there is no device_url, so a browser has to (--browser)");
    return Flow::browser;
}

// A person may take back some of what was asked for; Microsoft's .default stands for many others.
void warn_of_less(Context& context, std::string const& asked, std::string const& granted) {
    if (granted.empty()) return;
    std::istringstream words(asked);
    auto const given = " " + granted + " ";
    for (std::string word; words >> word;) {
        bool const names_no_access = word == "offline_access" || word.ends_with("/.default");
        if (!names_no_access && given.find(" " + word + " ") == std::string::npos)
            context.say("not granted: " + word + "; what needs it will be refused");
    }
}

void tell(Context& context, LoginChoice const& choice, RefreshTokenTarget const& target, TokenAnswer const& answer,
          Flow flow) {
    if (context.json) {
        auto const& ends = answer.refresh_expires_in;
        context.print({{"logged_in", true},
                       {"needed", true},
                       {"flow", flow == Flow::device ? "device" : "browser"},
                       {"for", choice.users},
                       {"refresh_token_file", target.file().string()},
                       {"refresh_token_ends", ends ? Json(to_iso8601(context.now() + *ends)) : Json()}});
    } else {
        context.out << visible_line("logged in for " + together(choice.users, ", ") + ": the refresh token is in " +
                                    target.file().string())
                    << '\n';
    }
    context.say(context.surroundings.daemon_is_up(context.options())
                    ? "posternd takes it up by itself; 'postern status' tells how it fares"
                    : "start posternd; 'postern check --online' tries it before");
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const& options = context.options();
    auto const choice = choose_login(options, {arguments.get("--mailbox"), arguments.has("--relay")});
    if (!choice) return say_none_is_needed(context);
    auto const& oauth2 = choice->oauth2;
    auto const endpoints = login_endpoints(oauth2);
    auto const flow = flow_for(context, endpoints, arguments.has("--browser"));
    context.surroundings.login.take_on_owner(options);
    if (oauth2.client_secret && !read_secret(*oauth2.client_secret)) {
        throw CommandFailure(ExitCode::no_input, "cannot read client_secret_file " +
                                                     oauth2.client_secret->file.string() + "; the owner of " +
                                                     options.site.state_dir.string() + " has to be able to");
    }
    RefreshTokenTarget const target(oauth2.refresh_token->file, options.site.state_dir,
                                    context.surroundings.return_to_caller);
    auto const answer = flow == Flow::device ? log_in_by_device(context, oauth2, endpoints)
                                             : log_in_by_browser(context, oauth2, endpoints);
    if (answer.refresh_token.empty()) {
        throw CommandFailure(ExitCode::configuration, "the provider gave access for now, but no refresh token: " +
                                                          std::string(cure_of_no_refresh_token(oauth2)));
    }
    target.write(answer.refresh_token);
    warn_of_less(context, oauth2.scope, answer.scope);
    tell(context, *choice, target, answer, flow);
    return ExitCode::ok;
}

}  // namespace

Verb oauth2_login_verb() {
    return {.words = "oauth2 login",
            .summary =
                "lets a person permit Postern to use a mailbox or the relay by OAuth 2.0, and writes the refresh token "
                "to the refresh_token_file of postern.toml; see LOGGING IN BY OAUTH 2.0",
            .positionals = {},
            .options = {{"--mailbox", "ADDR", "for the [[imap]] folders of this mailbox, or user"},
                        {"--relay", "", "for [relay]"},
                        {"--browser", "",
                         "by a browser that is sent to an address of this machine in the end, or whose last address "
                         "is pasted; default: a code that is entered on any device, where the provider has that"}},
            .examples = {"postern oauth2 login", "postern oauth2 login --mailbox support@acme.example --browser"},
            .run = run};
}

}  // namespace postern
