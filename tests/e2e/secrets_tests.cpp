// No password, token or key is found where none may be: in the log, `status`, a command line, an environment, the
// store, a core file. The search itself is tried on a planted one.
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "parsers/base64.h"
#include "tests/support/bearer_auth.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"
#include "tests/support/nsd_server.h"
#include "tests/support/token_server.h"

using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

bool eventually(std::function<bool()> const& so) {
    for (auto const end = std::chrono::steady_clock::now() + 60s; !so(); std::this_thread::sleep_for(50ms))
        if (std::chrono::steady_clock::now() > end) return false;
    return true;
}

std::string mail(std::string const& number) {
    return "From: ana@northwind.example\r\nTo: support@acme.example\r\nSubject: Mail " + number +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + number +
           "@northwind.example>\r\n\r\nPlease help.\r\n";
}

// A secret as it is, and the base64 of it at each of the three places where it can begin.
std::vector<std::string> forms_of(std::string const& secret) {
    std::vector<std::string> forms{secret};
    for (std::size_t before = 0; before < 3; ++before) {
        auto const text = postern::encode_base64(std::string(before, 'x') + secret);
        // Without the digits that its neighbours have a part in.
        forms.push_back(text.substr(4, text.size() - 8));
    }
    return forms;
}

struct Search {
    std::vector<std::string> secrets;
    std::vector<std::string> found;  // "where: the secret"

    void in(std::string const& where, std::string const& text) {
        for (auto const& secret : secrets) {
            auto const forms = forms_of(secret);
            if (std::ranges::any_of(forms, [&](auto const& form) { return text.find(form) != std::string::npos; }))
                found.push_back(where + ": " + secret);
        }
    }
    void in_files_below(fs::path const& folder, std::vector<fs::path> const& but) {
        for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
            if (std::ranges::find(but, at->path()) != but.end()) {
                at.disable_recursion_pending();
            } else if (at->is_regular_file()) {
                in(at->path().string(), read_file(at->path()));
            }
        }
    }
    void in_process(pid_t pid) {
        auto const folder = fs::path("/proc") / std::to_string(pid);
        auto const command_line = read_file(folder / "cmdline");
        REQUIRE(!command_line.empty());
        in((folder / "cmdline").string(), command_line);
        in((folder / "environ").string(), read_file(folder / "environ"));
    }
};

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> all;
    std::error_code gone;
    for (auto const& task : fs::directory_iterator("/proc/" + std::to_string(parent) + "/task", gone)) {
        std::istringstream words(read_file(task.path() / "children"));
        for (pid_t each = 0; words >> each;) all.push_back(each);
    }
    return all;
}

}  // namespace

TEST_CASE("secrets: a story of logins, refusals and signatures at log level debug leaves no secret behind") {
    TokenServer tokens;
    BearerAuth const bearer(tokens);
    DovecotServer by_token(bearer.dovecot_lines());
    DovecotServer by_password;
    NsdServer const dns("northwind.example", "@ IN TXT \"v=spf1 ip4:127.0.0.1 -all\"\n");
    DaemonProcess daemon;
    auto const& folder = daemon.folder();
    auto const seed = tokens.issue_refresh_token();
    // Not the right one, so that it is refused; the right one, "secret", is a word of any text.
    std::string const wrong_password = "correct-horse-battery-staple", client_secret = "client-secret-0815-4711";
    tokens.change([&](TokenServer::Settings& settings) {
        settings.lifetime = 2s;
        settings.rotates = true;
        settings.client_secret = client_secret;
    });
    write_file(folder / "imap-refresh", seed + "\n");
    write_file(folder / "client-secret", client_secret + "\n");
    write_file(folder / "wrong-password", wrong_password + "\n");
    std::vector<fs::path> secret_files{folder / "imap-refresh", folder / "client-secret", folder / "wrong-password",
                                       folder / "dkim.pem", folder / "state" / "oauth2"};
    REQUIRE(run_program({"/usr/bin/openssl", "genrsa", "-traditional", "-out", (folder / "dkim.pem").string(), "2048"})
                .exit_code == 0);
    for (auto const& file : secret_files) ::chmod(file.c_str(), 0600);
    auto const oauth2 = "oauth2 = { token_url = \"" + tokens.token_url() + "\", client_id = \"postern\", ca_file = \"" +
                        tokens.authority().string() +
                        "\", client_secret_file = \"client-secret\", refresh_token_file = \"imap-refresh\" }\n";
    auto const folder_at = [](DovecotServer const& server, std::string const& login) {
        return "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
               std::to_string(server.tls_port()) + "\"\nca_file = \"" + server.authority().string() +
               "\"\nuser = \"support@acme.example\"\npoll = \"1s\"\nidle = false\n" + login;
    };
    daemon.setup.extra = "[log]\nlevel = \"debug\"\n" + folder_at(by_token, oauth2) +
                         folder_at(by_password, "password_file = \"wrong-password\"\nfolder = \"Other\"\n") +
                         "[dkim]\ndomain = \"acme.example\"\nselector = \"postern\"\nkey_file = \"dkim.pem\"\n"
                         "[authentication]\nresolver = \"" +
                         dns.address() + "\"\n";
    daemon.setup.wrapper = {"prlimit", "--core=unlimited:unlimited"};
    daemon.write_config();

    by_token.deliver("support@acme.example", {mail("1")});
    daemon.start();
    auto const tickets = [&](std::size_t count) {
        return eventually([&] { return daemon.json({"ticket", "list"}).size() == count; });
    };
    REQUIRE(tickets(1));
    REQUIRE(daemon.sent(1).size() == 1);  // signed
    {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mail.northwind.example"));
        CHECK(client.mail("ana@northwind.example", "support@acme.example", mail("3")).starts_with("250"));
    }
    by_token.stop();
    by_token.start();
    by_token.deliver("support@acme.example", {mail("2")});
    REQUIRE(tickets(3));
    tokens.always(TokenServer::html(500));
    std::this_thread::sleep_for(2s);  // the token's life
    by_token.stop();
    by_token.start();
    auto const status_says = [&](std::string const& words) {
        return eventually([&] { return daemon.postern({"status"}).out.find(words) != std::string::npos; });
    };
    CHECK(status_says("no OAuth2 token from"));
    tokens.revoke_refresh_tokens();
    tokens.always(std::nullopt);
    CHECK(status_says("invalid_grant"));
    CHECK(status_says("cannot log in to localhost"));  // by the password

    Search search;
    search.secrets = tokens.secrets();
    REQUIRE(search.secrets.size() >= 6);  // seed, access tokens, exchanged ones
    search.secrets.insert(search.secrets.end(), {client_secret, wrong_password});
    std::istringstream key(read_file(folder / "dkim.pem"));
    for (std::string line; std::getline(key, line);)
        if (!line.starts_with("-----")) search.secrets.push_back(line);
    std::ranges::sort(search.secrets);
    search.secrets.erase(std::ranges::unique(search.secrets).begin(), search.secrets.end());
    search.in("status", daemon.postern({"status"}).out + daemon.postern({"status", "--json"}).out);
    search.in_process(daemon.pid());
    auto const verifiers = children_of(daemon.pid());
    CHECK(!verifiers.empty());
    for (auto const each : verifiers) search.in_process(each);
    search.in_files_below(folder, secret_files);
    CHECK(search.found == std::vector<std::string>{});

    // It finds what is there: a secret in base64 in the midst of a line, one that is a file's whole content.
    write_file(folder / "planted", "AUTH " + postern::encode_base64("n,a=support,\1auth=Bearer " + seed + "\1\1"));
    search.in_files_below(folder, secret_files);
    CHECK(search.found.size() == 1);
    search.in_files_below(folder, {});
    CHECK(search.found.size() > 4);

    // It dies where core files go beside it.
    CHECK(read_file("/proc/" + std::to_string(daemon.pid()) + "/limits").find("Max core file size        0") !=
          std::string::npos);
    ::kill(daemon.pid(), SIGABRT);
    CHECK(daemon.wait_for_end(20s) == 128 + SIGABRT);
    for (auto const& place : {fs::current_path(), folder, folder / "state"}) {
        for (auto const& entry : fs::directory_iterator(place))
            CHECK_FALSE(entry.path().filename().string().starts_with("core"));
    }
}
