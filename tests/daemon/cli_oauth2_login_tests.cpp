// postern oauth2 login, against an authorization server of our own, over TLS.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "config/load.h"
#include "daemon/cli/authorization_request.h"
#include "daemon/cli/login_endpoints.h"
#include "daemon/cli/refresh_token_target.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/site.h"
#include "tests/support/skip.h"
#include "tests/support/token_server.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

struct LoginRig {
    LoginRig() {
        terminal.options.site.state_dir = folder.path();
        add_folder("support@acme.example", oauth2());
        terminal.login.interrupted = [this]() -> WakeEvent const& { return stop; };
        terminal.login.pause = [this](std::chrono::milliseconds time) {
            pauses.push_back(time);
            terminal.now += time;
            if (on_pause) on_pause();
        };
        terminal.login.take_on_owner = [](Options const&) {};
        terminal.login.times = {30s, 60s};
        terminal.login.browser = 60s;
    }

    [[nodiscard]] OAuth2Options oauth2(std::string const& token_file = "token") const {
        auto options = server.options();
        options.refresh_token = Secret{folder.path() / token_file};
        return options;
    }
    void add_folder(std::string const& mailbox, OAuth2Options options) {
        ImapOptions imap;
        imap.mailbox = *parse_mailbox(mailbox);
        imap.user = mailbox;
        imap.oauth2 = std::move(options);
        terminal.options.imap.push_back(imap);
    }
    [[nodiscard]] OAuth2Options& first() { return *terminal.options.imap.at(0).oauth2; }
    [[nodiscard]] std::filesystem::path token_file() const { return folder.path() / "token"; }
    [[nodiscard]] std::string token() const { return read_secret(Secret{token_file()}).value_or("none"); }

    Session run(std::string const& command = "postern oauth2 login") {
        auto session = terminal.run(command);
        for (auto const& secret : server.secrets()) {
            CHECK(session.out.find(secret) == std::string::npos);
            CHECK(session.err.find(secret) == std::string::npos);
        }
        CHECK(session.out.find('\x1b') == std::string::npos);
        CHECK(session.err.find('\x1b') == std::string::npos);
        return session;
    }

    TokenServer server;
    TemporaryFolder folder;
    WakeEvent stop;
    std::vector<std::chrono::milliseconds> pauses;
    std::function<void()> on_pause;
    Terminal terminal;
};

// What a browser does with an address of this machine: the answer.
std::string browse(std::string const& url) {
    auto const host = url.find("//") + 2, colon = url.find(':', host), path = url.find_first_of("/?", colon);
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<unsigned short>(std::stoul(url.substr(colon + 1, path - colon - 1))));
    std::string answer;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        auto const target = (url[path] == '?' ? "/" : "") + url.substr(path);
        auto const request = "GET " + target + " HTTP/1.1\r\nHost: " + url.substr(host, path - host) + "\r\n\r\n";
        static_cast<void>(::send(fd, request.data(), request.size(), MSG_NOSIGNAL));
        std::array<char, 4096> octets{};
        for (ssize_t got = 0; (got = ::recv(fd, octets.data(), octets.size(), 0)) > 0;)
            answer.append(octets.data(), static_cast<std::size_t>(got));
    }
    ::close(fd);
    return answer;
}

// A person: reads the address on the terminal, logs in there, and is redirected.
class Person {
  public:
    using Act = std::function<void(std::string const& request)>;
    Person(LoginRig& rig, Act act) {
        rig.terminal.on_message = [this, &rig, act = std::move(act)](std::string const& line) {
            if (line.starts_with(rig.server.authorization_url() + "?")) thread_ = std::thread(act, line);
        };
    }
    ~Person() {
        if (thread_.joinable()) thread_.join();
    }
    Person(Person const&) = delete;
    Person& operator=(Person const&) = delete;

  private:
    std::thread thread_;
};

// What is typed.
class Keyboard {
  public:
    Keyboard() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~Keyboard() {
        ::close(ends_[0]);
        end();
    }
    Keyboard(Keyboard const&) = delete;
    Keyboard& operator=(Keyboard const&) = delete;
    [[nodiscard]] int descriptor() const { return ends_[0]; }
    void type(std::string const& text) const { static_cast<void>(::write(ends_[1], text.data(), text.size())); }
    void end() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }

  private:
    std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("oauth2 login by a device code: shown, waited for, written for the daemon alone") {
    LoginRig rig;
    rig.server.change([](auto& settings) {
        settings.device_states = {"authorization_pending", "authorization_pending", "granted"};
        settings.device_interval = 7s;
    });
    auto const session = rig.run();
    CHECK(session.code == 0);
    CHECK(session.err ==
          "Open  https://login.acme.example/device\n"
          "and enter the code  WDJB-MJHT\n"
          "or open  https://login.acme.example/device?user_code=WDJB-MJHT\n"
          "The code is good for 10 min. Waiting; Ctrl-C ends it.\n"
          "postern: posternd takes it up by itself; 'postern status' tells how it fares\n");
    CHECK(session.out ==
          "logged in for [[imap]] support@acme.example: the refresh token is in " + rig.token_file().string() + "\n");
    CHECK(rig.pauses == std::vector<std::chrono::milliseconds>{7s, 7s, 7s});
    CHECK(rig.server.is_live(rig.token()));
    struct stat status {};
    REQUIRE(::stat(rig.token_file().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator(rig.folder.path()), {}) == 1);
    CHECK(rig.server.requests().at(0).form.at("scope") == "mail");
}

TEST_CASE("oauth2 login --json: one document, without a secret") {
    LoginRig rig;
    rig.terminal.daemon_is_up = false;
    auto const session = rig.run("postern oauth2 login --json");
    CHECK(session.code == 0);
    CHECK(nlohmann::json::parse(session.out) == nlohmann::json{{"logged_in", true},
                                                               {"needed", true},
                                                               {"flow", "device"},
                                                               {"for", {"[[imap]] support@acme.example"}},
                                                               {"refresh_token_file", rig.token_file().string()},
                                                               {"refresh_token_ends", nullptr}});
    CHECK(session.err.find("WDJB-MJHT") != std::string::npos);
    CHECK(session.err.find("start posternd") != std::string::npos);
    rig.server.change([](auto& settings) { settings.refresh_lifetime = 3600s; });
    auto const ends = to_iso8601(rig.terminal.now + 1s + 3600s);
    CHECK(nlohmann::json::parse(rig.run("postern oauth2 login --json").out)["refresh_token_ends"] == ends);
}

TEST_CASE("RFC 8628 3.5: slow_down adds five seconds, trouble doubles, both to a bound") {
    LoginRig rig;
    rig.server.change([](auto& settings) {
        settings.device_states = {"slow_down", "authorization_pending", "slow_down", "granted"};
    });
    CHECK(rig.run().code == 0);
    CHECK(rig.pauses == std::vector<std::chrono::milliseconds>{1s, 6s, 6s, 11s});

    rig.pauses.clear();
    rig.server.change([](auto& settings) { settings.device_states = {"granted"}; });
    rig.server.next(TokenServer::unavailable(1));
    rig.server.next(TokenServer::truncated());
    rig.server.next(TokenServer::unavailable(9));
    rig.server.next(TokenServer::unavailable(3600));
    auto const session = rig.run();
    CHECK(session.code == 0);
    CHECK(rig.pauses == std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 9s, 60s});
    CHECK(session.err.find("HTTP status 503; asking again") != std::string::npos);
}

TEST_CASE("a device login that is denied, runs out, or is none: nothing is written, the cure is said") {
    LoginRig rig;
    write_file(rig.token_file(), "old\n");
    auto const ends_with = [&](int code, std::string const& text) {
        auto const session = rig.run();
        CAPTURE(session.err);
        CHECK(session.code == code);
        CHECK(session.out.empty());
        CHECK(session.err.find(text) != std::string::npos);
        CHECK(rig.token() == "old");
    };
    auto const state = [&](std::string const& error) {
        rig.server.change([&](auto& settings) { settings.device_states = {error}; });
    };
    state("access_denied");
    ends_with(77, "access_denied (who logged in, or an administrator, has not permitted it: log in again as who may)");
    state("expired_token");
    ends_with(75, "nobody logged in with that code in time");
    state("authorization_pending");
    rig.server.change([](auto& settings) {
        settings.device_lifetime = 30s;
        settings.device_interval = 5s;
    });
    auto const before = rig.server.count("/token");
    ends_with(75, "nobody logged in with that code in time");
    CHECK(rig.server.count("/token") - before == 5);  // the sixth would come when it is over
    state("invalid_grant");
    ends_with(77, "run 'postern oauth2 login' again");
    rig.server.next(TokenServer::html(200));
    ends_with(69, "what came is no JSON object");
    rig.server.next_device(TokenServer::refusal("invalid_client", "AADSTS7000218", 401));
    ends_with(77, "invalid_client: AADSTS7000218 (compare client_id and client_secret_file");
    rig.server.next_device(TokenServer::html(502));
    ends_with(75, "try again later");
    rig.server.next_device(TokenServer::html(200));
    ends_with(69, "what came is no JSON object");
    rig.server.next_device(TokenServer::refusal("unheard_of"));
    ends_with(77, ": unheard_of\n");
}

TEST_CASE("an access token without a refresh token is no login: what to change") {
    LoginRig rig;
    rig.server.change([](auto& settings) { settings.gives_refresh_token = false; });
    auto session = rig.run();
    CHECK(session.code == 78);
    CHECK(session.err.find("add offline_access to scope") != std::string::npos);
    CHECK(!std::filesystem::exists(rig.token_file()));
    rig.first().scope += " offline_access";
    session = rig.run();
    CHECK(session.code == 78);
    CHECK(session.err.find("let the provider give this client refresh tokens") != std::string::npos);
}

TEST_CASE("a login that gave less than was asked for says so") {
    LoginRig rig;
    rig.first().scope = "mail send offline_access https://a.example/.default";
    auto const session = rig.run();
    CHECK(session.code == 0);
    CHECK(session.err.find("postern: not granted: send; what needs it will be refused\n") != std::string::npos);
    CHECK(session.err.find("not granted: offline") == std::string::npos);
    CHECK(session.err.find("not granted: https") == std::string::npos);
}

TEST_CASE("what a hostile provider writes on the terminal does nothing there") {
    LoginRig rig;
    rig.server.change([](auto& settings) {
        settings.user_code = "\x1b[2J\x1b]0;owned\x07";
        settings.verification_uri = "https://a.example/\xe2\x80\xae\x1b[8m\r\nOpen https://evil.example";
    });
    auto const session = rig.run();
    CHECK(session.code == 0);
    CHECK(session.err.find("and enter the code  \\x1b[2J\\x1b]0;owned\\x07\n") != std::string::npos);
    CHECK(session.err.find("https://a.example/\\u202e\\x1b[8m\\r\\nOpen https://evil.example\n") != std::string::npos);
    rig.server.next_device(TokenServer::refusal("x\x1b[2J", "\x1b]0;\x07\n"));
    CHECK(rig.run().code == 77);
}

TEST_CASE("an interrupted login ends at once and writes nothing") {
    LoginRig rig;
    rig.server.change([](auto& settings) { settings.device_states = {"authorization_pending"}; });
    rig.on_pause = [&] { rig.stop.raise(); };
    auto session = rig.run();
    CHECK(session.code == 75);
    CHECK(session.err.ends_with("postern: interrupted; nothing was changed\n"));
    CHECK(rig.server.count("/token") == 0);
    rig.stop.clear();
    Person const nobody(rig, [&](std::string const&) { rig.stop.raise(); });
    session = rig.run("postern oauth2 login --browser");
    CHECK(session.code == 75);
    CHECK(!std::filesystem::exists(rig.token_file()));
}

TEST_CASE("oauth2 login --browser: the browser comes back to this machine, other visitors don't count") {
    LoginRig rig;
    rig.first().scope = "mail offline_access";
    std::string at_last;
    std::vector<std::string> others;
    Person const person(rig, [&](std::string const& request) {
        auto const back = rig.server.agree(request);
        auto const root = back.substr(0, back.find('?'));
        auto const state = back.substr(back.find("&state="));
        others = {browse(root + "/favicon.ico"),
                  browse(root + "/?code=forged&state=guessed"),
                  browse(root + "/?code=forged"),
                  browse(root + "/?code=forged&code=twice" + state),
                  browse(root + "/other" + back.substr(back.find('?'))),
                  browse(root + "/?" + std::string(40'000, 'x'))};
        at_last = browse(back);
    });
    auto const session = rig.run("postern oauth2 login --browser --json");
    CHECK(session.code == 0);
    CHECK(nlohmann::json::parse(session.out)["flow"] == "browser");
    CHECK(rig.server.is_live(rig.token()));
    CHECK(at_last.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(at_last.find("You may close this page") != std::string::npos);
    for (auto const& other : others) {
        bool const is_turned_away = other.empty() || other.starts_with("HTTP/1.1 404 ");
        CHECK(is_turned_away);
    }
    REQUIRE(rig.server.count("/token") == 1);
    auto const form = rig.server.requests().at(0).form;
    CHECK(form.at("grant_type") == "authorization_code");
    CHECK(form.at("redirect_uri").starts_with("http://127.0.0.1:"));
    CHECK(form.at("code_verifier").size() == 43);  // RFC 7636 4.1: 43 to 128
    CHECK(session.err.find("paste") == std::string::npos);
}

TEST_CASE("oauth2 login --browser: the last address is pasted, where the browser is elsewhere") {
    LoginRig rig;
    Keyboard keyboard;
    rig.terminal.login.input = keyboard.descriptor();
    Person const person(rig, [&](std::string const& request) {
        keyboard.type("\nhttps://login.acme.example/device\n");
        keyboard.type("  \"" + rig.server.agree(request) + "\" \r\n");
    });
    auto const session = rig.run("postern oauth2 login --browser");
    CHECK(session.code == 0);
    CHECK(session.err.find("paste the address of that page here") != std::string::npos);
    CHECK(session.err.find("that is not the address that the browser was sent to in the end") != std::string::npos);
    CHECK(rig.server.is_live(rig.token()));
}

TEST_CASE("a pasted address without a line end counts when all is typed, and an empty input is no end") {
    LoginRig rig;
    Keyboard keyboard, closed;
    rig.terminal.login.input = keyboard.descriptor();
    {
        Person const person(rig, [&](std::string const& request) {
            keyboard.type(rig.server.agree(request));
            keyboard.end();
        });
        CHECK(rig.run("postern oauth2 login --browser").code == 0);
    }
    closed.end();
    rig.terminal.login.input = closed.descriptor();
    Person const person(rig, [&](std::string const& request) { browse(rig.server.agree(request)); });
    CHECK(rig.run("postern oauth2 login --browser").code == 0);
}

TEST_CASE("a browser login that the provider refuses, or that nobody makes") {
    LoginRig rig;
    {
        Person const person(rig, [&](std::string const& request) {
            auto back = rig.server.agree(request);
            back.replace(back.find("code="), back.find('&') - back.find("code="),
                         "error=access_denied&error_description=no+%1b%5B2J");
            browse(back);
        });
        auto const session = rig.run("postern oauth2 login --browser");
        CHECK(session.code == 77);
        CHECK(session.err.find("the provider says: access_denied: no \\x1b[2J (who logged in,") != std::string::npos);
    }
    {
        // PKCE: a code of somebody else's request is worth nothing.
        Person const person(rig, [&](std::string const& request) {
            auto const challenge = request.find("code_challenge=") + 15;
            auto other = request;
            other[challenge] = other[challenge] == 'A' ? 'B' : 'A';
            browse(rig.server.agree(other));
        });
        auto const session = rig.run("postern oauth2 login --browser");
        CHECK(session.code == 77);
        CHECK(session.err.find("invalid_grant: PKCE verification failed") != std::string::npos);
    }
    rig.terminal.on_message = {};
    rig.terminal.login.browser = 50ms;
    auto const session = rig.run("postern oauth2 login --browser");
    CHECK(session.code == 75);
    CHECK(session.err.find("nobody logged in in time") != std::string::npos);
    CHECK(!std::filesystem::exists(rig.token_file()));
}

TEST_CASE("tables with one refresh_token_file are one login, with the scopes of both") {
    LoginRig rig;
    auto relay = rig.oauth2();
    relay.scope = "send mail";
    rig.terminal.options.relay = RelayOptions{};
    rig.terminal.options.relay->oauth2 = relay;
    auto const session = rig.run();
    CHECK(session.code == 0);
    CHECK(session.out.starts_with("logged in for [[imap]] support@acme.example, [relay]: "));
    CHECK(rig.server.requests().at(0).form.at("scope") == "mail send");
    rig.terminal.options.relay->oauth2->client_id = "another";
    CHECK(rig.run().code == 78);
}

TEST_CASE("where several tokens are configured, the operator says which") {
    LoginRig rig;
    rig.add_folder("sales@acme.example", rig.oauth2("sales-token"));
    auto session = rig.run();
    CHECK(session.code == 64);
    CHECK(session.err ==
          "postern: each of [[imap]] support@acme.example, [[imap]] sales@acme.example has a refresh_token_file of its "
          "own: choose one by --mailbox ADDR or --relay\n");
    CHECK(rig.run("postern oauth2 login --mailbox SALES@acme.example").code == 0);
    CHECK(std::filesystem::exists(rig.folder.path() / "sales-token"));
    CHECK(!std::filesystem::exists(rig.token_file()));
    CHECK(rig.run("postern oauth2 login --mailbox nobody@acme.example").code == 78);
    CHECK(rig.run("postern oauth2 login --relay").code == 78);
    CHECK(rig.run("postern oauth2 login --relay --mailbox sales@acme.example").code == 64);
}

TEST_CASE("client credentials need no login, a password none either") {
    LoginRig rig;
    rig.first().refresh_token.reset();
    auto session = rig.run();
    CHECK(session.code == 0);
    CHECK(session.err.find("no login is needed") != std::string::npos);
    CHECK(nlohmann::json::parse(rig.run("postern oauth2 login --json").out)["needed"] == false);
    rig.terminal.options.imap.clear();
    CHECK(rig.run().code == 78);
    CHECK(rig.server.requests().empty());
}

TEST_CASE("a login that could not be kept is not begun") {
    LoginRig rig;
    rig.first().refresh_token->file = rig.folder.path() / "none/token";
    CHECK(rig.run().code == 73);
    std::filesystem::create_directory(rig.token_file());
    rig.first().refresh_token->file = rig.token_file();
    CHECK(rig.run().code == 73);
    rig.first() = rig.oauth2("good");
    rig.first().client_secret = Secret{rig.folder.path() / "no-secret"};
    auto const session = rig.run();
    CHECK(session.code == 66);
    CHECK(session.err.find("cannot read client_secret_file") != std::string::npos);
    CHECK(rig.server.requests().empty());
}

TEST_CASE("the refresh token replaces an older one behind a link, whatever its rights were") {
    LoginRig rig;
    auto const real = rig.folder.path() / "elsewhere";
    write_file(real, "old");
    std::filesystem::permissions(real, std::filesystem::perms{0644});
    std::filesystem::create_symlink("elsewhere", rig.token_file());
    CHECK(rig.run().code == 0);
    CHECK(std::filesystem::is_symlink(rig.token_file()));
    CHECK(rig.server.is_live(rig.token()));
    CHECK(std::filesystem::status(real).permissions() == std::filesystem::perms{0600});
}

TEST_CASE("root writes the refresh token for the owner of state_dir, also where that one may not write") {
    if (::geteuid() != 0) return skip("not run by root");
    TemporaryFolder const state, etc;
    constexpr uid_t owner = 12345;
    REQUIRE(::chown(state.path().c_str(), owner, owner) == 0);
    auto const file = etc.path() / "token";
    RefreshTokenTarget(file, state.path(), [] {}).write("r1");
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK(status.st_uid == owner);
    CHECK(status.st_gid == owner);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(read_secret(Secret{file}) == "r1");

    // As that owner, who root has become meanwhile.
    REQUIRE(::seteuid(owner) == 0);
    bool returned = false;
    RefreshTokenTarget const target(file, state.path(), [&] { returned = ::seteuid(0) == 0; });
    target.write("r2");
    CHECK(returned);
    REQUIRE(::seteuid(0) == 0);
    CHECK(read_secret(Secret{file}) == "r2");
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK(status.st_uid == owner);
}

TEST_CASE("where a person logs in to Google, Microsoft and others") {
    OAuth2Options options;
    options.token_url = "https://oauth2.googleapis.com/token";
    options.scope = "https://mail.google.com/";
    auto google = login_endpoints(options);
    CHECK(google.authorization_url == "https://accounts.google.com/o/oauth2/v2/auth");
    CHECK(google.device_url == "https://oauth2.googleapis.com/device/code");
    CHECK(google.no_device == "Google lets no device ask for access to mail");
    options.client_id = "a&b";
    CHECK(url_of({"http://127.0.0.1:1", "s", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}, options, google) ==
          "https://accounts.google.com/o/oauth2/v2/"
          "auth?response_type=code&client_id=a%26b&redirect_uri=http%3A%2F%2F127.0."
          "0.1%3A1&scope=https%3A%2F%2Fmail.google.com%2F&state=s&code_challenge="
          "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-"
          "cM&code_challenge_method=S256&access_type=offline&prompt=consent");
    options.authorization_url = "https://proxy.acme.example/auth?x=1";
    google = login_endpoints(options);
    CHECK(
        url_of({"", "s", ""}, options, google).starts_with("https://proxy.acme.example/auth?x=1&response_type=code&"));

    OAuth2Options microsoft;
    microsoft.token_url = "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token";
    auto const known = login_endpoints(microsoft);
    CHECK(known.device_url == "https://login.microsoftonline.com/acme.example/oauth2/v2.0/devicecode");
    CHECK(known.authorization_url == "https://login.microsoftonline.com/acme.example/oauth2/v2.0/authorize");
    CHECK(known.no_device.empty());
    CHECK(known.redirect_host == "localhost");

    OAuth2Options other;
    other.token_url = "https://login.acme.example/token";
    CHECK(!login_endpoints(other).device_url);
    CHECK(!login_endpoints(other).authorization_url);
}

TEST_CASE("which flow is taken, and why") {
    LoginRig rig;
    rig.terminal.login.browser = 1ms;
    // No device_url: a browser.
    rig.first().device_url.reset();
    auto session = rig.run();
    CHECK(session.code == 75);
    CHECK(
        session.err.starts_with("postern: there is no device_url, so a browser has to (--browser)\nOpen in a browser"));
    rig.first().authorization_url.reset();
    session = rig.run();
    CHECK(session.code == 78);
    CHECK(session.err.find("write device_url or authorization_url into its oauth2 = { … }") != std::string::npos);
    rig.first().device_url = rig.server.device_url();
    CHECK(rig.run("postern oauth2 login --browser").code == 78);
    // Google's mail.
    rig.first().token_url = "https://oauth2.googleapis.com/token";
    rig.first().scope = "https://mail.google.com/";
    session = rig.run();
    CHECK(session.code == 75);
    CHECK(session.err.starts_with("postern: Google lets no device ask for access to mail, so a browser has to"));
    CHECK(session.err.find("https://accounts.google.com/o/oauth2/v2/auth?") != std::string::npos);
    CHECK(rig.server.requests().empty());
}

TEST_CASE("RFC 6749 4.1.2: what a redirection says") {
    auto const read = [](std::string_view target) { return read_redirect(target, "s t+1"); };
    auto const good = read("http://localhost:1/?state=s%20t%2b1&code=a%2Fb%3D&scope=x#frag&code=other");
    REQUIRE(good);
    CHECK(good->code == "a/b=");
    CHECK(read("/?code=c&state=s+t%2B1")->code == "c");
    CHECK(read("/?error=access_denied&error_description=a%20b%&state=s+t%2B1")->description == "a b%");
    for (auto const* const other : {"", "?", "/?", "/?code=c", "/?code=c&state=", "/?code=c&state=s", "/?state=s+t%2B1",
                                    "code=c&state=s+t%2B1", "/?code=c&state=s+t%2B1&state=s+t%2B1",
                                    "/?code=c&error=e&state=s+t%2B1", "/#?code=c", "/?code=&state=s+t%2B1"}) {
        CAPTURE(other);
        CHECK(!read(other));
    }
    CHECK(!read_redirect("/?code=c&state=", ""));
    CHECK(!read("/?state=s+t%2B1&code=" + std::string(redirect_octets, 'c')));
}
