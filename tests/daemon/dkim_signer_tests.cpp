// What we sign, verified by programs of others: opendkim, dkimpy, libopendkim in our verifier.
#include "daemon/dkim_signer.h"

#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <random>
#include <thread>

#include "daemon/dkim_canonical.h"
#include "daemon/dkim_record.h"
#include "daemon/line_ends.h"
#include "daemon/operator_mail.h"
#include "daemon/relay_maildir.h"
#include "daemon/relay_signing.h"
#include "daemon/relay_smtp.h"
#include "daemon/verifier/canonical_body.h"
#include "daemon/verifier/dkim_check.h"
#include "templates/enclosed_mail.h"
#include "templates/outgoing_message.h"
#include "tests/daemon/outbox_rig.h"
#include "tests/daemon/scripted_relay.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dkim_verifier.h"
#include "tests/support/site.h"

using namespace postern;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using postern::testing::noon;
using postern::testing::PublishedKey;
using postern::testing::ScriptedRelay;
using postern::testing::TemporaryFolder;
using postern::testing::verified_by_dkimpy;
using postern::testing::verified_by_opendkim;
using postern::testing::verified_by_others;
using Type = DkimPrivateKey::Type;

namespace {

constexpr auto mail =
    "Date: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
    "From: Acme Support <support@acme.example>\r\n"
    "To: Ana Ruiz <ana@northwind.example>\r\n"
    "Subject: [ACME-1000] The printer\r\n smokes\r\n"
    "Message-ID: <1@support.acme.example>\r\n"
    "References: <a@northwind.example>\r\n <b@northwind.example>\r\n"
    "Auto-Submitted: auto-replied\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "We have  your mail. \r\n"
    "\r\n"
    "-- \r\n"
    "Acme\r\n"
    "\r\n";

DkimSigner const& signer(Type type) {
    static DkimSigner const rsa("acme.example", "s1", DkimPrivateKey::make(Type::rsa));
    static DkimSigner const ed25519("acme.example", "s1", DkimPrivateKey::make(Type::ed25519));
    return type == Type::rsa ? rsa : ed25519;
}

PublishedKey published(Type type) {
    return {"s1._domainkey.acme.example", dkim_record(signer(type).key())};
}

std::string signed_mail(std::string const& octets, Type type = Type::rsa) {
    return signer(type).signature_field(octets, noon) + octets;
}

// What libopendkim in postern-verifier says, in one word.
DkimResult verified_by_us(std::string const& octets, Type type) {
    auto const key = published(type);
    auto const checks = verifier::check_dkim({octets, "acme.example", 5, std::time(nullptr)},
                                             [&](std::string const& name, DnsType) -> DnsAnswer {
                                                 if (name != key.name) return {DnsAnswer::Status::no_name, {}};
                                                 return {DnsAnswer::Status::found, {{key.record, 0}}};
                                             });
    return checks.empty() ? DkimResult::none : checks.front().result;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    auto const at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

// Of h=, its folding taken out.
std::string signed_names(std::string const& octets) {
    auto const begin = octets.find(" h=") + 3;
    std::string names;
    for (char const c : octets.substr(begin, octets.find(';', begin) - begin))
        if (c != '\r' && c != '\n' && c != ' ') names += c;
    return names;
}

// A name, subject or text that a stranger chose, of pieces that have broken headers before.
class Strangers {
  public:
    explicit Strangers(unsigned seed) : random_(seed) {}

    unsigned below(unsigned bound) { return std::uniform_int_distribution<unsigned>(0, bound - 1)(random_); }
    std::string text(unsigned most_pieces) {
        static constexpr std::array<std::string_view, 22> pieces{
            "Ana",
            " ",
            "\t",
            "  ",
            "\r\nBcc: eve@evil.example\r\n",
            "\"; x=\"",
            "Ürüm ",
            "日本語の件名",
            "=?UTF-8?Q?=0D=0A?=",
            "\r",
            "\n",
            "(",
            "<ana@x>",
            ",",
            "From ",
            ".",
            "b=",
            "\xFF\xFE",
            ":;",
            "🖨️ ",
            "a-word-that-is-longer-than-any-line-should-be-and-can-be-folded-nowhere-at-all-so-it-stands ",
            "\xE2\x80\xAE"};
        std::string text;
        for (auto left = below(most_pieces + 1); left > 0; --left) text += pieces.at(below(pieces.size()));
        return text;
    }
    std::string octets(unsigned most) {
        std::string octets;
        for (auto left = below(most); left > 0; --left) octets += static_cast<char>(below(256));
        return octets;
    }

  private:
    std::minstd_rand random_;
};

// Any mail that Postern may write: receipts with hostile names, subjects and threads, forwards of any octets.
std::string any_mail(Strangers& strangers, unsigned number) {
    OutgoingParts parts;
    parts.from = {strangers.text(4), Mailbox{"support", "acme.example"}};
    parts.to = {strangers.text(8), Mailbox{"ana", "northwind.example"}};
    if (strangers.below(20) == 0) parts.to.mailbox.local_part = "björn";  // RFC 6531
    parts.message_id = "<" + std::to_string(number) + "@support.acme.example>";
    for (auto left = strangers.below(60); left > 0; --left)
        parts.references.push_back("<" + std::to_string(left) + std::string(strangers.below(80), 'x') + "@x.example>");
    if (!parts.references.empty()) parts.in_reply_to = parts.references.back();
    parts.date = noon;
    parts.subject = strangers.text(12);
    parts.language = strangers.below(2) == 0 ? "de" : "";
    parts.text = strangers.below(10) == 0 ? "" : strangers.text(60);
    parts.html = strangers.below(10) == 0 ? "" : strangers.text(60);
    parts.answers = strangers.below(2) == 0;
    if (strangers.below(3) == 0) parts.enclosed = enclose(strangers.octets(3000)).part;
    return build_message(parts);
}

}  // namespace

TEST_CASE("RFC 6376 3.4.5: the example, relaxed") {
    CHECK(relaxed_field("A: X\r\n") == "a:X");
    CHECK(relaxed_field("B : Y\t\r\n\tZ  \r\n") == "b:Y Z");
    CHECK(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n") == " C\r\nD E\r\n");
}

TEST_CASE("RFC 6376 3.4.2, 3.4.4: what the example has not") {
    CHECK(relaxed_field("SUBJECT:") == "subject:");
    CHECK(relaxed_field("Subject: \r\n \r\n \t\r\n") == "subject:");
    CHECK(relaxed_field("Subject:a:b") == "subject:a:b");
    CHECK(relaxed_field("no colon") == "no colon:");
    CHECK(relaxed_field("") == ":");
    CHECK(relaxed_field("X: a\rb\nc") == "x:a\rb\nc");
    CHECK(relaxed_body("").empty());
    CHECK(relaxed_body("\r\n\r\n").empty());
    CHECK(relaxed_body(" \t\r\n \r\n").empty());
    CHECK(relaxed_body("a") == "a\r\n");
    CHECK(relaxed_body("a\r\n") == "a\r\n");
    CHECK(relaxed_body("\r\na\r\n\r\n") == "\r\na\r\n");
    CHECK(relaxed_body("\ta\t\tb\t\r\n") == " a b\r\n");
    CHECK(relaxed_body("a\r\r\n\r\n") == "a\r\r\n");
}

TEST_CASE("a relaxed body has the length that our verifier counts") {
    Strangers strangers(3);
    for (unsigned i = 0; i < 300; ++i) {
        auto octets = strangers.text(30);
        if (auto mended = mended_line_ends(octets)) octets = std::move(*mended);
        CHECK(relaxed_body(octets).size() ==
              verifier::canonical_body_octets(octets, verifier::BodyCanonicalization::relaxed));
    }
}

TEST_CASE("a mail of ours verifies with opendkim, dkimpy and libopendkim, by RSA and by Ed25519") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    auto const octets = signed_mail(mail, type);
    CHECK(verified_by_others(octets, published(type)) == "pass");
    CHECK(verified_by_us(octets, type) == DkimResult::pass);
    // And is no signature of anybody else's key.
    auto const other = PublishedKey{published(type).name, dkim_record(DkimPrivateKey::make(type))};
    CHECK_THAT(verified_by_others(octets, other), StartsWith("opendkim: ") && Contains("dkimpy: "));
}

TEST_CASE("the field says what it is, in lines of at most 78 octets") {
    auto const field = signer(Type::rsa).signature_field(mail, noon);
    CHECK_THAT(field, StartsWith("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; t=1795251600;\r\n"
                                 " d=acme.example;\r\n s=s1;\r\n h=From:From:To:To:Cc:Subject:Subject:"));
    CHECK(field.ends_with("\r\n"));
    for (std::size_t begin = 0; begin < field.size();) {
        auto const end = field.find("\r\n", begin);
        CHECK(end - begin <= 78);
        begin = end + 2;
    }
    CHECK(field.find("x=") == std::string::npos);
    CHECK(field.find("l=") == std::string::npos);
    CHECK(signer(Type::ed25519).signature_field(mail, noon).find("a=ed25519-sha256;") != std::string::npos);
}

TEST_CASE("RFC 6376 5.4: what is signed, what is sealed against another, and what never is") {
    CHECK(signed_names(signed_mail(mail)) ==
          "From:From:To:To:Cc:Subject:Subject:Date:Date:Message-ID:Message-ID:Reply-To:References:"
          "MIME-Version:MIME-Version:Content-Type:Content-Type:Auto-Submitted");
    auto const traced = std::string("Return-Path: <>\r\nReceived: from here\r\nX-Spam: no\r\n") +
                        "References: <x>\r\nList-Id: <list.acme.example>\r\n" + mail;
    auto const names = signed_names(signed_mail(traced));
    CHECK_THAT(names, Contains(":References:References:") && Contains(":List-Id"));
    CHECK(names.find("Received") == std::string::npos);
    CHECK(names.find("Return-Path") == std::string::npos);
    CHECK(verified_by_others(signed_mail(traced), published(Type::rsa)) == "pass");
}

TEST_CASE("a signature survives what relays do, and nothing else") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    auto const octets = signed_mail(mail, type);
    auto const survives = [&](std::string const& changed) {
        auto const others = verified_by_others(changed, published(type));
        CHECK((others == "pass") == (verified_by_us(changed, type) == DkimResult::pass));
        return others == "pass";
    };
    // A trace, another folding, white space at the ends of lines, empty lines at the end.
    CHECK(survives("Received: from here by there\r\n" + octets));
    CHECK(survives(replaced(octets, "printer\r\n smokes", "printer  smokes")));
    CHECK(survives(replaced(octets, "-- \r\n", "--\r\n")));
    CHECK(survives(replaced(octets, "Acme\r\n\r\n", "Acme\r\n\r\n\r\n")));
    CHECK(survives(replaced(octets, "\r\nSubject:", "\r\nsubject:")));

    CHECK_FALSE(survives(replaced(octets, "printer\r\n smokes", "printer\r\n burns")));
    CHECK_FALSE(survives(replaced(octets, "support@acme.example>", "sales@acme.example>")));
    CHECK_FALSE(survives(replaced(octets, "your mail", "your money")));
    CHECK_FALSE(survives(octets + "Send it to us.\r\n"));
    CHECK_FALSE(survives(replaced(octets, "auto-replied", "no")));
    CHECK_FALSE(survives(replaced(octets, "\r\nTo:", "\r\nCc: eve@evil.example\r\nTo:")));
    CHECK_FALSE(survives(replaced(octets, "\r\nTo:", "\r\nReply-To: eve@evil.example\r\nTo:")));
    CHECK_FALSE(survives(replaced(octets, "\r\nTo:", "\r\nFrom: eve@acme.example\r\nTo:")));
    CHECK_FALSE(survives(replaced(octets, "\r\nSubject:", "\r\nSubject: other\r\nSubject:")));
    CHECK_FALSE(survives("Subject: other\r\n" + octets));
    CHECK_FALSE(survives(replaced(octets, "d=acme.example", "d=evil.example")));
    CHECK_FALSE(survives(replaced(octets, "t=1795251600", "t=1795251601")));
}

TEST_CASE("any mail of ours verifies: hundreds, with what strangers put into them") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    constexpr unsigned count = 250;
    Strangers strangers(20261121);
    std::vector<std::string> mails;
    for (unsigned i = 0; i < count; ++i) {
        auto const octets = any_mail(strangers, i);
        // Nothing is left for the relay to mend, or the mended would be what is signed.
        REQUIRE_FALSE(mended_line_ends(octets).has_value());
        mails.push_back(signed_mail(octets, type));
    }
    std::vector<std::string> const all_pass(count, "pass");
    CHECK(verified_by_dkimpy(mails, published(type)) == all_pass);
    CHECK(verified_by_opendkim(mails, published(type)) == all_pass);
    for (auto const& each : mails) CHECK(verified_by_us(each, type) == DkimResult::pass);
}

TEST_CASE("our mails are 7 bit but for an address that needs SMTPUTF8, so no relay recodes them") {
    Strangers strangers(7);
    for (unsigned i = 0; i < 100; ++i) {
        auto const octets = any_mail(strangers, i);
        auto const is_8bit = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
        bool const utf8_address = octets.find("bj\xC3\xB6rn") != std::string::npos;
        CHECK(std::any_of(octets.begin(), octets.end(), is_8bit) == utf8_address);
    }
}

TEST_CASE("a mail without a body, without a header and without anything is signed, too") {
    auto const only_from = std::string("From: support@acme.example\r\n");
    CHECK(verified_by_others(signed_mail(only_from + "\r\n"), published(Type::rsa)) == "pass");
    CHECK(verified_by_us(signed_mail(only_from), Type::rsa) == DkimResult::pass);
    CHECK_THAT(signed_mail("\r\nhello\r\n"), Contains(" h=From:To:Cc:Subject:"));
    CHECK_THAT(signed_mail(""), Contains(" h=From:To:Cc:Subject:"));
}

TEST_CASE("one key signs for any number of threads at once") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    auto const expected = signed_mail(mail, type);  // both algorithms are deterministic
    std::array<bool, 6> good{};
    std::vector<std::thread> threads;
    for (auto& each : good) {
        threads.emplace_back([&each, &expected, type] {
            each = true;
            for (int i = 0; i < 25; ++i) each = each && signed_mail(mail, type) == expected;
        });
    }
    for (auto& thread : threads) thread.join();
    for (auto const each : good) CHECK(each);
}

// ---- through a relay

namespace {

OutboxMail outbox_mail(std::string octets) {
    OutboxMail outgoing;
    outgoing.id = {1};
    outgoing.kind = OutgoingKind::receipt;
    outgoing.recipient = "ana@northwind.example";
    outgoing.message_id = "<1@support.acme.example>";
    outgoing.octets = std::move(octets);
    return outgoing;
}

std::unique_ptr<Relay> signing(std::unique_ptr<Relay> relay, Type type) {
    return std::make_unique<SigningRelay>(
        std::move(relay), [type](std::string_view octets) { return signer(type).signature_field(octets, noon); });
}

std::string without_dots(std::string const& wire) {
    std::string octets;
    for (std::size_t at = 0; at < wire.size();) {
        auto const end = std::min(wire.find("\r\n", at), wire.size() - 2) + 2;
        auto const line = wire.substr(at, end - at);
        octets += line.starts_with('.') ? line.substr(1) : line;
        at = end;
    }
    return octets;
}

}  // namespace

TEST_CASE("what the wire carries is what was signed: dots, bare line ends and NUL") {
    auto const type = GENERATE(Type::rsa, Type::ed25519);
    auto const body = GENERATE(as<std::string>{}, ".\r\n..\r\n.end\r\n", "bare\nline\rends\r\n",
                               std::string("N\0L\r\n", 5), "no line end", "", "\r\n\r\n", "trailing \t\r\n \r\n");
    ScriptedRelay relay;
    RelayOptions options;
    options.url = relay.url();
    auto const smtp = signing(make_relay(options, "support.acme.example", [] { return false; }), type);
    auto const header = std::string(mail).substr(0, std::string_view(mail).find("\r\n\r\n") + 4);
    CHECK(smtp->send(outbox_mail(header + body)).kind == RelayResult::Kind::sent);
    REQUIRE(relay.wait_for_mails(1));
    auto const arrived = without_dots(relay.mails().front().octets);
    CHECK_THAT(arrived, StartsWith("DKIM-Signature: "));
    CHECK(verified_by_others(arrived, published(type)) == "pass");
    CHECK(verified_by_us(arrived, type) == DkimResult::pass);
}

TEST_CASE("a maildir gets the signed mail, too") {
    TemporaryFolder const folder;
    auto const maildir = signing(std::make_unique<MaildirRelay>(folder.path() / "sent"), Type::rsa);
    CHECK(maildir->send(outbox_mail(mail)).kind == RelayResult::Kind::sent);
    auto const file = std::filesystem::directory_iterator(folder.path() / "sent" / "new")->path();
    auto const octets = postern::testing::read_file(file);
    CHECK_THAT(octets, Contains("\r\nDKIM-Signature: "));
    CHECK(verified_by_others(octets, published(Type::rsa)) == "pass");
}

TEST_CASE("a mail that can't be signed is not sent, and is no mail's fault") {
    ScriptedRelay relay;
    RelayOptions options;
    options.url = relay.url();
    SigningRelay failing(make_relay(options, "support.acme.example", [] { return false; }),
                         [](std::string_view) -> std::string { throw DkimKeyError("signing failed"); });
    auto const result = failing.send(outbox_mail(mail));
    CHECK(result.kind == RelayResult::Kind::relay_down);
    CHECK(result.detail == "no mail can be signed by [dkim]: signing failed");
    CHECK(relay.connections() == 0);
}
