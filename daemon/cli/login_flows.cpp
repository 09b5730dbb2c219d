#include "daemon/cli/login_flows.h"

#include <sys/random.h>

#include <algorithm>
#include <ostream>

#include "daemon/cli/authorization_request.h"
#include "daemon/cli/exit_code.h"
#include "daemon/cli/redirect_catcher.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/token_answer.h"

namespace postern {
namespace {

using Kind = TokenAnswer::Kind;
using std::chrono::seconds;

// RFC 8628 3.5: what slow_down adds.
constexpr seconds slower{5};
// RFC 7636 4.1 recommends 32 octets; as many make a state that nobody guesses (RFC 6749 10.10).
constexpr std::size_t random_octets = 32;

std::string random_text() {
    std::string octets(random_octets, '\0');
    // getrandom(2): so few octets come whole, or not at all.
    if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size()))
        throw CommandFailure(ExitCode::internal, "the system gives no random octets");
    return base64url(octets);
}

std::string with_cure(std::string what, std::string_view error) {
    auto const cure = cure_of(error);
    return cure.empty() ? what : std::move(what) + " (" + std::string(cure) + ")";
}

// Of an answer of the endpoint that grants nothing and leaves nothing to wait for.
[[noreturn]] void give_up(Kind kind, std::string const& detail, std::string_view error) {
    switch (kind) {
        case Kind::stopped:
            throw CommandFailure(ExitCode::try_again, "interrupted; nothing was changed");
        case Kind::unavailable:
            throw CommandFailure(ExitCode::try_again, detail + "; try again later");
        case Kind::refused:
            throw CommandFailure(ExitCode::refused, with_cure(detail, error));
        case Kind::pending:
        case Kind::nonsense:
        case Kind::granted:
            break;
    }
    throw CommandFailure(ExitCode::unavailable, detail);
}

void tell(Context& context, std::string const& line) {
    context.err << visible_line(line) << '\n' << std::flush;
}

void tell_code(Context& context, DeviceAnswer const& device) {
    tell(context, "Open  " + device.verification_uri);
    tell(context, "and enter the code  " + device.user_code);
    if (!device.verification_uri_complete.empty()) tell(context, "or open  " + device.verification_uri_complete);
    auto const minutes = std::chrono::ceil<std::chrono::minutes>(device.expires_in).count();
    tell(context, "The code is good for " + std::to_string(minutes) + " min. Waiting; Ctrl-C ends it.");
}

std::string_view const ran_out = "nobody logged in with that code in time; run 'postern oauth2 login' again";

bool says_it_ran_out(TokenAnswer const& answer) {
    return answer.error == "expired_token" || answer.error == "code_expired";
}

// How long until the next question: RFC 8628 3.5.
seconds next_interval(TokenAnswer const& answer, seconds interval) {
    if (answer.error == "slow_down") return std::min(interval + slower, longest_interval);
    if (answer.kind != Kind::unavailable) return interval;
    return std::min(std::max(interval * 2, answer.retry_after.value_or(seconds{0})), longest_interval);
}

}  // namespace

TokenAnswer log_in_by_device(Context& context, OAuth2Options const& options, LoginEndpoints const& endpoints) {
    auto const& world = context.surroundings.login;
    auto const& stop = world.interrupted();
    TokenEndpoint const endpoint(options, world.times);
    auto const device = endpoint.ask_device_code(endpoints.device_url.value(), stop);
    if (device.kind != Kind::granted) give_up(device.kind, device.detail, device.error);
    tell_code(context, device);
    auto const until = context.now() + device.expires_in;
    TokenEndpoint::Form const form{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                   {"device_code", device.device_code}};
    for (auto interval = device.interval; context.now() + interval < until;) {
        world.pause(interval);
        if (stop.raised()) give_up(Kind::stopped, {}, {});
        auto answer = endpoint.ask_token(form, stop);
        if (answer.kind == Kind::granted) return answer;
        if (says_it_ran_out(answer)) break;
        bool const goes_on = answer.kind == Kind::pending || answer.kind == Kind::unavailable;
        if (!goes_on) give_up(answer.kind, answer.detail, answer.error);
        if (answer.kind == Kind::unavailable) context.say(answer.detail + "; asking again");
        interval = next_interval(answer, interval);
    }
    throw CommandFailure(ExitCode::try_again, std::string(ran_out));
}

TokenAnswer log_in_by_browser(Context& context, OAuth2Options const& options, LoginEndpoints const& endpoints) {
    auto const& world = context.surroundings.login;
    auto const& stop = world.interrupted();
    RedirectCatcher catcher;
    AuthorizationRequest const request{"http://" + endpoints.redirect_host + ":" + std::to_string(catcher.port()),
                                       random_text(), random_text()};
    tell(context, "Open in a browser, and log in there:");
    tell(context, "");
    tell(context, url_of(request, options, endpoints));
    tell(context, "");
    if (world.input >= 0) {
        tell(context, "Where the browser runs on another machine than this one, it ends at a page that does not load:");
        tell(context, "paste the address of that page here. Waiting; Ctrl-C ends it.");
    }
    auto const typed_otherwise = [&context] {
        context.say(
            "that is not the address that the browser was sent to in the end; it begins with http:// and holds "
            "code= and state=");
    };
    auto const response = catcher.wait({request.state, world.input, typed_otherwise, world.browser}, stop);
    if (stop.raised()) give_up(Kind::stopped, {}, {});
    if (!response) throw CommandFailure(ExitCode::try_again, "nobody logged in in time; run it again");
    if (!response->error.empty()) {
        auto const& about = response->description;
        give_up(Kind::refused, "the provider says: " + response->error + (about.empty() ? "" : ": " + about),
                response->error);
    }
    auto answer = TokenEndpoint(options, world.times)
                      .ask_token({{"grant_type", "authorization_code"},
                                  {"code", response->code},
                                  {"redirect_uri", request.redirect_uri},
                                  {"code_verifier", request.verifier}},
                                 stop);
    if (answer.kind != Kind::granted) give_up(answer.kind, answer.detail, answer.error);
    return answer;
}

}  // namespace postern
