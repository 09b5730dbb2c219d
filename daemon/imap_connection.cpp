#include "daemon/imap_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "config/load.h"
#include "daemon/bearer_refusal.h"
#include "daemon/curl_certificate.h"
#include "daemon/curl_handle.h"
#include "daemon/loopback.h"
#include "parsers/imap_response.h"

namespace postern {

namespace {

// Of a server's text; RFC 9051 4.3 sets no bound, people read no more.
constexpr std::size_t told_octets = 200;
// A login's lines of the server; the capabilities of big servers take 1 KB.
constexpr std::size_t greeting_line_octets = std::size_t{8} * 1024;

// A dead peer is noticed within a minute: a probe after 20 s of silence, then each 10 s, until 50 s (tcp(7)).
int keep_alive(void*, curl_socket_t socket, curlsocktype) {
    auto const set = [socket](int level, int name, int value) {
        setsockopt(socket, level, name, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 20);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 50'000);
    return CURL_SOCKOPT_OK;
}

// What the server said up to the end of the login.
struct Greeting {
    std::string last_line, challenge;  // the latter: of the last "+"
};

std::size_t keep_line(char* octets, std::size_t size, std::size_t count, void* greeting) {
    auto& kept = *static_cast<Greeting*>(greeting);
    kept.last_line.assign(octets, std::min(size * count, greeting_line_octets));
    if (kept.last_line.starts_with("+ ")) {
        kept.challenge = kept.last_line.substr(2);
        while (kept.challenge.ends_with('\n') || kept.challenge.ends_with('\r')) kept.challenge.pop_back();
    }
    return size * count;
}

int end_when_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<WakeEvent const*>(stop)->raised() ? 1 : 0;
}

long tls_of(ImapOptions const& options) {
    // RFC 6750 5.3: who reads a token has it.
    if (options.oauth2 && !is_loopback_url(options.url)) return CURLUSESSL_ALL;
    if (options.url.starts_with("imaps:") || options.starttls == StartTls::require) return CURLUSESSL_ALL;
    return options.starttls == StartTls::if_offered ? CURLUSESSL_TRY : CURLUSESSL_NONE;
}

// To the challenge that XOAUTH2 is refused with libcurl 7.88 answers nothing: it hangs up.
bool ends_in_challenge(Greeting const& greeting) {
    return greeting.last_line.starts_with("+ ") && !bearer_refusal(greeting.challenge).empty();
}

// RFC 5530 3: of the other codes the credentials are not to blame ([UNAVAILABLE]); a server may give none.
bool is_about_credentials(std::optional<ImapCondition> const& said) {
    if (!said || said->kind != ImapCondition::Kind::no) return false;
    return said->code.empty() || said->code == "AUTHENTICATIONFAILED" || said->code == "AUTHORIZATIONFAILED" ||
           said->code == "EXPIRED";
}

// What the server said to the login, where the last line is that.
std::optional<ImapCondition> condition_of(std::string line) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    std::vector<std::string> none;
    auto const response = parse_imap_response(line, none);
    if (!response) return std::nullopt;
    auto const* condition = std::get_if<ImapCondition>(&response->data);
    return condition ? std::optional(*condition) : std::nullopt;
}

bool is_refused(Greeting const& greeting) {
    return ends_in_challenge(greeting) || is_about_credentials(condition_of(greeting.last_line));
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string line(text.substr(0, told_octets));
    for (auto& c : line) {
        if (c < ' ' || c > '~') c = '?';
    }
    return line;
}

ImapServer imap_server(std::string_view url) {
    auto const scheme_end = url.find("://");
    auto host = scheme_end == std::string_view::npos ? url : url.substr(scheme_end + 3);
    host = host.substr(0, host.find('/'));
    auto const colon = host.rfind(':');
    // An address literal's own colons stand in brackets.
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        return {std::string(host.substr(0, colon)), std::string(host.substr(colon + 1))};
    }
    return {std::string(host), url.starts_with("imaps:") ? "993" : "143"};
}

struct ImapConnection::State {
    State(ImapOptions const& options, ImapTimes const& times, WakeEvent const& stop_event, AccessTokens* tokens)
        : stop(stop_event), place(imap_server(options.url)) {
        prepare(options, times);
        auto const result = options.oauth2 ? log_in_by_token(tokens) : log_in_by_password(options);
        if (result != CURLE_OK) fail(result, options);
        curl_easy_getinfo(curl.get(), CURLINFO_ACTIVESOCKET, &socket);
        if (socket == CURL_SOCKET_BAD)
            throw ImapError(ImapError::Kind::dropped, "the server closed the connection after the login");
    }

    CURLcode log_in_by_password(ImapOptions const& options) {
        if (!options.password) throw ImapError(ImapError::Kind::login, "no password_file is set");
        auto const password = read_secret(*options.password);
        if (!password)
            throw ImapError(ImapError::Kind::login,
                            "cannot read password_file " + one_line(options.password->file.native()));
        curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, password->c_str());
        // SASL first, and only with mechanisms that fail for no other reason than the password: libcurl prefers
        // GSSAPI and NTLM where an Exchange offers them, and gives up when they don't work.
        curl_easy_setopt(curl.get(), CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
        auto const result = curl_easy_perform(curl.get());
        auto const said = condition_of(greeting.last_line);
        if (result != CURLE_LOGIN_DENIED || !said || said->kind != ImapCondition::Kind::ok) return result;
        // It offers neither, and nothing was refused yet: whatever else it knows, the LOGIN command at last.
        curl_easy_setopt(curl.get(), CURLOPT_LOGIN_OPTIONS, nullptr);
        return curl_easy_perform(curl.get());
    }

    // A token that is refused may have ended a moment ago: once more with a fresh one, where there is one.
    CURLcode log_in_by_token(AccessTokens* tokens) {
        if (!tokens) throw ImapError(ImapError::Kind::token, "no source of access tokens");
        // Nothing else, where the server offers neither: libcurl would try other ways with an empty password.
        curl_easy_setopt(curl.get(), CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
        auto token = token_of(*tokens);
        for (bool again = false;; again = true) {
            greeting = {};
            curl_easy_setopt(curl.get(), CURLOPT_XOAUTH2_BEARER, token.c_str());
            auto const result = curl_easy_perform(curl.get());
            if (result != CURLE_LOGIN_DENIED || !is_refused(greeting)) return result;
            tokens->refused_by_server(token);
            if (again) return result;
            auto fresh = token_of(*tokens);
            if (fresh == token) return result;
            token = std::move(fresh);
        }
    }

    std::string token_of(AccessTokens& tokens) const try {
        return tokens.token(stop);
    } catch (AccessTokenError const& failure) {
        if (failure.kind() == AccessTokenError::Kind::stopped) throw ImapError(ImapError::Kind::stopped, "stopped");
        throw ImapError(ImapError::Kind::token, one_line(failure.what()));
    }

    void prepare(ImapOptions const& options, ImapTimes const& times) {
        auto* const c = curl.get();
        curl_easy_setopt(c, CURLOPT_URL, options.url.c_str());
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "imap,imaps");
        curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(c, CURLOPT_USERNAME, options.user.c_str());
        curl_easy_setopt(c, CURLOPT_USE_SSL, tls_of(options));
        curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        // The system's anchors stay beside our own one.
        curl_easy_setopt(c, CURLOPT_CAPATH, "/etc/ssl/certs");
        if (options.ca_file) curl_easy_setopt(c, CURLOPT_CAINFO, options.ca_file->c_str());
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(times.connect.count()));
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(times.connect.count()));
        curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, &keep_alive);
        curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &keep_line);
        curl_easy_setopt(c, CURLOPT_HEADERDATA, &greeting);
        curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &end_when_stopped);
        curl_easy_setopt(c, CURLOPT_XFERINFODATA, const_cast<void*>(static_cast<void const*>(&stop)));
        // A resolver that hangs must not hold up our end.
        curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error.data());
    }

    [[noreturn]] void fail(CURLcode code, ImapOptions const& options) {
        using Kind = ImapError::Kind;
        auto const server = place.host + ":" + place.port;
        auto const why = error[0] != '\0' ? one_line(error.data()) : std::string(curl_easy_strerror(code));
        if (code == CURLE_ABORTED_BY_CALLBACK || stop.raised()) throw ImapError(Kind::stopped, "stopped");
        switch (code) {
            case CURLE_LOGIN_DENIED: {
                auto const text = login_refusal(condition_of(greeting.last_line), options.oauth2.has_value());
                throw ImapError(Kind::login,
                                "cannot log in to " + server + " as " + one_line(options.user) + ": " + one_line(text));
            }
            case CURLE_COULDNT_RESOLVE_HOST:
            case CURLE_COULDNT_CONNECT:  // libcurl's own text holds the milliseconds it took: each time another
                throw ImapError(Kind::unreachable, "cannot reach " + server + ": " + curl_easy_strerror(code));
            case CURLE_OPERATION_TIMEDOUT:
                throw ImapError(Kind::timed_out, "no answer from " + server + " in time");
            case CURLE_USE_SSL_FAILED:
                throw ImapError(Kind::tls, server + " offers no STARTTLS");
            case CURLE_PEER_FAILED_VERIFICATION:
            case CURLE_SSL_CONNECT_ERROR:
            case CURLE_SSL_CACERT_BADFILE:
            case CURLE_SSL_CIPHER:
            case CURLE_SSL_ISSUER_ERROR:
                throw ImapError(Kind::tls, "no trusted TLS with " + server + ": " + why);
            default:
                throw ImapError(Kind::dropped, "cannot begin with " + server + ": " + why);
        }
    }

    std::string login_refusal(std::optional<ImapCondition> const& said, bool by_token) const {
        if (by_token && ends_in_challenge(greeting))
            return "the OAuth2 token is refused: " + bearer_refusal(greeting.challenge);
        if (!said || said->kind == ImapCondition::Kind::ok) {
            return by_token ? "the server offers neither OAUTHBEARER nor XOAUTH2"
                            : "no way to log in that we know is offered";
        }
        auto text = (said->code.empty() ? "" : "[" + said->code + "] ") + said->text;
        if (auto const why = by_token ? bearer_refusal(greeting.challenge) : ""; !why.empty())
            text += " (of the OAuth2 token: " + why + ")";
        return text;
    }

    // False: `until` has passed, or `early` is raised.
    bool wait(short events, Clock::time_point until, WakeEvent const* early) const {
        for (;;) {
            std::array<pollfd, 3> look{
                {{socket, events, 0}, {stop.descriptor(), POLLIN, 0}, {early ? early->descriptor() : -1, POLLIN, 0}}};
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
            auto const timeout = static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
            auto const ready = poll(look.data(), look.size(), timeout);
            if (look[1].revents != 0) throw ImapError(ImapError::Kind::stopped, "stopped");
            if (ready > 0 && look[0].revents != 0) return true;
            if (ready > 0 && look[2].revents != 0) return false;
            if (Clock::now() >= until) return false;
        }
    }

    CurlHandle curl = make_curl_handle();
    WakeEvent const& stop;
    ImapServer place;
    Greeting greeting;
    std::array<char, CURL_ERROR_SIZE> error{};
    curl_socket_t socket = CURL_SOCKET_BAD;
};

ImapConnection::ImapConnection(ImapOptions const& options, ImapTimes const& times, WakeEvent const& stop,
                               std::shared_ptr<AccessTokens> const& tokens)
    : state_(std::make_unique<State>(options, times, stop, tokens.get())) {}

ImapConnection::~ImapConnection() = default;

std::optional<TimePoint> ImapConnection::certificate_end() const {
    return postern::certificate_end(state_->curl.get());
}

void ImapConnection::send(std::string_view octets, Clock::time_point until) {
    while (!octets.empty()) {
        std::size_t sent = 0;
        auto const result = curl_easy_send(state_->curl.get(), octets.data(), octets.size(), &sent);
        if (result != CURLE_OK && result != CURLE_AGAIN) {
            throw ImapError(ImapError::Kind::dropped, "the connection to " + state_->place.host + " broke");
        }
        octets.remove_prefix(result == CURLE_OK ? sent : 0);
        if (result == CURLE_AGAIN && !state_->wait(POLLOUT, until, nullptr)) {
            throw ImapError(ImapError::Kind::timed_out, state_->place.host + " takes nothing more");
        }
    }
}

std::size_t ImapConnection::receive(std::span<char> buffer, Clock::time_point until, WakeEvent const* early) {
    for (;;) {
        if (state_->stop.raised()) throw ImapError(ImapError::Kind::stopped, "stopped");
        // First what TLS has decrypted already: poll(2) does not see that.
        std::size_t received = 0;
        auto const result = curl_easy_recv(state_->curl.get(), buffer.data(), buffer.size(), &received);
        if (result == CURLE_OK && received > 0) return received;
        if (result == CURLE_OK) {
            throw ImapError(ImapError::Kind::dropped, state_->place.host + " closed the connection");
        }
        if (result != CURLE_AGAIN) {
            throw ImapError(ImapError::Kind::dropped, "the connection to " + state_->place.host + " broke");
        }
        if (!state_->wait(POLLIN, until, early)) return 0;
    }
}

}  // namespace postern
