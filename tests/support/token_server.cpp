#include "tests/support/token_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "parsers/ascii.h"
#include "parsers/base64.h"

namespace postern::testing {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::size_t request_octets = std::size_t{1024} * 1024;
constexpr timeval look{0, 20'000};  // how soon a thread sees that the server ends

std::string url_safe(std::string text) {  // base64url (RFC 4648 5), without padding
    while (text.ends_with('=')) text.pop_back();
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::string random_octets(std::size_t count) {
    std::string octets(count, '\0');
    RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(count));
    return octets;
}

std::string const& jwt_key() {
    static std::string const key = "0123456789abcdef0123456789abcdef";
    return key;
}

std::string hmac(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned size = 0;
    HMAC(EVP_sha256(), jwt_key().data(), static_cast<int>(jwt_key().size()),
         reinterpret_cast<unsigned char const*>(text.data()), text.size(), octets.data(), &size);
    return {octets.begin(), octets.begin() + size};
}

std::string sha256(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), octets.data(), &size, EVP_sha256(), nullptr);
    return {octets.begin(), octets.begin() + size};
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size()) {
            decoded += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
            at += 2;
        } else {
            decoded += text[at] == '+' ? ' ' : text[at];
        }
    }
    return decoded;
}

std::map<std::string, std::string> form_of(std::string_view text) {
    std::map<std::string, std::string> form;
    while (!text.empty()) {
        auto const field = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), field.size() + 1));
        auto const equals = field.find('=');
        auto const value = equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
        form[percent_decoded(field.substr(0, equals))] = percent_decoded(value);
    }
    return form;
}

std::string value_of(std::map<std::string, std::string> const& form, std::string const& name) {
    auto const found = form.find(name);
    return found == form.end() ? std::string() : found->second;
}

bool is_secret(std::string const& name) {
    return name == "refresh_token" || name == "client_secret" || name == "device_code" || name == "code" ||
           name == "code_verifier";
}

SSL_CTX* make_context(TestCertificate const& certificate) {
    auto* const context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, certificate.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, certificate.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("the token server's certificate");
    return context;
}

std::size_t content_length(std::string_view header) {
    std::string lower_header(header);
    std::ranges::transform(lower_header, lower_header.begin(), [](char c) { return lower(c); });
    auto const at = lower_header.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : std::stoul(lower_header.substr(at + 17));
}

}  // namespace

struct TokenServer::Connection {
    int socket = -1;
    std::thread thread;
    std::atomic<bool> is_over{false};
};

// ---- replies ----------------------------------------------------------------------------------------------------

TokenServer::Reply TokenServer::refusal(std::string const& error, std::string const& description, int status) {
    Json body{{"error", error}};
    if (!description.empty()) body["error_description"] = description;
    Reply reply = json(body.dump(-1, ' ', false, Json::error_handler_t::replace));
    reply.status = status;
    return reply;
}
TokenServer::Reply TokenServer::html(int status) {
    Reply reply = json("<!DOCTYPE html><title>Sign in</title><p>Something went wrong.");
    reply.status = status;
    reply.type = "text/html";
    return reply;
}
TokenServer::Reply TokenServer::unavailable(unsigned retry_after) {
    Reply reply = html(503);
    reply.fields.push_back("Retry-After: " + std::to_string(retry_after));
    return reply;
}
TokenServer::Reply TokenServer::redirect(std::string const& location) {
    Reply reply = html(302);
    reply.fields.push_back("Location: " + location);
    return reply;
}
TokenServer::Reply TokenServer::truncated() {
    Reply reply = json(R"({"access_token":"abc)");
    reply.ending = Reply::Ending::truncated;
    return reply;
}
TokenServer::Reply TokenServer::endless() {
    Reply reply = json(R"({"access_token":")");
    reply.ending = Reply::Ending::endless;
    return reply;
}
TokenServer::Reply TokenServer::hangs() {
    Reply reply;
    reply.ending = Reply::Ending::hangs;
    return reply;
}
TokenServer::Reply TokenServer::slow(std::chrono::milliseconds delay) {
    Reply reply;
    reply.delay = delay;
    reply.is_sane = true;
    return reply;
}
TokenServer::Reply TokenServer::json(std::string body) {
    Reply reply;
    reply.body = std::move(body);
    return reply;
}

// ---- the server -------------------------------------------------------------------------------------------------

TokenServer::TokenServer()
    : certificate_(make_certificate(folder_.path())), context_(make_context(certificate_), &SSL_CTX_free) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 || ::getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("the token server cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

TokenServer::~TokenServer() {
    ending_ = true;
    acceptor_.join();
    for (auto& connection : connections_) connection.thread.join();
    ::close(listener_);
}

void TokenServer::accept_all() {
    while (!ending_) {
        std::erase_if(connections_, [](Connection& connection) {
            if (!connection.is_over) return false;
            connection.thread.join();
            return true;
        });
        pollfd ready{listener_, POLLIN, 0};
        if (::poll(&ready, 1, 20) <= 0) continue;
        int const socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &look, sizeof look);
        auto& connection = connections_.emplace_back();
        connection.socket = socket;
        connection.thread = std::thread([this, &connection] {
            serve(connection);
            ::close(connection.socket);
            connection.is_over = true;
        });
    }
}

namespace {

// Calls it until it is done; false: the peer has gone, or the server ends.
template <class Call>
bool done(SSL* tls, std::atomic<bool> const& ending, Call call) {
    for (;;) {
        int const result = call();
        if (result > 0) return true;
        int const error = SSL_get_error(tls, result);
        if (ending || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)) return false;
    }
}

bool read_request(SSL* tls, std::atomic<bool> const& ending, std::string& header, std::string& body) {
    std::string octets;
    for (;;) {
        auto const end = octets.find("\r\n\r\n");
        if (end != std::string::npos && octets.size() >= end + 4 + content_length(octets.substr(0, end))) {
            header = octets.substr(0, end);
            body = octets.substr(end + 4);
            return true;
        }
        std::array<char, 16384> more{};
        int got = 0;
        if (octets.size() > request_octets ||
            !done(tls, ending, [&] { return got = SSL_read(tls, more.data(), static_cast<int>(more.size())); }))
            return false;
        octets.append(more.data(), static_cast<std::size_t>(got));
    }
}

bool write_all(SSL* tls, std::atomic<bool> const& ending, std::string const& octets) {
    return octets.empty() ||
           done(tls, ending, [&] { return SSL_write(tls, octets.data(), static_cast<int>(octets.size())); });
}

}  // namespace

void TokenServer::serve(Connection& connection) {
    // OpenSSL writes to a client that hung up.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    std::unique_ptr<SSL, void (*)(SSL*)> const tls(SSL_new(context_.get()), &SSL_free);
    SSL_set_mode(tls.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(tls.get(), connection.socket);
    if (!done(tls.get(), ending_, [&] { return SSL_accept(tls.get()); })) return;
    std::string header, body;
    if (!read_request(tls.get(), ending_, header, body)) return;
    Request request;
    auto const path_begin = header.find(' ') + 1;
    request.path = header.substr(path_begin, header.find_first_of(" ?", path_begin) - path_begin);
    request.form = form_of(body);
    answer(tls.get(), connection, reply_to(request));
    SSL_shutdown(tls.get());
}

void TokenServer::answer(SSL* tls, Connection const& connection, Reply const& reply) {
    wait(reply.delay, connection.socket);
    if (reply.ending == Reply::Ending::hangs) return wait(std::chrono::hours{1}, connection.socket);
    auto const length = reply.body.size() + (reply.ending == Reply::Ending::truncated ? 100 : 0);
    auto octets = "HTTP/1.1 " + std::to_string(reply.status) + " Told\r\nDate: " + date() +
                  "\r\nContent-Type: " + reply.type + "\r\nConnection: close\r\nCache-Control: no-store\r\n";
    if (reply.ending != Reply::Ending::endless) octets += "Content-Length: " + std::to_string(length) + "\r\n";
    for (auto const& field : reply.fields) octets += field + "\r\n";
    octets += "\r\n" + reply.body;
    bool good = write_all(tls, ending_, octets);
    while (good && reply.ending == Reply::Ending::endless) good = write_all(tls, ending_, std::string(16384, 'a'));
}

// Ends early with the server, and when the client hangs up.
void TokenServer::wait(std::chrono::milliseconds time, int socket) {
    auto const until = std::chrono::steady_clock::now() + time;
    while (!ending_ && std::chrono::steady_clock::now() < until) {
        char octet = 0;
        auto const got = ::recv(socket, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0) return;
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        std::this_thread::sleep_for(std::min(left, 10ms));
    }
}

std::string TokenServer::date() const {
    std::lock_guard const lock(mutex_);
    auto const now = std::time(nullptr) + settings_.clock_ahead.count();
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text.data();
}

// ---- what it says by itself -------------------------------------------------------------------------------------

TokenServer::Reply TokenServer::reply_to(Request const& request) {
    std::lock_guard const lock(mutex_);
    requests_.push_back(request);
    for (auto const& [name, value] : request.form)
        if (is_secret(name)) secrets_.push_back(value);
    auto& scripted = request.path == "/devicecode" ? next_device_ : next_;
    std::optional<Reply> reply = request.path == "/token" ? always_ : std::nullopt;
    if (!scripted.empty()) {
        reply = scripted.front();
        scripted.pop_front();
    }
    if (reply && !reply->is_sane) return *reply;
    auto sane = request.path == "/token"        ? token_reply(request)
                : request.path == "/devicecode" ? device_reply()
                                                : html(404);
    if (reply) sane.delay = reply->delay;
    return sane;
}

TokenServer::Reply TokenServer::token_reply(Request const& request) {
    auto const& form = request.form;
    if (value_of(form, "client_id") != settings_.client_id ||
        value_of(form, "client_secret") != settings_.client_secret)
        return refusal("invalid_client", "client authentication failed", 401);
    auto const grant = value_of(form, "grant_type");
    if (grant == "client_credentials") return granted_reply({});
    if (grant == "refresh_token") return for_refresh_token(value_of(form, "refresh_token"));
    if (grant == "urn:ietf:params:oauth:grant-type:device_code") return for_device_code(value_of(form, "device_code"));
    if (grant == "authorization_code") return for_code(request);
    return refusal("unsupported_grant_type");
}

TokenServer::Reply TokenServer::for_refresh_token(std::string const& token) {
    if (!live_.contains(token)) {
        if (dead_.contains(token)) ++reused_;
        return refusal("invalid_grant", "Token has been expired or revoked.");
    }
    if (!settings_.rotates) return granted_reply({});
    live_.erase(token);
    dead_.insert(token);
    auto const fresh = make_secret("refresh");
    live_.insert(fresh);
    return granted_reply(fresh);
}

TokenServer::Reply TokenServer::for_device_code(std::string const& code) {
    if (!device_codes_.contains(code)) return refusal("invalid_grant", "no such device code");
    auto const state = settings_.device_states.front();
    if (settings_.device_states.size() > 1) settings_.device_states.pop_front();
    if (state != "granted") return refusal(state);
    device_codes_.erase(code);
    if (!settings_.gives_refresh_token) return granted_reply({});
    auto const fresh = make_secret("refresh");
    live_.insert(fresh);
    return granted_reply(fresh);
}

TokenServer::Reply TokenServer::for_code(Request const& request) {
    auto const found = codes_.find(value_of(request.form, "code"));
    if (found == codes_.end()) return refusal("invalid_grant", "no such code");
    auto const code = found->second;
    codes_.erase(found);
    auto const challenge = url_safe(encode_base64(sha256(value_of(request.form, "code_verifier"))));
    if (challenge != code.challenge) return refusal("invalid_grant", "PKCE verification failed");
    if (value_of(request.form, "redirect_uri") != code.redirect_uri)
        return refusal("invalid_grant", "another redirect_uri");
    if (!settings_.gives_refresh_token) return granted_reply({});
    auto const fresh = make_secret("refresh");
    live_.insert(fresh);
    return granted_reply(fresh);
}

TokenServer::Reply TokenServer::granted_reply(std::string const& refresh_token) {
    ++granted_;
    Json body{{"access_token", make_access_token()}, {"token_type", "Bearer"}, {"scope", settings_.scope}};
    if (settings_.tells_expires_in) body["expires_in"] = settings_.lifetime.count();
    if (!refresh_token.empty()) body["refresh_token"] = refresh_token;
    if (settings_.refresh_lifetime) body["refresh_expires_in"] = settings_.refresh_lifetime->count();
    return json(body.dump());
}

TokenServer::Reply TokenServer::device_reply() {
    auto const code = make_secret("device");
    device_codes_.insert(code);
    Json const body{{"device_code", code},
                    {"user_code", settings_.user_code},
                    {"verification_uri", settings_.verification_uri},
                    {"verification_uri_complete", settings_.verification_uri + "?user_code=" + settings_.user_code},
                    {"expires_in", settings_.device_lifetime.count()},
                    {"interval", settings_.device_interval.count()}};
    return json(body.dump());
}

std::string TokenServer::make_access_token() {
    auto const now = std::time(nullptr) + settings_.clock_ahead.count();
    Json const header{{"typ", "JWT"}, {"alg", "HS256"}, {"kid", "default"}};
    Json const claims{{"sub", settings_.user},
                      {"iss", settings_.issuer},
                      {"aud", settings_.audience},
                      {"iat", now - 1},
                      {"nbf", now - 1},
                      {"exp", now + settings_.lifetime.count()},
                      {"scope", settings_.scope},
                      {"jti", url_safe(encode_base64(random_octets(9)))}};
    auto const text = url_safe(encode_base64(header.dump())) + "." + url_safe(encode_base64(claims.dump()));
    secrets_.push_back(text + "." + url_safe(encode_base64(hmac(text))));
    return secrets_.back();
}

std::string TokenServer::make_secret(std::string const& kind) {
    secrets_.push_back(kind + "-" + std::to_string(++made_) + "-" + url_safe(encode_base64(random_octets(24))));
    return secrets_.back();
}

std::string TokenServer::agree(std::string const& authorization_request) {
    auto const query = authorization_request.find('?');
    if (authorization_request.substr(0, query) != authorization_url() || query == std::string::npos)
        throw std::runtime_error("no request to the authorization endpoint: " + authorization_request);
    auto const form = form_of(std::string_view(authorization_request).substr(query + 1));
    std::lock_guard const lock(mutex_);
    bool const good = value_of(form, "response_type") == "code" && value_of(form, "client_id") == settings_.client_id &&
                      value_of(form, "code_challenge_method") == "S256" && !value_of(form, "state").empty();
    if (!good) throw std::runtime_error("an authorization request of another kind: " + authorization_request);
    auto const code = make_secret("code");
    codes_[code] = {value_of(form, "code_challenge"), value_of(form, "redirect_uri")};
    auto const redirect = value_of(form, "redirect_uri");
    return redirect + (redirect.find('?') == std::string::npos ? "?" : "&") + "code=" + code +
           "&state=" + value_of(form, "state");
}

// ---- what a test asks -------------------------------------------------------------------------------------------

OAuth2Options TokenServer::options() const {
    std::lock_guard const lock(mutex_);
    OAuth2Options options;
    options.token_url = token_url();
    options.device_url = device_url();
    options.authorization_url = authorization_url();
    options.client_id = settings_.client_id;
    options.scope = settings_.scope;
    options.ca_file = certificate_.authority;
    return options;
}

void TokenServer::change(std::function<void(Settings&)> const& how) {
    std::lock_guard const lock(mutex_);
    how(settings_);
}
void TokenServer::next(Reply reply) {
    std::lock_guard const lock(mutex_);
    next_.push_back(std::move(reply));
}
void TokenServer::always(std::optional<Reply> reply) {
    std::lock_guard const lock(mutex_);
    always_ = std::move(reply);
}
void TokenServer::next_device(Reply reply) {
    std::lock_guard const lock(mutex_);
    next_device_.push_back(std::move(reply));
}
std::string TokenServer::issue_refresh_token() {
    std::lock_guard const lock(mutex_);
    return *live_.insert(make_secret("refresh")).first;
}
std::string TokenServer::access_token() {
    std::lock_guard const lock(mutex_);
    return make_access_token();
}
bool TokenServer::is_live(std::string const& refresh_token) const {
    std::lock_guard const lock(mutex_);
    return live_.contains(refresh_token);
}
void TokenServer::revoke_refresh_tokens() {
    std::lock_guard const lock(mutex_);
    live_.clear();
}
std::vector<TokenServer::Request> TokenServer::requests() const {
    std::lock_guard const lock(mutex_);
    return requests_;
}
unsigned TokenServer::count(std::string const& path) const {
    std::lock_guard const lock(mutex_);
    return static_cast<unsigned>(std::ranges::count(requests_, path, &Request::path));
}
unsigned TokenServer::granted() const {
    std::lock_guard const lock(mutex_);
    return granted_;
}
unsigned TokenServer::reused() const {
    std::lock_guard const lock(mutex_);
    return reused_;
}
std::vector<std::string> TokenServer::secrets() const {
    std::lock_guard const lock(mutex_);
    return secrets_;
}
std::string TokenServer::validation_key() const {
    return encode_base64(jwt_key());
}

}  // namespace postern::testing
