#include "daemon/dkim_record.h"

#include <catch2/catch.hpp>

#include "tests/support/daemon_process.h"
#include "tests/support/dkim_signer.h"

using namespace postern;
using postern::testing::make_rsa_key;
using postern::testing::run_program;
using postern::testing::TemporaryFolder;
using postern::testing::write_file;
using Type = DkimPrivateKey::Type;

namespace {

std::string openssl(std::vector<std::string> arguments, std::string_view input = {}) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    auto ran = run_program(arguments, input);
    REQUIRE(ran.exit_code == 0);
    return ran.out;
}

std::string why_not(std::string_view pem) {
    try {
        (void)DkimPrivateKey::from_pem(pem);
        return "";
    } catch (DkimKeyError const& error) {
        return error.what() + (" (" + error.cure() + ")");
    }
}

}  // namespace

TEST_CASE("RFC 6376 3.6.1: the record of an RSA key that openssl made, in either of its forms") {
    auto const made = make_rsa_key(2048);
    auto const key = DkimPrivateKey::from_pem(made.private_key);
    CHECK(key.type() == Type::rsa);
    CHECK(key.bits() == 2048);
    CHECK(dkim_record(key) == made.record);
    auto const pkcs1 = openssl({"rsa", "-traditional"}, made.private_key);
    REQUIRE(pkcs1.find("BEGIN RSA PRIVATE KEY") != std::string::npos);
    CHECK(dkim_record(DkimPrivateKey::from_pem(pkcs1)) == made.record);
}

TEST_CASE("RFC 8463 A.2: the record of its example key") {
    // The example's secret key is the seed nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=, here in PKCS#8 (RFC 8410 7).
    auto const key = DkimPrivateKey::from_pem(
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n");
    CHECK(key.type() == Type::ed25519);
    CHECK(dkim_record(key) == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST_CASE("a key that was made is read again from its PEM") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    auto const key = DkimPrivateKey::make(type);
    auto const again = DkimPrivateKey::from_pem(key.pem());
    CHECK(again.type() == type);
    CHECK(dkim_record(again) == dkim_record(key));
    CHECK(key.bits() == (type == Type::rsa ? 2048U : 256U));
}

TEST_CASE("a key that can't sign is told of with what would mend it, and nothing of it") {
    auto const short_key = make_rsa_key(768).private_key;
    CHECK(why_not(short_key) ==
          "is an RSA key of 768 bits, and verifiers take 1024 to 4096 (RFC 8301 3.2) (2048 is right: make one with "
          "'postern dkim keygen')");
    CHECK(why_not(make_rsa_key(1024).private_key).empty());
    CHECK(why_not("") == "holds no private key in PEM (make one with 'postern dkim keygen')");
    CHECK(why_not("-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n").find("holds no private key") ==
          0);
    auto const rsa = make_rsa_key(2048).private_key;
    CHECK(why_not(openssl({"pkey", "-pubout"}, rsa)).find("holds no private key") == 0);
    CHECK(why_not(openssl({"pkey", "-aes256", "-passout", "pass:secret"}, rsa)).find("is encrypted") == 0);
    CHECK(why_not(openssl({"rsa", "-traditional", "-aes256", "-passout", "pass:secret"}, rsa)).find("is encrypted") ==
          0);
    CHECK(why_not(openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}))
              .find("is a key of EC, and DKIM knows RSA and Ed25519") == 0);
    CHECK(why_not(openssl({"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"}))
              .find("is a key of RSA-PSS") == 0);
}

TEST_CASE("a damaged key is found before it signs what nobody can verify") {
    auto pem = openssl({"rsa", "-traditional"}, make_rsa_key(2048).private_key);
    // A digit in the middle of the modulus.
    auto& digit = pem.at(pem.find('\n') + 150);
    digit = digit == 'A' ? 'B' : 'A';
    CHECK(why_not(pem) == "is damaged: what it signs does not verify (make one with 'postern dkim keygen')");
}

TEST_CASE("a key file that can't be used is named") {
    TemporaryFolder const folder;
    auto const file = folder.path() / "dkim.pem";
    CHECK_THROWS_WITH(load_dkim_key(file), file.string() + ": can't be read: No such file or directory");
    CHECK_THROWS_WITH(load_dkim_key(folder.path()), folder.path().string() + ": can't be read: Is a directory");
    write_file(file, "hello\n");
    CHECK_THROWS_WITH(load_dkim_key(file), file.string() + ": holds no private key in PEM");
    write_file(file, std::string(1'000'000, 'x'));
    CHECK_THROWS_WITH(load_dkim_key(file), file.string() + ": holds no private key in PEM");
    auto const key = DkimPrivateKey::make(Type::ed25519);
    write_file(file, key.pem());
    CHECK(dkim_record(load_dkim_key(file)) == dkim_record(key));
}

TEST_CASE("RFC 6376 3.6.2.2, RFC 1035 3.3: a record in strings of at most 255 octets") {
    CHECK(dkim_record_name({"acme.example", "s1", {}}) == "s1._domainkey.acme.example");
    CHECK(dkim_zone_line("s1._domainkey.acme.example", "v=DKIM1; p=x") ==
          "s1._domainkey.acme.example. IN TXT ( \"v=DKIM1; p=x\" )");
    CHECK(dkim_zone_line("a", std::string(255, 'x')) == "a. IN TXT ( \"" + std::string(255, 'x') + "\" )");
    CHECK(dkim_zone_line("a", std::string(511, 'x')) ==
          "a. IN TXT ( \"" + std::string(255, 'x') + "\" \"" + std::string(255, 'x') + "\" \"x\" )");
}
