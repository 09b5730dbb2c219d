// Mail to the postmaster: taken from anybody, no ticket, forwarded to [site] postmaster as it came.
#include "daemon/postmaster.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/hop_limit.h"
#include "daemon/intake.h"
#include "daemon/postmaster_addresses.h"
#include "parsers/transfer_encoding.h"
#include "store/memory_store.h"
#include "store/record_rules.h"
#include "templates/enclosed_mail.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

Options with_postmaster() {
    auto options = site_options();
    options.site.postmaster = Mailbox{"ops", "acme.example"};
    return options;
}

constexpr auto from_eve =
    "From: Eve <eve@evil.example>\nSubject: Your queue\nMessage-ID: <q@evil.example>\n\nIt grows.\n";

struct Site {
    std::shared_ptr<Policy const> policy = site_policy(with_postmaster());
    std::unique_ptr<Store> store = make_memory_store();

    Receipt take(RawMessage const& raw, TimePoint now = noon) {
        Receipt receipt;
        store->atomically(
            [&] { receipt = intake(raw, parse_message(raw.octets), SenderAuthentication{}, *policy, *store, now); });
        return receipt;
    }
    std::vector<OutboxMail> outgoing() {
        return store->claim_due(noon + std::chrono::hours{9}, noon + std::chrono::hours{10}, 1000);
    }
};

RawMessage to(std::vector<Mailbox> recipients, std::string_view mail = from_eve, std::string_view id = "") {
    auto raw = by_smtp("eve@evil.example", mail, id);
    raw.envelope.forward_path = std::move(recipients);
    return raw;
}

Mailbox const postmaster{"postmaster", "acme.example"};
Mailbox const support{"support", "acme.example"};

RawMessage of_octets(std::string octets) {
    auto raw = to({postmaster}, "");
    raw.octets = std::move(octets);
    return raw;
}

// The parts of the outermost multipart, each with its header: read by its boundary alone (RFC 2046 5.1.1).
std::vector<std::string> parts_of(std::string const& mail) {
    auto const named = mail.find("boundary=\"") + 10;
    auto const delimiter = "\r\n--" + mail.substr(named, mail.find('"', named) - named);
    std::vector<std::string> parts;
    for (auto at = mail.find(delimiter); mail.compare(at + delimiter.size(), 2, "--") != 0;) {
        auto const begin = at + delimiter.size() + 2;
        at = mail.find(delimiter, begin);
        parts.push_back(mail.substr(begin, at - begin));
    }
    return parts;
}

struct Enclosed {
    std::string header, octets;
};

Enclosed enclosed_in(OutboxMail const& mail) {
    auto const parts = parts_of(mail.octets);
    REQUIRE(parts.size() == 2);
    auto const end = parts[1].find("\r\n\r\n");
    Enclosed enclosed{parts[1].substr(0, end), parts[1].substr(end + 4)};
    if (enclosed.header.find("base64") != std::string::npos) enclosed.octets = decode_base64(enclosed.octets);
    return enclosed;
}

}  // namespace

TEST_CASE("RFC 5321 4.5.1: the postmaster has an address at each domain of ours, unless that is a mailbox") {
    auto options = site_options();
    CHECK(postmaster_keys(options) ==
          std::vector<std::string>{"postmaster", "postmaster@acme.example", "postmaster@support.acme.example"});
    options.mailboxes[0].aliases.push_back({"help", "globex.example"});
    options.mailboxes[1].aliases.push_back({"Postmaster", "acme.example"});
    CHECK(postmaster_keys(options) ==
          std::vector<std::string>{"postmaster", "postmaster@globex.example", "postmaster@support.acme.example"});
    auto const policy = site_policy(options);
    CHECK(policy->is_postmaster({"POSTMASTER", "globex.example"}));
    CHECK_FALSE(policy->is_postmaster(postmaster));
    CHECK(policy->mailbox(postmaster)->tag == "SALES");
    CHECK_FALSE(policy->is_postmaster({"postmaster", "other.example"}));
}

TEST_CASE("anybody's mail to the postmaster is forwarded as it came, by each way in and with any of the addresses") {
    for (std::string const way : {"SMTP", "trusted_relays", "LMTP", "deliver"}) {
        for (std::string const address : {"postmaster", "PostMaster@acme.example", "postmaster@support.acme.example"}) {
            INFO(way << ", " << address);
            WaysIn ways;
            ways.terminal.options = with_postmaster();
            auto const heard = ways.take(way, "eve@evil.example", from_eve, {address});
            CHECK(without_id(heard.reply) == (way == "deliver" ? "exit 0" : "250 2.0.0 Ok: "));
            auto& store = *ways.terminal.store;
            REQUIRE(heard.mails.size() == 1);
            auto const entry = store.ledger_entry(heard.mails[0].text);
            CHECK(entry->disposition == Disposition::ignored);
            CHECK(entry->rule == "postmaster");
            CHECK_THAT(entry->mailbox, Contains("ostmaster@") || Contains("ostMaster@"));
            CHECK(store.raw_octets(entry->id) == crlf(from_eve));
            CHECK(store.tickets({}).empty());
            auto const mails = store.claim_due(ways.terminal.now, ways.terminal.now + std::chrono::hours{1}, 10);
            REQUIRE(mails.size() == 1);
            CHECK(mails[0].kind == OutgoingKind::notification);
            CHECK(mails[0].recipient == "ops@acme.example");
            CHECK(mails[0].reverse_path.empty());
            auto const enclosed = enclosed_in(mails[0]);
            CHECK_THAT(enclosed.header, Contains("Content-Type: message/rfc822") && !Contains("base64"));
            CHECK(enclosed.octets == crlf(from_eve));
            while (store.forget_expired(ways.terminal.now + refused_octets_kept)) {
            }
            CHECK_FALSE(store.raw_octets(entry->id));
        }
    }
}

TEST_CASE("what a forward says: what it is, when and from where the mail came, and how to see it") {
    Site site;
    CHECK(site.take(to({postmaster}, from_eve, "mail-1")).queued_mail);
    auto const mails = site.outgoing();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].message_id == "<mail-1.forward@support.acme.example>");
    auto const forward = parse_message(mails[0].octets);
    CHECK(forward.from.front().mailbox.address() == "postmaster@support.acme.example");
    CHECK(forward.from.front().display_name == "Postern");
    CHECK(forward.to.front().mailbox.address() == "ops@acme.example");
    CHECK(forward.auto_submitted == AutoSubmitted::auto_generated);
    CHECK(forward.subject == "Acme Support: mail to the postmaster: Your queue");
    for (auto const* const said :
         {"written to postmaster@acme.example", "at 2026-11-21T09:00:00Z", "by smtp from 192.0.2.1",
          "the reverse-path <eve@evil.example>", "postern message raw mail-1"}) {
        CHECK_THAT(mails[0].text, Contains(said));
    }
    REQUIRE(forward.attachments.size() == 1);
    CHECK(forward.attachments[0].name == "mail.eml");
    CHECK(forward.attachments[0].media_type == "message/rfc822");
    CHECK(attachment_octets(mails[0].octets, forward.attachments[0].locator) == crlf(from_eve));
}

TEST_CASE("a mail that RFC 2046 5.2.1 lets not stand as it is comes in base64, octet for octet") {
    std::string every;
    for (int octet = 0; octet < 256; ++octet) every += static_cast<char>(octet);
    auto const header = std::string("Subject: x\r\n\r\n");
    for (auto const& octets :
         {header + "\xc3\xa9\r\n", header + std::string("a\0b\r\n", 5), std::string("Subject: x\n\nbare\n"),
          header + "a\rb\r\n", header + "ends in CR\r", header + std::string(999, 'x') + "\r\n", header + every}) {
        Site site;
        site.take(of_octets(octets));
        auto const mails = site.outgoing();
        REQUIRE(mails.size() == 1);
        auto const enclosed = enclosed_in(mails[0]);
        CHECK_THAT(enclosed.header, Contains("application/octet-stream") && Contains("mail.eml"));
        CHECK(enclosed.octets == octets);
        auto const forward = parse_message(mails[0].octets);
        REQUIRE(forward.attachments.size() == 1);
        CHECK(attachment_octets(mails[0].octets, forward.attachments[0].locator) == octets);
    }
}

TEST_CASE("a mail that can stand as it is, to the last octet") {
    auto const header = std::string("Subject: x\r\n\r\n");
    for (auto const& octets : {std::string(), header, header + "no line end", header + std::string(998, 'x') + "\r\n",
                               header + "\x01\x7f\t \r\n\r\n", header + "--\r\n.\r\nFrom me\r\n"}) {
        Site site;
        site.take(of_octets(octets));
        auto const mails = site.outgoing();
        REQUIRE(mails.size() == 1);
        auto const enclosed = enclosed_in(mails[0]);
        CHECK_THAT(enclosed.header, Contains("message/rfc822"));
        CHECK(enclosed.octets == octets);
    }
}

TEST_CASE("who guesses the boundary of a forward ends no part by it") {
    Site site;
    site.take(to({postmaster}, from_eve, "same"));
    auto const first = site.outgoing().at(0).octets;
    // The same id has the same boundaries; a mail that holds a whole forward of that name.
    Site other;
    auto raw = of_octets("Subject: guess\r\n\r\n" + first);
    raw.id.text = "same";
    other.take(raw);
    auto const mails = other.outgoing();
    REQUIRE(mails.size() == 1);
    CHECK(enclosed_in(mails[0]).octets == raw.octets);
    auto const forward = parse_message(mails[0].octets);
    REQUIRE(forward.attachments.size() == 1);
    CHECK(attachment_octets(mails[0].octets, forward.attachments[0].locator) == raw.octets);
}

TEST_CASE("of a mail larger than a mebibyte the header goes on, as far as it is bounded") {
    auto const body = "\r\n" + std::string(enclosed_mail_octets, 'x') + "\r\n";
    struct Case {
        std::string mail, header;
        bool is_base64 = false;
    };
    std::string many;
    while (many.size() + 13 <= enclosed_header_octets) many += "X-Filler: y\r\n";
    for (auto const& [mail, header, is_base64] :
         {Case{"Subject: big\r\n" + body, "Subject: big\r\n"},
          Case{"Subject: \xc3\xa9\r\n" + body, "Subject: \xc3\xa9\r\n", true},
          Case{"Subject: lf\n\n" + body, "Subject: lf\n", true}, Case{many + many + body, many},
          Case{std::string(enclosed_mail_octets + 1, 'x'), std::string(enclosed_header_octets, 'x'), true},
          Case{body, ""}}) {
        Site site;
        site.take(of_octets(mail));
        auto const mails = site.outgoing();
        REQUIRE(mails.size() == 1);
        CHECK(mails[0].octets.size() < 3 * enclosed_header_octets);
        auto const enclosed = enclosed_in(mails[0]);
        CHECK_THAT(enclosed.header, Contains("Content-Type: text/rfc822-headers"));
        CHECK((enclosed.header.find("base64") != std::string::npos) == is_base64);
        CHECK(enclosed.octets == header);
        CHECK_THAT(mails[0].text, Contains("the beginning of its header is attached, and nothing else"));
        CHECK(site.store->raw_octets(site.store->ledger({}).at(0).id) == mail);
    }
    Site site;
    site.take(of_octets(std::string("a: b\r\n\r\n") + std::string(enclosed_mail_octets - 8, '\n')));
    CHECK_THAT(enclosed_in(site.outgoing().at(0)).header, Contains("application/octet-stream"));
}

TEST_CASE("every line of a forward is one that a relay takes, and shows nothing of the sender's making") {
    Site site;
    auto raw = to({postmaster},
                  "From: eve@evil.example\nSubject: =?utf-8?Q?=0D=0ABcc:_x@y.example=E2=80=AE<b>?=\n\n\x1b[2J\xff\n");
    raw.envelope.reverse_path.mailbox = Mailbox{"e<b>\xe2\x80\xaeve", "evil.example"};
    site.take(raw);
    auto const mail = site.outgoing().at(0);
    std::size_t begin = 0;
    for (auto end = mail.octets.find("\r\n"); end != std::string::npos; end = mail.octets.find("\r\n", begin)) {
        CHECK(end - begin <= 998);
        begin = end + 2;
    }
    CHECK(begin == mail.octets.size());
    CHECK(std::ranges::all_of(mail.octets, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c <= '~'); }));
    CHECK_THAT(mail.octets, !Contains("\r\nBcc:"));
    CHECK_THAT(mail.text, !Contains("\xe2\x80\xae"));
    CHECK_THAT(parse_message(mail.octets).body_text, Contains("@evil.example>") && !Contains("\xe2\x80\xae"));
}

TEST_CASE("a mail to a mailbox and the postmaster goes by its own rules, and is forwarded beside") {
    Site site;
    auto const from_ana = "From: ana@northwind.example\nSubject: Help\nMessage-ID: <a@northwind.example>\n\nPlease.\n";
    SECTION("a contact's: a ticket that knows nothing of the forward") {
        CHECK(site.take(to({postmaster, support}, from_ana)).disposition == Disposition::opened);
        auto const history = site.store->ticket({"ACME", 1000});
        CHECK(history->articles.size() == 2);
        auto const mails = site.outgoing();
        REQUIRE(mails.size() == 2);
        CHECK_FALSE(mails[0].ticket);
        CHECK(mails[0].recipient == "ops@acme.example");
        CHECK_THAT(mails[0].text, Contains("it came to a mailbox, too"));
        CHECK(enclosed_in(mails[0]).octets == crlf(from_ana));
        CHECK(mails[1].kind == OutgoingKind::receipt);
    }
    SECTION("a stranger's is refused, and its octets are where the forward says") {
        auto const receipt = site.take(to({support, postmaster}, from_eve, "eve-1"));
        CHECK(receipt.disposition == Disposition::refused);
        CHECK(receipt.refusal.size() > 1);
        CHECK(site.outgoing().size() == 1);
        CHECK(site.store->raw_octets({"eve-1"}) == crlf(from_eve));
    }
    SECTION("with nobody named it goes by its own rules alone") {
        site.policy = site_policy();
        CHECK(site.take(to({postmaster, support}, from_ana)).disposition == Disposition::opened);
        CHECK(site.outgoing().size() == 1);
    }
}

TEST_CASE("a mail that comes to the postmaster and to a mailbox one by one is a mail to each, and to each once") {
    Site site;
    auto const from_ana = "From: ana@northwind.example\nSubject: Help\nMessage-ID: <a@northwind.example>\n\nPlease.\n";
    CHECK(site.take(to({postmaster}, from_ana)).disposition == Disposition::ignored);
    CHECK(site.take(to({support}, from_ana)).disposition == Disposition::opened);
    CHECK(site.take(to({postmaster}, from_ana)).disposition == Disposition::duplicate);
    CHECK(site.take(to({support}, from_ana)).disposition == Disposition::duplicate);
    CHECK(site.outgoing().size() == 2);
}

TEST_CASE("with no [site] postmaster such mail is held, and goes on once one is named and it is released") {
    Site site;
    site.policy = site_policy();
    auto raw = to({postmaster}, from_eve, "held-1");
    CHECK(site.take(raw).disposition == Disposition::held);
    CHECK(site.store->ledger_entry("held-1")->reason == "not forwarded: nobody is named by [site] postmaster");
    CHECK(site.outgoing().empty());
    raw.released = true;
    CHECK(site.take(raw).disposition == Disposition::held);
    site.policy = site_policy(with_postmaster());
    CHECK(site.take(raw).disposition == Disposition::ignored);
    CHECK(site.outgoing().size() == 1);
}

TEST_CASE("held release brings a mail to the postmaster to who is named since") {
    WaysIn ways;
    ways.take("SMTP", "eve@evil.example", from_eve, {"postmaster"});
    ways.terminal.options = with_postmaster();
    ways.release_newest();
    CHECK(ways.terminal.store->ledger({}).at(0).disposition == Disposition::ignored);
    CHECK(ways.terminal.store->outbox().size() == 1);
}

TEST_CASE("past so many forwards an hour mail to the postmaster is held, and [limits] held bounds that") {
    Site site;
    auto const mail = [](std::size_t n) {
        return to({postmaster}, "From: eve@evil.example\nMessage-ID: <" + std::to_string(n) + "@evil.example>\n\nHi\n");
    };
    for (std::size_t n = 0; n < most_forwards_an_hour; ++n) {
        CHECK(site.take(mail(n)).disposition == Disposition::ignored);
    }
    auto const raw = mail(100);
    CHECK(site.take(raw).disposition == Disposition::held);
    CHECK_THAT(site.store->ledger_entry(raw.id.text)->reason, Contains("got 20 mails or more within the hour"));
    auto options = with_postmaster();
    options.limits.held = 1;
    site.policy = site_policy(options);
    auto const deferred = site.take(mail(101));
    CHECK(deferred.outcome == Receipt::Outcome::deferred);
    CHECK(deferred.no_space);
    CHECK(site.take(mail(102), noon + std::chrono::hours{1}).disposition == Disposition::ignored);
    CHECK(site.outgoing().size() == most_forwards_an_hour + 1);
}

TEST_CASE("a forward that comes back is known as ours, a mail that has gone in circles is held") {
    Site site;
    site.take(to({postmaster}));
    auto const forward = site.outgoing().at(0);
    auto back = of_octets("Received: from ops by us\r\n" + forward.octets);
    CHECK(site.take(back).disposition == Disposition::ignored);
    CHECK(site.store->ledger({}).back().rule == "own-mail");
    std::string hops;
    for (unsigned i = 0; i <= most_received_fields; ++i) hops += "Received: from a by b\r\n";
    CHECK(site.take(of_octets(hops + "Subject: x\r\n\r\n")).disposition == Disposition::held);
    CHECK_THAT(site.store->ledger({}).back().reason, Contains("a mail loop: 51 Received fields"));
    CHECK(site.store->outbox().size() == 1);
}

TEST_CASE("a bounce of a forward to the postmaster is not forwarded again") {
    Site site;
    site.take(to({postmaster}, from_eve, "eve-1"));
    auto raw = to({postmaster}, R"(
From: Mail Delivery System <mailer-daemon@relay.example>
To: postmaster@support.acme.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ops@acme.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: <eve-1.forward@support.acme.example>

--b--
)");
    raw.envelope.reverse_path = {};
    CHECK(site.take(raw).disposition == Disposition::ignored);
    CHECK(site.store->ledger({}).back().rule == "bounce");
    auto const mails = site.store->outbox();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].state == OutboxState::failed);
}
