// `postern dkim keygen`, `dkim record`, and what `check` finds about the key.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/dkim_record.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dkim_signer.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Site {
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "dkim.pem";
    Terminal terminal;

    Site() {
        terminal.options.site.state_dir = folder.path();
        terminal.options.dkim = DkimOptions{"acme.example", "s1", Secret{file}};
    }
    [[nodiscard]] Session run(std::string const& command) { return terminal.run("postern " + command); }
    [[nodiscard]] nlohmann::json json(std::string const& command) {
        auto const ran = run(command + " --json");
        REQUIRE(ran.code == 0);
        return nlohmann::json::parse(ran.out);
    }
};

mode_t mode_of(std::filesystem::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

uid_t owner_of(std::filesystem::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_uid;
}

}  // namespace

TEST_CASE("dkim keygen: a key for the daemon alone, and its record in both forms") {
    Site site;
    auto const ran = site.run("dkim keygen");
    CHECK(ran.code == 0);
    CHECK(mode_of(site.file) == 0600);
    auto const key = load_dkim_key(site.file);
    CHECK(key.type() == DkimPrivateKey::Type::rsa);
    CHECK(key.bits() == 2048);
    auto const record = dkim_record(key);
    CHECK(ran.out == site.file.string() + ": an RSA key of 2048 bits\n\nFor a zone file:\n" +
                         dkim_zone_line("s1._domainkey.acme.example", record) +
                         "\n\nFor a form that asks for name, type and text:\ns1._domainkey.acme.example\nTXT\n" +
                         record + "\n");
    CHECK_THAT(ran.err, Contains("publish the record first"));
    CHECK(site.run("dkim record").out == ran.out);
}

TEST_CASE("dkim keygen --json, and an Ed25519 key") {
    Site site;
    auto const made = site.json("dkim keygen --type ed25519");
    auto const key = load_dkim_key(site.file);
    CHECK(key.type() == DkimPrivateKey::Type::ed25519);
    CHECK(made == nlohmann::json({{"file", site.file.string()},
                                  {"type", "ed25519"},
                                  {"bits", 256},
                                  {"domain", "acme.example"},
                                  {"selector", "s1"},
                                  {"name", "s1._domainkey.acme.example"},
                                  {"record", dkim_record(key)},
                                  {"zone_line", dkim_zone_line("s1._domainkey.acme.example", dkim_record(key))}}));
    CHECK(site.json("dkim record") == made);
}

TEST_CASE("dkim keygen never writes over a file, nor through a link") {
    Site site;
    write_file(site.file, "precious");
    auto const ran = site.run("dkim keygen");
    CHECK(ran.code == 73);
    CHECK_THAT(ran.err, Contains("exists already"));
    CHECK(ran.out.empty());
    CHECK(read_file(site.file) == "precious");
    auto const link = site.folder.path() / "link.pem";
    std::filesystem::create_symlink(site.folder.path() / "elsewhere", link);
    CHECK(site.run("dkim keygen --output " + link.string()).code == 73);
    CHECK_FALSE(std::filesystem::exists(site.folder.path() / "elsewhere"));
    CHECK(site.run("dkim keygen --output " + (site.folder.path() / "no" / "folder.pem").string()).code == 73);
}

TEST_CASE("dkim keygen: the command line goes before [dkim], and does without it") {
    Site site;
    auto const other = (site.folder.path() / "other.pem").string();
    auto const made = site.json("dkim keygen --selector s2 --output " + other + " --bits 1024");
    CHECK(made["name"] == "s2._domainkey.acme.example");
    CHECK(made["bits"] == 1024);
    site.terminal.options.dkim.reset();
    CHECK(site.run("dkim keygen").code == 64);
    CHECK(site.run("dkim record").code == 78);
    auto const alone = site.json("dkim keygen --domain Bücher.example --selector S3 --output " + other + "2");
    CHECK(alone["name"] == "s3._domainkey.xn--bcher-kva.example");
}

TEST_CASE("dkim keygen: what it can't make is a mistake of usage, and no file") {
    Site site;
    for (auto const* const mistyped :
         {"--type dsa", "--bits 512", "--bits 8192", "--bits many", "--type ed25519 --bits 2048", "--domain '['",
          "--domain 'a b'", "--selector ''", "--selector 'x y'"}) {
        INFO(mistyped);
        CHECK(site.run(std::string("dkim keygen ") + mistyped).code == 64);
    }
    CHECK_FALSE(std::filesystem::exists(site.file));
}

TEST_CASE("dkim keygen by root: the key is its whose state_dir is") {
    if (::geteuid() != 0) return;
    constexpr uid_t somebody = 12345;
    Site site;
    REQUIRE(::chown(site.folder.path().c_str(), somebody, somebody) == 0);
    CHECK(site.run("dkim keygen").code == 0);
    CHECK(owner_of(site.file) == somebody);
    CHECK(mode_of(site.file) == 0600);
}

TEST_CASE("check: a key that the daemon would not start with is an error, a short one is noticed") {
    Site site;
    CHECK(site.run("dkim keygen").code == 0);
    CHECK(site.run("check").out.empty());
    CHECK(site.run("check").code == 0);
    write_file(site.file, "no key");
    auto const broken = site.run("check");
    CHECK(broken.code == 78);
    CHECK(broken.out == "/etc/postern/postern.toml: error: 'key_file': " + site.file.string() +
                            ": holds no private key in PEM (make one with 'postern dkim keygen')\n");
    CHECK(site.run("dkim record").code == 66);
    write_file(site.file, make_rsa_key(1024).private_key);
    auto const weak = site.run("check");
    CHECK(weak.code == 0);
    CHECK_THAT(weak.out, StartsWith("/etc/postern/postern.toml: notice: 'key_file': ") &&
                             Contains("an RSA key of 1024 bits") && Contains("'postern dkim keygen'"));
}
