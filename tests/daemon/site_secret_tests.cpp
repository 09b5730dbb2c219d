// The site's secret: made once, the same for all, nobody else's to read.
#include "daemon/site_secret.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::Message;

namespace {

unsigned mode_of(std::filesystem::path const& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

std::string failure_of(std::filesystem::path const& state_dir) {
    try {
        (void)SiteSecret::load_or_make(state_dir);
        return {};
    } catch (SiteSecretError const& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("the site's secret is made once, 0600, and gives each purpose a key of its own, the same at every start") {
    TemporaryFolder const folder;
    CHECK_FALSE(SiteSecret::load(folder.path()));
    auto const first = SiteSecret::load_or_make(folder.path());
    CHECK(mode_of(folder.path() / "secret") == 0600);
    CHECK(std::filesystem::file_size(folder.path() / "secret") == site_secret_octets);
    auto const again = SiteSecret::load_or_make(folder.path());
    auto const seal = first.key_for("one").seal("octets");
    CHECK(again.key_for("one").seal("octets") == seal);
    CHECK(again.key_for("two").seal("octets") != seal);
    CHECK(again.key_for("one").seal("octetz") != seal);
    TemporaryFolder const other;
    CHECK(SiteSecret::load_or_make(other.path()).key_for("one").seal("octets") != seal);
}

TEST_CASE("RFC 4231 4.3: a seal is HMAC-SHA256") {
    std::array<std::uint8_t, 32> key{};  // zeros behind a key that is shorter change nothing (RFC 2104 2)
    std::copy_n("Jefe", 4, key.begin());
    auto const seal = SealingKey(key).seal("what do ya want for nothing?");
    std::string hex;
    for (auto const octet : seal) {
        hex += "0123456789abcdef"[octet >> 4U];
        hex += "0123456789abcdef"[octet & 15U];
    }
    CHECK(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("of many that need the site's secret at once one makes it and all have the same") {
    TemporaryFolder const folder;
    std::vector<SealingKey::Seal> seals(8);
    std::vector<std::thread> threads;
    for (auto& seal : seals) {
        threads.emplace_back([&] { seal = SiteSecret::load_or_make(folder.path()).key_for("one").seal("octets"); });
    }
    for (auto& thread : threads) thread.join();
    CHECK(std::set(seals.begin(), seals.end()).size() == 1);
    // Nothing half-made stays behind.
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("where state_dir is shared with its group, the group may read the site's secret and nobody else") {
    TemporaryFolder const folder;
    REQUIRE(::chmod(folder.path().c_str(), 02770) == 0);
    (void)SiteSecret::load_or_make(folder.path());
    CHECK(mode_of(folder.path() / "secret") == 0640);
}

TEST_CASE("a secret that is no secret, or none of ours, is refused with the cure") {
    TemporaryFolder const folder;
    auto const file = folder.path() / "secret";
    SECTION("cut short") {
        std::ofstream(file) << "short";
        REQUIRE(::chmod(file.c_str(), 0600) == 0);
        CHECK_THAT(failure_of(folder.path()), Contains("has not 32 octets: remove it"));
    }
    SECTION("longer") {
        std::ofstream(file) << std::string(33, 'x');
        REQUIRE(::chmod(file.c_str(), 0600) == 0);
        CHECK_THAT(failure_of(folder.path()), Contains("has not 32 octets: remove it"));
    }
    SECTION("everybody's") {
        (void)SiteSecret::load_or_make(folder.path());
        REQUIRE(::chmod(file.c_str(), 0604) == 0);
        CHECK_THAT(failure_of(folder.path()), Contains("chmod o= it"));
    }
    SECTION("a link elsewhere") {
        std::ofstream(folder.path() / "elsewhere") << std::string(32, 'x');
        std::filesystem::create_symlink(folder.path() / "elsewhere", file);
        CHECK_THAT(failure_of(folder.path()), Contains("can't read"));
    }
    SECTION("a folder") {
        std::filesystem::create_directory(file);
        CHECK_THAT(failure_of(folder.path()), Contains("is no file"));
    }
    SECTION("nowhere to put it") {
        CHECK_THAT(failure_of(folder.path() / "missing"), Contains("can't look at"));
    }
}
