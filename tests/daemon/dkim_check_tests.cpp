#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <map>

#include "daemon/verifier/canonical_body.h"
#include "daemon/verifier/dkim_check.h"
#include "daemon/verifier_reasons.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dkim_signer.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr auto mail =
    "From: Ana <ana@northwind.example>\r\n"
    "To: help@support.example\r\n"
    "Subject: Printer\r\n"
    "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "Message-ID: <1@northwind.example>\r\n"
    "\r\n"
    "The printer  on the third floor \r\n"
    ". is gone\r\n"
    "\r\n"
    "\r\n";

// What DNS holds; a name of which it says nothing is not there.
struct Keys {
    std::map<std::string, DnsAnswer> answers;
    std::vector<std::string> asked;

    void add(std::string const& name, std::string const& record) {
        answers[name].status = DnsAnswer::Status::found;
        answers[name].records.push_back({record, 0});
    }
    DnsAnswer look_up(std::string const& name) {
        asked.push_back(name);
        auto const found = answers.find(name);
        return found == answers.end() ? DnsAnswer{DnsAnswer::Status::no_name, {}} : found->second;
    }
    std::vector<DkimCheck> check(std::string const& octets, std::string const& from = "northwind.example",
                                 std::int64_t now = std::time(nullptr)) {
        return verifier::check_dkim({octets, from, 5, now}, [this](std::string const& name, DnsType type) {
            CHECK(type == DnsType::txt);
            return look_up(name);
        });
    }
};

DkimCheck only(std::vector<DkimCheck> const& checks) {
    REQUIRE(checks.size() == 1);
    return checks.front();
}

DkimKey const& rsa_key() {
    static auto const key = make_rsa_key(2048);
    return key;
}

std::string s1(std::string const& domain = "northwind.example") {
    return "s1._domainkey." + domain;
}

Keys rsa_keys() {
    Keys keys;
    keys.add(s1(), rsa_key().record);
    return keys;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    auto const at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t at = 0; at < times; ++at) all += text;
    return all;
}

}  // namespace

TEST_CASE("mail that opendkim signed passes, whatever its canonicalization") {
    for (auto const* const how : {"simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"}) {
        DkimSigning signing;
        signing.canonicalization = how;
        auto keys = rsa_keys();
        auto const check = only(keys.check(signed_by_opendkim(mail, rsa_key(), signing)));
        CHECK(check == DkimCheck{DkimResult::pass, "northwind.example", "s1", "rsa-sha256", ""});
        CHECK(keys.asked == std::vector{s1()});
    }
}

TEST_CASE("mail that dkimpy signed passes, by RSA and by Ed25519 (RFC 8463)") {
    auto keys = rsa_keys();
    auto const ed25519 = make_ed25519_key();
    keys.add("s2._domainkey.northwind.example", ed25519.record);
    DkimSigning second;
    second.selector = "s2";
    auto const checks = keys.check(signed_by_dkimpy(signed_by_dkimpy(mail, rsa_key()), ed25519, second));
    CHECK(checks == std::vector<DkimCheck>{{DkimResult::pass, "northwind.example", "s2", "ed25519-sha256", ""},
                                           {DkimResult::pass, "northwind.example", "s1", "rsa-sha256", ""}});
}

TEST_CASE("bare LF in mail from IMAP or a pipe is CRLF for its signature") {
    auto text = signed_by_dkimpy(mail, rsa_key());
    std::erase(text, '\r');
    CHECK(only(rsa_keys().check(text)).result == DkimResult::pass);
    // Nor has the last line an end (RFC 6376 3.4.3).
    while (text.ends_with('\n')) text.pop_back();
    CHECK(only(rsa_keys().check(text)).result == DkimResult::pass);
}

TEST_CASE("a changed body fails, a changed signed field too, and one that is not signed does not") {
    auto const text = signed_by_opendkim(mail, rsa_key());
    auto const body = only(rsa_keys().check(replaced(text, "third", "fourth")));
    CHECK(body.result == DkimResult::fail);
    CHECK(body.why == reasons::body_changed);
    auto const header = only(rsa_keys().check(replaced(text, "Subject: Printer", "Subject: Invoice")));
    CHECK(header.result == DkimResult::fail);
    CHECK(header.why == reasons::header_changed);
    CHECK(only(rsa_keys().check(replaced(text, "Message-ID: <1", "Message-ID: <2"))).result == DkimResult::pass);
    CHECK(only(rsa_keys().check("Received: by us\r\n" + text)).result == DkimResult::pass);
}

TEST_CASE("RFC 6376 8.2: a signature that leaves octets of the body unsigned does not count") {
    for (auto const* const how : {"simple/simple", "relaxed/relaxed"}) {
        DkimSigning signing;
        signing.with_length = true;
        signing.canonicalization = how;
        auto const text = signed_by_dkimpy(mail, rsa_key(), signing);
        REQUIRE(text.find("l=") != std::string::npos);
        CHECK(only(rsa_keys().check(text)).result == DkimResult::pass);
        // Empty lines at the end are nothing to either canonicalization.
        CHECK(only(rsa_keys().check(text + "\r\n\r\n")).result == DkimResult::pass);
        for (auto const* const more : {"And pay this.\r\n", "x", "\r\n\r\n.\r\n"}) {
            auto const longer = only(rsa_keys().check(text + more));
            CHECK(longer.result == DkimResult::policy);
            CHECK(longer.why == reasons::unsigned_octets);
        }
        auto const shorter = only(rsa_keys().check(text.substr(0, text.find(". is gone"))));
        CHECK(shorter.result == DkimResult::permerror);
        CHECK(shorter.why == reasons::too_large_length);
    }
}

TEST_CASE("RFC 6376 3.4: the octets of a canonicalized body") {
    using verifier::BodyCanonicalization;
    using verifier::canonical_body_octets;
    auto const both = [](std::string_view body) {
        return std::pair(canonical_body_octets(body, BodyCanonicalization::simple),
                         canonical_body_octets(body, BodyCanonicalization::relaxed));
    };
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(both("") == Pair(2, 0));
    CHECK(both("\r\n\r\n") == Pair(2, 0));
    CHECK(both(" \t\r\n") == Pair(4, 0));
    // RFC 6376 3.4.5: " C \r\nD \t E\r\n\r\n\r\n"
    CHECK(both(" C \r\nD \t E\r\n\r\n\r\n") == Pair(12, 9));
    CHECK(both("a\n\nb") == Pair(8, 8));
    CHECK(both("a\rb\r\n") == Pair(5, 5));
}

TEST_CASE("RFC 6376 8.15: a second From above the signed one") {
    auto const text = signed_by_opendkim(mail, rsa_key());
    for (auto const* const second :
         {"From: boss@northwind.example\r\n", "from : boss@northwind.example\r\n", "FROM:boss@northwind.example\r\n"}) {
        auto const check = only(rsa_keys().check(second + text));
        CHECK(check.result == DkimResult::policy);
        CHECK(check.why == reasons::from_not_signed);
    }
    // dkimpy signs From once more than there is (RFC 6376 8.15): a second one breaks the signature itself.
    CHECK(only(rsa_keys().check("From: boss@northwind.example\r\n" + signed_by_dkimpy(mail, rsa_key()))).result ==
          DkimResult::fail);
}

TEST_CASE("a signature without From in h= is none") {
    auto const text = replaced(signed_by_opendkim(mail, rsa_key()), "h=From:To:", "h=To:");
    auto const check = only(rsa_keys().check(text));
    CHECK(check.result == DkimResult::permerror);
    CHECK(check.why == reasons::from_not_signed);
}

TEST_CASE("only signatures of From's organizational domain are verified") {
    DkimSigning other;
    other.domain = "northwlnd.example";  // looks like it
    auto keys = rsa_keys();
    keys.add(s1("northwlnd.example"), rsa_key().record);
    keys.add(s1("mail.northwind.example"), rsa_key().record);
    auto const lookalike = only(keys.check(signed_by_dkimpy(mail, rsa_key(), other)));
    CHECK(lookalike ==
          DkimCheck{DkimResult::neutral, "northwlnd.example", "s1", "rsa-sha256", std::string(reasons::not_aligned)});
    CHECK(keys.asked.empty());
    DkimSigning sub;
    sub.domain = "mail.northwind.example";
    auto const text = signed_by_dkimpy(mail, rsa_key(), sub);
    CHECK(only(keys.check(text)).result == DkimResult::pass);
    // The public suffix is nobody's.
    CHECK(only(keys.check(text, "other.example")).why == reasons::not_aligned);
}

TEST_CASE("t=s: the key does not sign for subdomains in i=") {
    Keys keys;
    keys.add(s1(), replaced(rsa_key().record, "k=rsa;", "k=rsa; t=s;"));
    DkimSigning signing;
    signing.identity = "@mail.northwind.example";
    auto const check = only(keys.check(signed_by_dkimpy(mail, rsa_key(), signing)));
    CHECK(check.result == DkimResult::permerror);
    CHECK(check.why == reasons::not_for_subdomains);
    signing.identity = "ana@northwind.example";
    CHECK(only(keys.check(signed_by_dkimpy(mail, rsa_key(), signing))).result == DkimResult::pass);
}

TEST_CASE("t=y: a domain that only tests DKIM is verified as any other") {
    Keys keys;
    keys.add(s1(), replaced(rsa_key().record, "k=rsa;", "k=rsa; t=y;"));
    auto const text = signed_by_opendkim(mail, rsa_key());
    CHECK(only(keys.check(text)).result == DkimResult::pass);
    CHECK(only(keys.check(replaced(text, "third", "fourth"))).result == DkimResult::fail);
}

TEST_CASE("what DNS says of a key") {
    auto const text = signed_by_opendkim(mail, rsa_key());
    auto const with = [&](DnsAnswer answer) {
        Keys keys;
        keys.answers[s1()] = std::move(answer);
        return only(keys.check(text));
    };
    using Status = DnsAnswer::Status;
    auto const record = rsa_key().record;
    CHECK(with({Status::no_name, {}}).why == reasons::no_key);
    CHECK(with({Status::no_data, {}}).result == DkimResult::permerror);
    CHECK(with({Status::trouble, {}}) ==
          DkimCheck{DkimResult::temperror, "northwind.example", "s1", "rsa-sha256", std::string(reasons::dns_trouble)});
    CHECK(with({Status::found, {{record, 0}, {record, 0}}}).why == reasons::several_keys);
    CHECK(with({Status::found, {{"v=DKIM1; k=rsa; p=", 0}}}).why == reasons::key_revoked);
    CHECK(with({Status::found, {{"v=DKIM1; k=rsa; p=AAAA", 0}}}).why == reasons::key_syntax);
    CHECK(with({Status::found, {{"", 0}}}).why == reasons::key_syntax);
    CHECK(with({Status::found, {{replaced(record, "k=rsa;", "k=rsa; s=tlsrpt;"), 0}}}).why ==
          reasons::key_not_for_this);
    CHECK(with({Status::found, {{replaced(record, "k=rsa;", "k=rsa; h=sha1;"), 0}}}).why == reasons::key_not_for_this);
    CHECK(with({Status::found, {{record + std::string(64 * 1024, ' '), 0}}}).why == reasons::key_syntax);
    CHECK(with({Status::found, {{make_rsa_key(2048).record, 0}}}).why == reasons::header_changed);
    CHECK(with({Status::found, {{make_ed25519_key().record, 0}}}).result != DkimResult::pass);
}

TEST_CASE("RFC 8301: rsa-sha1 never passes, nor a key of less than 1024 bits") {
    auto keys = rsa_keys();
    auto const sha1 = only(keys.check(signed_with_sha1(mail, rsa_key())));
    CHECK(sha1 == DkimCheck{DkimResult::permerror, "northwind.example", "s1", "rsa-sha1",
                            std::string(reasons::weak_algorithm)});
    CHECK(keys.asked.empty());
    auto const small = make_rsa_key(768);
    Keys others;
    others.add(s1(), small.record);
    auto const check = only(others.check(signed_by_dkimpy(mail, small)));
    CHECK(check.result == DkimResult::permerror);
    CHECK(check.why == reasons::key_too_small);
    auto const large = make_rsa_key(4096);
    Keys large_keys;
    large_keys.add(s1(), large.record);
    CHECK(only(large_keys.check(signed_by_opendkim(mail, large))).result == DkimResult::pass);
}

TEST_CASE("a signature of the future, and one that has expired") {
    auto const text = signed_by_opendkim(mail, rsa_key());
    auto const now = std::time(nullptr);
    CHECK(only(rsa_keys().check(text, "northwind.example", now - 3600)).why == reasons::in_the_future);
    CHECK(only(rsa_keys().check(text, "northwind.example", now - 200)).result == DkimResult::pass);
    CHECK(only(rsa_keys().check(text, "northwind.example", now + 3600)).result == DkimResult::pass);
    auto const expires = replaced(text, "t=", "x=1000; t=");
    CHECK(only(rsa_keys().check(expires)).why == reasons::expired);
}

TEST_CASE("RFC 6376 5.4.2, 3.2: h= with spaces, a tag twice, garbage") {
    auto const text = signed_by_opendkim(mail, rsa_key());
    for (auto const* const broken : {"d=northwind.example;", "v=1;", "a=rsa-sha256;"}) {
        auto const twice = replaced(text, broken, std::string(broken) + " " + broken);
        CHECK(only(rsa_keys().check(twice)).why == reasons::signature_syntax);
        CHECK(only(rsa_keys().check(replaced(text, broken, ""))).result == DkimResult::permerror);
    }
    CHECK(only(rsa_keys().check(std::string("DKIM-Signature: \r\n") + mail)).why == reasons::signature_syntax);
    CHECK(rsa_keys().check("DKIM-Signature").empty());
    CHECK(rsa_keys().check("").empty());
    CHECK(rsa_keys().check(mail).empty());
}

TEST_CASE("what stands behind a NUL in a field was signed by nobody") {
    auto const text = replaced(signed_by_opendkim(mail, rsa_key()), "Subject: Printer",
                               std::string("Subject: Printer\0 or invoice", 28));
    CHECK(only(rsa_keys().check(text)).result == DkimResult::fail);
}

TEST_CASE("at most five signatures are verified, the topmost, and twenty told") {
    auto const one = signed_by_opendkim(mail, rsa_key());
    auto const field = one.substr(0, one.find("From: "));
    auto keys = rsa_keys();
    auto const checks = keys.check(repeated(field, 30) + mail);
    REQUIRE(checks.size() == 20);
    for (std::size_t at = 0; at < checks.size(); ++at) {
        CHECK(checks[at].result == (at < 5 ? DkimResult::pass : DkimResult::neutral));
        CHECK(checks[at].why == (at < 5 ? std::string_view() : reasons::too_many_signatures));
    }
    // A header that no sender has, read as far as its bound.
    CHECK(rsa_keys().check(repeated(field, 10'000) + mail).size() == 20);
    // Others' above do not crowd them out.
    auto const others = replaced(field, "d=northwind.example", "d=globex.example");
    auto const behind = rsa_keys().check(repeated(others, 1000) + one);
    REQUIRE(behind.size() == 20);
    CHECK(behind.back().result == DkimResult::pass);
}

TEST_CASE("a header of 10 MB and a body of 25 MB") {
    auto const one = signed_by_opendkim(mail, rsa_key());
    CHECK(only(rsa_keys().check("DKIM-Signature: v=1; " + std::string(10'000'000, 'x') + "\r\n" + mail)).result ==
          DkimResult::permerror);
    auto const behind =
        rsa_keys().check(one.substr(0, one.find("From: ")) + "X: " + std::string(10'000'000, 'x') + "\r\n" + mail);
    CHECK(only(behind).why == reasons::over_bound);
    auto const large = mail + repeated("0123456789 abcdefghi\r\n", 25'000'000 / 22);
    auto const signed_large = signed_by_dkimpy(large, rsa_key());
    CHECK(only(rsa_keys().check(signed_large)).result == DkimResult::pass);
    CHECK(only(rsa_keys().check(signed_large + "x")).why == reasons::body_changed);
}

TEST_CASE("the shared vectors: RFC 6376, RFC 8463, and mail of four large senders") {
    auto const folder = std::filesystem::path(POSTERN_SOURCE_DIR).parent_path() / "shared/mail/authentication/dkim";
    if (!std::filesystem::exists(folder)) return skip("no " + folder.string());
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        auto const text = read_file(entry.path());
        Keys keys;
        std::size_t at = 0;
        std::string from;
        // A line a key, an empty one, the mail.
        for (auto end = text.find('\n', at); end > at; at = end + 1, end = text.find('\n', at)) {
            auto const line = text.substr(at, end - at);
            auto const name = line.substr(0, line.find(' '));
            keys.add(name, line.substr(name.size() + 1));
            from = name.substr(name.find("._domainkey.") + 12);
        }
        // The one with x= is of November 2022.
        auto const now = text.find("x=1667930064") == std::string::npos ? std::time(nullptr) : std::time_t{1667843700};
        auto const checks = keys.check(text.substr(at + 1), from, now);
        INFO(entry.path());
        CHECK_FALSE(checks.empty());
        for (auto const& check : checks) CHECK(check.result == DkimResult::pass);
        ++count;
    }
    CHECK(count == 6);
}
