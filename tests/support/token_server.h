// An OAuth 2.0 authorization server of our own: HTTPS on 127.0.0.1, a thread a connection, access tokens as JWT (HS256)
// that a Dovecot with introspection_mode = local takes. Sane where nobody tells it otherwise: grants of client
// credentials, refresh tokens, device codes (RFC 8628) and authorization codes with PKCE (RFC 7636). A test gives it
// answers for the next requests. Members may be called from any thread; the destructor ends whatever goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "config/options.h"
#include "tests/support/daemon_process.h"
#include "tests/support/test_certificate.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace postern::testing {

class TokenServer {
  public:
    struct Settings {                                                                     // change them by change()
        std::string user = "support@acme.example", client_id = "postern", client_secret;  // "": none is asked for
        std::string issuer = "https://issuer.acme.example", audience = "postern", scope = "mail";
        std::chrono::seconds lifetime{3600};                   // of access tokens; 0 and less: over when they are given
        std::optional<std::chrono::seconds> refresh_lifetime;  // told as refresh_expires_in
        bool rotates = false;             // each use of a refresh token gives a new one, and the old one is dead
        bool gives_refresh_token = true;  // for a device code or authorization code
        bool tells_expires_in = true;
        std::chrono::seconds clock_ahead{0};  // of its Date and of the tokens' times
        // The first of them for the next request with a device code, and so on; the last stays.
        std::deque<std::string> device_states{"granted"};  // "authorization_pending", "slow_down", "access_denied", …
        std::chrono::seconds device_interval{1}, device_lifetime{600};
        std::string user_code = "WDJB-MJHT", verification_uri = "https://login.acme.example/device";
    };

    struct Reply {
        int status = 200;
        std::string type = "application/json", body;
        std::vector<std::string> fields;  // further ones: "Retry-After: 7"
        std::chrono::milliseconds delay{0};
        enum class Ending { whole, truncated, endless, hangs } ending = Ending::whole;
        bool is_sane = false;  // what the server would say by itself, after `delay`
    };
    [[nodiscard]] static Reply refusal(std::string const& error, std::string const& description = {}, int status = 400);
    [[nodiscard]] static Reply html(int status);
    [[nodiscard]] static Reply unavailable(unsigned retry_after);  // 503
    [[nodiscard]] static Reply redirect(std::string const& location);
    [[nodiscard]] static Reply truncated();  // fewer octets than its Content-Length says
    [[nodiscard]] static Reply endless();
    [[nodiscard]] static Reply hangs();  // for as long as the client stays
    [[nodiscard]] static Reply slow(std::chrono::milliseconds delay);
    [[nodiscard]] static Reply json(std::string body);

    struct Request {
        std::string path;
        std::map<std::string, std::string> form;  // of the body, decoded
    };

    TokenServer();
    ~TokenServer();
    TokenServer(TokenServer const&) = delete;
    TokenServer& operator=(TokenServer const&) = delete;

    [[nodiscard]] std::string token_url() const { return base() + "/token"; }
    [[nodiscard]] std::string device_url() const { return base() + "/devicecode"; }
    [[nodiscard]] std::string authorization_url() const { return base() + "/authorize"; }
    [[nodiscard]] std::filesystem::path const& authority() const noexcept { return certificate_.authority; }
    // Of a client of this server: its URLs, ca_file, client_id, scope. No refresh token, no secret.
    [[nodiscard]] OAuth2Options options() const;

    void change(std::function<void(Settings&)> const& how);
    void next(Reply reply);                   // of the next request to /token, whatever it is; in the order given
    void always(std::optional<Reply> reply);  // of every request that has no next(); nullopt: sane again
    void next_device(Reply reply);            // of the next request to /devicecode

    [[nodiscard]] std::string issue_refresh_token();  // one more that is good
    [[nodiscard]] std::string access_token();         // one as a grant would give
    [[nodiscard]] bool is_live(std::string const& refresh_token) const;
    void revoke_refresh_tokens();  // all: invalid_grant from now on
    // What a person's browser gets where they agree: the URL that it is redirected to. Throws where the request is
    // none.
    [[nodiscard]] std::string agree(std::string const& authorization_request);

    [[nodiscard]] std::vector<Request> requests() const;
    [[nodiscard]] unsigned count(std::string const& path) const;  // of requests: "/token"
    [[nodiscard]] unsigned granted() const;                       // how many access tokens
    [[nodiscard]] unsigned reused() const;                        // refresh tokens that were dead already
    // Every secret that it gave away or was sent: for tests that look for them where none may be.
    [[nodiscard]] std::vector<std::string> secrets() const;

    // For Dovecot: the key file below a dict's prefix is PREFIX/default/HS256/default, and holds this (base64).
    [[nodiscard]] std::string validation_key() const;

  private:
    struct Connection;
    [[nodiscard]] std::string base() const { return "https://127.0.0.1:" + std::to_string(port_); }
    void accept_all();
    void serve(Connection& connection);
    void answer(SSL* tls, Connection const& connection, Reply const& reply);
    void wait(std::chrono::milliseconds time, int socket);
    [[nodiscard]] Reply reply_to(Request const& request);
    [[nodiscard]] Reply token_reply(Request const& request);
    [[nodiscard]] Reply device_reply();
    [[nodiscard]] Reply granted_reply(std::string const& refresh_token);
    [[nodiscard]] Reply for_refresh_token(std::string const& token);
    [[nodiscard]] Reply for_device_code(std::string const& code);
    [[nodiscard]] Reply for_code(Request const& request);
    [[nodiscard]] std::string make_access_token();
    [[nodiscard]] std::string make_secret(std::string const& kind);
    [[nodiscard]] std::string date() const;

    struct Code {
        std::string challenge, redirect_uri;
    };

    TemporaryFolder folder_;
    TestCertificate certificate_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    int listener_ = -1;
    unsigned short port_ = 0;
    std::atomic<bool> ending_{false};

    mutable std::mutex mutex_;
    Settings settings_;
    std::deque<Reply> next_, next_device_;
    std::optional<Reply> always_;
    std::vector<Request> requests_;
    std::set<std::string> live_, dead_, device_codes_;
    std::map<std::string, Code> codes_;
    std::vector<std::string> secrets_;
    unsigned granted_ = 0, reused_ = 0, made_ = 0;
    std::list<Connection> connections_;
    std::thread acceptor_;
};

}  // namespace postern::testing
