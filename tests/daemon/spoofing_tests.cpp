// Mail that claims to be of a contact and is not, by the wire and with real DNS: nsd on loopback serves the zones, real
// verifiers judge, other programs sign. What the tables of docs/authentication.md say is in
// authentication_table_tests.cpp.
#include <array>
#include <catch2/catch.hpp>
#include <memory>

#include "daemon/dkim_signer.h"
#include "daemon/sender_authenticator.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/dkim_signer.h"
#include "tests/support/nsd_server.h"
#include "tests/support/scripted_dns_server.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

constexpr auto letter = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example
Subject: The printer smokes
Date: Sat, 21 Nov 2026 09:00:00 +0000
Message-ID: <1@northwind.example>

Please send somebody.
)";

// What the wire test's client, 192.0.2.1, is to a domain.
constexpr auto lets_it_send = "v=spf1 ip4:192.0.2.1 -all";
constexpr auto forbids_it = "v=spf1 ip4:198.51.100.7 -all";

DkimKey const& key() {
    static DkimKey const made = make_rsa_key(2048);
    return made;
}

std::string txt(std::string const& name, std::string const& text) {
    std::string line = name + " IN TXT";
    for (std::size_t at = 0; at < text.size(); at += 200) line += " \"" + text.substr(at, 200) + "\"";
    return line + "\n";
}

// The customer's domain, one of a prober's, and one that looks like the customer's, which both pass for themselves.
NsdServer::Zones zones(std::string const& spf, std::string const& dmarc) {
    std::string northwind = txt("s1._domainkey", key().record);
    if (!spf.empty()) northwind += txt("@", spf);
    if (!dmarc.empty()) northwind += txt("_dmarc", dmarc);
    auto const own = txt("@", lets_it_send) + txt("s1._domainkey", key().record) + txt("_dmarc", "v=DMARC1; p=reject");
    return {{"northwind.example", northwind}, {"evil.example", own}, {"northwlnd.example", own}};
}

struct World {
    NsdServer dns;
    Log log{LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt}};
    SenderAuthenticator authenticator{dns.address(), log,
                                      std::filesystem::path(POSTERN_BINARY_DIR) / "postern-verifier"};
    WaysIn ways;

    World(std::string const& spf, std::string const& dmarc, AuthenticationPolicy policy = AuthenticationPolicy::mark)
        : dns(zones(spf, dmarc)) {
        ways.terminal.options.authentication.policy = policy;
        ways.terminal.options.authentication.trusted_authserv_ids = {"mx.acme.example"};
        ways.terminal.authenticate = [this](auto const&... mail) { return authenticator.authenticated(mail...); };
    }

    // "250 2.0.0 opened pass": what the peer heard, what became of the mail, what its sender's authentication says.
    std::string take(std::string_view way, std::string_view from, std::string_view mail) {
        auto const heard = ways.take(way, from, mail);
        auto const code =
            heard.reply.starts_with("250 ") || heard.reply.starts_with("4") || heard.reply.starts_with("5")
                ? heard.reply.substr(0, heard.reply.find(' ', 4))
                : heard.reply;
        if (heard.mails.empty()) return code;
        auto const entry = ways.terminal.store->ledger_entry(heard.mails.front().text);
        return code + " " + std::string(to_string(entry->disposition)) + " " + entry->authentication;
    }
    std::string story() {
        auto const id = ways.terminal.store->ledger({}).back().id.text;
        return ways.terminal.run("postern message why " + id).out;
    }
};

// A mail as a test writes it, with fields before it.
std::string below(std::string const& fields, std::string const& mail) {
    return fields + (mail.starts_with('\n') ? mail.substr(1) : mail);
}

std::string lf(std::string octets) {
    std::erase(octets, '\r');
    return octets;
}

std::string signed_mail(DkimSigning const& how = {}, std::string_view mail = letter) {
    return lf(signed_by_dkimpy(crlf(mail), key(), how));
}

std::string signed_by_us() {
    DkimSigner const signer("northwind.example", "s1", DkimPrivateKey::from_pem(key().private_key));
    return lf(signer.signature_field(crlf(letter), noon) + crlf(letter));
}

constexpr auto rejects = "v=DMARC1; p=reject";

constexpr std::array policies{AuthenticationPolicy::off, AuthenticationPolicy::mark, AuthenticationPolicy::require};

// What a forgery of a domain that asks to reject gets by SMTP.
std::string spoofed(AuthenticationPolicy policy) {
    return policy == AuthenticationPolicy::off ? "250 2.0.0 opened none" : "550 5.7.26 refused fail";
}

}  // namespace

TEST_CASE("a contact's mail from where their domain sends from is authentic") {
    World world(lets_it_send, rejects, AuthenticationPolicy::require);
    REQUIRE(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 opened pass");
    CHECK(world.ways.terminal.store->ticket({"ACME", 1000})->articles.at(0).authentication == "pass");
    CHECK_THAT(world.story(), Contains("spf") && Contains("MAIL FROM northwind.example") && Contains("pass"));
    CHECK_THAT(world.ways.terminal.store->ledger({}).back().authentication_results,
               Contains("support.acme.example;") && Contains("spf=pass smtp.mailfrom=northwind.example") &&
                   Contains("dmarc=pass"));
}

TEST_CASE("a contact's From, sent from where their domain forbids it") {
    SECTION("the domain asks to reject that") {
        auto const policy = GENERATE(AuthenticationPolicy::mark, AuthenticationPolicy::require);
        World world(forbids_it, rejects, policy);
        CHECK(world.take("SMTP", "ana@northwind.example", letter) == "550 5.7.26 refused fail");
        CHECK(world.take("SMTP", "carl@northwind.example",
                         "From: carl@northwind.example\nMessage-ID: <c@x.example>\n\nHi\n") ==
              "550 5.7.26 refused fail");
    }
    SECTION("the domain asks to set it aside") {
        World world(forbids_it, "v=DMARC1; p=quarantine");
        CHECK(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 held fail");
    }
    SECTION("the domain asks for nothing") {
        World world(forbids_it, "");
        CHECK(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 opened fail");
    }
    SECTION("and all mail has to be authentic") {
        World world(forbids_it, "", AuthenticationPolicy::require);
        CHECK(world.take("SMTP", "ana@northwind.example", letter) == "550 5.7.26 refused fail");
    }
    SECTION("and nobody asks") {
        World world(forbids_it, rejects, AuthenticationPolicy::off);
        CHECK(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 opened none");
    }
}

TEST_CASE("the envelope of a domain that passes is no proof of another in From") {
    for (auto const policy : policies) {
        // HELO mx.northwind.example, which the null one stands for, has no SPF.
        for (auto const* const envelope : {"eve@evil.example", "ana@northwlnd.example", ""}) {
            World world("", rejects, policy);
            CHECK(world.take("SMTP", envelope, letter) == spoofed(policy));
        }
    }
    World world("", rejects);
    REQUIRE(world.take("SMTP", "eve@evil.example", letter) == "550 5.7.26 refused fail");
    CHECK_THAT(world.story(), Contains("not of From's domain"));
}

TEST_CASE("a number in the subject lets nobody in who is not authentic") {
    World world(lets_it_send, rejects);
    REQUIRE(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 opened pass");
    CHECK(world.take("SMTP", "eve@evil.example",
                     "From: ana@northwind.example\nSubject: Re: [ACME-1000]\nMessage-ID: <e@x.example>\n\nHi\n") ==
          "550 5.7.26 refused fail");
    CHECK(world.ways.terminal.store->ticket({"ACME", 1000})->articles.size() == 2);  // Ana's and its receipt
}

TEST_CASE("a signature of From's domain vouches for a mail, wherever it comes from") {
    auto const& [signer, mail] =
        GENERATE(std::pair{"opendkim", lf(signed_by_opendkim(crlf(letter), key()))}, std::pair{"dkimpy", signed_mail()},
                 std::pair{"we ourselves", signed_by_us()});
    INFO(signer);
    for (auto const* const way : {"SMTP", "LMTP", "trusted_relays", "deliver", "IMAP"}) {
        INFO(way);
        // Another Message-ID would break the signature: each way has a site of its own.
        World one(forbids_it, rejects, AuthenticationPolicy::require);
        CHECK_THAT(one.take(way, "bounces@lists.example", mail), Contains("opened pass"));
    }
}

TEST_CASE("a signature replayed over other words, or that leaves some out") {
    auto const policy = GENERATE(from_range(policies));
    World world("", rejects, policy);
    auto changed = signed_mail();
    changed.replace(changed.find("somebody"), 8, "a locksmith to my home");
    CHECK(world.take("SMTP", "ana@northwind.example", changed) == spoofed(policy));
    DkimSigning with_length;
    with_length.with_length = true;
    auto const partly = signed_mail(with_length);
    auto const* const whole = policy == AuthenticationPolicy::off ? "250 2.0.0 opened none" : "250 2.0.0 opened pass";
    CHECK(world.take("SMTP", "ana@northwind.example", partly) == whole);
    CHECK(world.take("SMTP", "ana@northwind.example", partly + "P.S. Send it to my home.\n") == spoofed(policy));
    if (policy != AuthenticationPolicy::off) CHECK_THAT(world.story(), Contains("unsigned"));
}

TEST_CASE("a signature of a domain that looks like From's, and of the prober's own") {
    auto const policy = GENERATE(from_range(policies));
    World world("", rejects, policy);
    DkimSigning by_another;
    by_another.domain = GENERATE("northwlnd.example", "evil.example");
    CHECK(world.take("SMTP", "ana@northwind.example", signed_mail(by_another)) == spoofed(policy));
}

TEST_CASE("a second From, before a signed mail or behind it, is never guessed at") {
    World world(lets_it_send, rejects, GENERATE(from_range(policies)));
    auto const* const other = GENERATE("From: Bo <bo@northwind.example>\n", "From: eve@evil.example\n");
    CHECK(world.take("SMTP", "ana@northwind.example", below(other, signed_mail())) == "250 2.0.0 held none");
}

TEST_CASE("Authentication-Results are nobody's but our own MTA's, and of those the topmost") {
    auto const passes = std::string("dmarc=pass header.from=northwind.example\n");
    auto const fails = std::string("dmarc=fail header.from=northwind.example\n");
    auto const ours = std::string("Authentication-Results: mx.acme.example; ");
    auto const theirs = std::string("Authentication-Results: mx.evil.example; ");
    World world("", rejects);
    SECTION("straight from the sender none is believed") {
        for (auto const policy : {AuthenticationPolicy::mark, AuthenticationPolicy::require}) {
            world.ways.terminal.options.authentication.policy = policy;
            for (auto const& fields : {ours + passes, ours + passes + ours + passes, theirs + passes})
                CHECK(world.take("SMTP", "ana@northwind.example", below(fields, letter)) == spoofed(policy));
        }
        CHECK_THAT(world.story(), Contains("mx.evil.example") && Contains("disbelieved"));
    }
    SECTION("by our own MTA the topmost that it wrote") {
        auto const* const way = GENERATE("LMTP", "trusted_relays", "deliver", "IMAP");
        INFO(way);
        CHECK_THAT(world.take(way, "ana@northwind.example", below(ours + passes, letter)), Contains("opened pass"));
        CHECK_THAT(world.story(), Contains("mx.acme.example") && Contains("believed"));
        CHECK_THAT(world.take(way, "ana@northwind.example",
                              below(theirs + passes + ours + fails + ours + passes, letter) + "1\n"),
                   Contains("refused fail"));
        CHECK_THAT(world.take(way, "ana@northwind.example", below(theirs + passes, letter) + "2\n"),
                   Contains("held none"));
        CHECK_THAT(world.take(way, "ana@northwind.example", std::string(letter) + "3\n"), Contains("held none"));
    }
    SECTION("\"!topmost\": whoever it names") {
        world.ways.terminal.options.authentication.trusted_authserv_ids = {"!topmost"};
        auto const microsoft =
            "Authentication-Results: spf=pass (sender IP is 203.0.113.5)\n"
            " smtp.mailfrom=northwind.example; dkim=none (message not signed)\n"
            " header.d=none;dmarc=pass action=none header.from=northwind.example;compauth=pass\n";
        CHECK_THAT(world.take("IMAP", "", below(microsoft + ours + fails, letter)), Contains("opened pass"));
        CHECK_THAT(world.take("IMAP", "", below(ours + fails + microsoft, letter) + "1\n"), Contains("refused fail"));
    }
}

TEST_CASE("by our own MTA and required, what nobody trusted vouches for is refused in silence, and held by IMAP") {
    World world("", rejects, AuthenticationPolicy::require);
    auto const forged =
        below("Authentication-Results: mx.evil.example; dmarc=pass header.from=northwind.example\n", letter);
    for (auto const* const way : {"LMTP", "trusted_relays"})
        CHECK(world.take(way, "ana@northwind.example", forged) == "250 2.0.0 refused none");
    CHECK(world.take("deliver", "ana@northwind.example", forged) == "exit 0 refused none");
    CHECK(world.take("IMAP", "", forged) == "marked held none");
}

TEST_CASE("an end in the middle of an inquiry answers it, once, and leaves its standing open") {
    ScriptedDnsServer const silent([](auto const&) { return ScriptedDnsServer::Reply{}; });
    Log log{LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt}};
    auto const raw = by_smtp("ana@northwind.example", signed_mail());
    auto const message = parse_message(raw.octets);
    auto const policy = site_policy();
    std::vector<SenderAuthentication::Standing> standings;  // of the authenticator's threads, which its end waits for
    {
        SenderAuthenticator authenticator(silent.address(), log,
                                          std::filesystem::path(POSTERN_BINARY_DIR) / "postern-verifier");
        authenticator.authenticate(raw, message, *policy,
                                   [&](SenderAuthentication found) { standings.push_back(found.standing); });
    }
    CHECK(standings == std::vector{SenderAuthentication::Standing::trouble});
}

TEST_CASE("DNS trouble: taken and marked, or the sender tries again") {
    World world(lets_it_send, rejects);
    world.dns.stop();
    CHECK(world.take("SMTP", "ana@northwind.example", letter) == "250 2.0.0 opened none");
    world.ways.terminal.options.authentication.policy = AuthenticationPolicy::require;
    for (auto const* const way : {"SMTP", "LMTP"})
        CHECK(world.take(way, "bo@northwind.example",
                         "From: bo@northwind.example\nMessage-ID: <b@x.example>\n\nHi\n") == "451 4.7.0");
    CHECK(world.take("IMAP", "", "From: bo@northwind.example\nMessage-ID: <b@x.example>\n\nHi\n") == "left there");
}

TEST_CASE("a domain that no organisation has is not looked up") {
    World world("", rejects, AuthenticationPolicy::require);
    CHECK(world.take("SMTP", "eve@evil.example", "From: eve@evil.example\n\nHi\n") == "550 5.7.1 refused none");
    CHECK_THAT(world.story(), Contains("no organisation has the domain"));
}

TEST_CASE("an authentic colleague by IMAP is referred to their point of contact, once a day") {
    World world(lets_it_send, rejects);
    auto const mail = [](std::string const& id) {
        return "Authentication-Results: mx.acme.example; dmarc=pass header.from=northwind.example\n"
               "From: \"Win a prize\" <carl@northwind.example>\nSubject: Buy pills\nMessage-ID: <" +
               id + "@northwind.example>\n\nPills!\n";
    };
    CHECK(world.take("IMAP", "", mail("1")) == "marked refused pass");
    CHECK(world.take("IMAP", "", mail("2")) == "marked refused pass");
    auto& store = *world.ways.terminal.store;
    REQUIRE(store.outbox().size() == 1);
    auto const referral = store.outbox().front();
    CHECK(referral.kind == OutgoingKind::referral);
    CHECK(referral.recipient == "carl@northwind.example");
    CHECK(referral.reverse_path.empty());
    CHECK_THAT(referral.text, Contains("lnd@northwind.example") && !Contains("ills") && !Contains("prize"));
    world.ways.terminal.now += std::chrono::hours{25};
    CHECK(world.take("IMAP", "", mail("3")) == "marked refused pass");
    CHECK(store.outbox().size() == 2);
}
