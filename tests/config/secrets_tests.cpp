#include <stdlib.h>

#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr auto imap = R"(
    [[imap]]
    mailbox = "support@acme.example"
    url = "imaps://imap.acme.example"
    user = "support"
    password_file = "imap-password"
)";

// For as long as it lives.
class CredentialsDirectory {
  public:
    explicit CredentialsDirectory(std::filesystem::path const& folder) {
        setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
    }
    ~CredentialsDirectory() { unsetenv("CREDENTIALS_DIRECTORY"); }
    CredentialsDirectory(CredentialsDirectory const&) = delete;
    CredentialsDirectory& operator=(CredentialsDirectory const&) = delete;
};

}  // namespace

TEST_CASE("a secret is read from its file, without one line end") {
    ConfigFolder folder;
    folder.postern_toml(imap).file("imap-password", "s3cret \n");
    auto const options = folder.options();
    REQUIRE(options.imap.at(0).password);
    CHECK(options.imap[0].password->file == folder.path() / "imap-password");
    CHECK(read_secret(*options.imap[0].password) == "s3cret ");
    folder.file("imap-password", "two\n\n");
    CHECK(read_secret(*options.imap[0].password) == "two\n");
    folder.file("imap-password", "dos\r\n");
    CHECK(read_secret(*options.imap[0].password) == "dos");
    std::filesystem::remove(folder.path() / "imap-password");
    CHECK(read_secret(*options.imap[0].password) == std::nullopt);
}

TEST_CASE("a secret that is not there, is empty, or is everybody's") {
    ConfigFolder folder;
    folder.postern_toml(imap);
    CHECK(folder.findings() ==
          "postern.toml:5:17: error: 'password_file': can't read 'imap-password': No such file or directory (put the "
          "secret there, or hand it over by LoadCredential= of systemd)\n");
    folder.file("imap-password", "");
    CHECK(folder.findings() ==
          "postern.toml:5:17: error: 'password_file': 'imap-password' is empty (write the secret into it)\n");
    folder.file("imap-password", "s3cret");
    CHECK(folder.findings().empty());
    std::filesystem::permissions(folder.path() / "imap-password", std::filesystem::perms{0644});
    CHECK(folder.findings() ==
          "postern.toml:5:17: notice: 'password_file': everybody may read 'imap-password' (chmod o= it)\n");
}

TEST_CASE("$CREDENTIALS_DIRECTORY comes first, for plain names") {
    ConfigFolder folder;
    folder.postern_toml(imap).file("imap-password", "beside").file("credentials/imap-password", "handed over");
    folder.file("secrets/imap-password", "named by a path");
    CredentialsDirectory const credentials(folder.path() / "credentials");
    CHECK(read_secret(*folder.options().imap.at(0).password) == "handed over");
    auto text = std::string(imap);
    text.replace(text.find("imap-password"), 0, "secrets/");
    folder.postern_toml(text);
    CHECK(read_secret(*folder.options().imap.at(0).password) == "named by a path");
    std::filesystem::remove(folder.path() / "credentials/imap-password");
    folder.postern_toml(imap);
    CHECK(read_secret(*folder.options().imap.at(0).password) == "beside");
}

TEST_CASE("who needs no secret is not stopped by one that can't be read") {
    ConfigFolder folder;
    folder.postern_toml(imap);
    CHECK_FALSE(load_options(folder.path() / "postern.toml").options);
    auto const loaded = load_options_without_secrets(folder.path() / "postern.toml");
    CHECK(loaded.options);
    CHECK(loaded.findings.empty());
}

TEST_CASE("files that are no secrets may be read by all") {
    ConfigFolder folder;
    folder.postern_toml(std::string(imap) + "    ca_file = \"ca.pem\"\n").file("imap-password", "s3cret");
    CHECK(folder.findings() ==
          "postern.toml:6:11: error: 'ca_file': can't read 'ca.pem': No such file or directory (put the file there, "
          "readable by this user)\n");
    folder.file("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    std::filesystem::permissions(folder.path() / "ca.pem", std::filesystem::perms{0644});
    CHECK(folder.findings().empty());
}

TEST_CASE("a refresh token that is not there yet: who gets it") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [[imap]]
        mailbox = "support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        oauth2 = { token_url = "https://login.acme.example/token", client_id = "postern", refresh_token_file = "token" }
    )");
    CHECK(
        folder.findings() ==
        "postern.toml:5:104: error: 'refresh_token_file': can't read 'token': No such file or directory (run 'postern "
        "oauth2 login', which writes it)\n");
    folder.file("token", "");
    CHECK(folder.findings() ==
          "postern.toml:5:104: error: 'refresh_token_file': 'token' is empty (run 'postern oauth2 login', which writes "
          "it)\n");
    folder.file("token", "r");
    CHECK(folder.findings().empty());
}
