// Signed mail of ours through a real Postfix: what it passes on still verifies.
#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/dkim_record.h"
#include "daemon/dkim_signer.h"
#include "daemon/relay_signing.h"
#include "daemon/relay_smtp.h"
#include "templates/enclosed_mail.h"
#include "templates/outgoing_message.h"
#include "tests/daemon/scripted_relay.h"
#include "tests/support/dkim_verifier.h"
#include "tests/support/postfix_server.h"
#include "tests/support/site.h"
#include "tests/support/skip.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::string without_dots(std::string const& wire) {
    std::string octets;
    for (std::size_t at = 0; at < wire.size();) {
        auto const end = std::min(wire.find("\r\n", at), wire.size() - 2) + 2;
        octets += wire.substr(wire[at] == '.' ? at + 1 : at, end - (wire[at] == '.' ? at + 1 : at));
        at = end;
    }
    return octets;
}

OutboxMail letter(std::string name, std::string subject, std::string text, std::string const& enclosed = "") {
    OutgoingParts parts;
    parts.from = {std::move(name), Mailbox{"support", "acme.example"}};
    parts.to = {"Ana \"the\" Ruiz", Mailbox{"ana", "northwind.example"}};
    parts.message_id = "<1@support.acme.example>";
    for (int i = 0; i < 100; ++i) parts.references.push_back("<" + std::to_string(i) + "@northwind.example>");
    parts.in_reply_to = parts.references.back();
    parts.date = noon;
    parts.subject = std::move(subject);
    parts.language = "en";
    parts.text = text;
    parts.html = "<p>" + std::move(text) + "</p>\n";
    if (!enclosed.empty()) parts.enclosed = enclose(enclosed).part;
    OutboxMail mail;
    mail.id = {1};
    mail.kind = OutgoingKind::receipt;
    mail.recipient = "ana@northwind.example";
    mail.message_id = parts.message_id;
    mail.octets = build_message(parts);
    return mail;
}

}  // namespace

TEST_CASE("after a hop of Postfix the signature still verifies") {
    if (auto const why = PostfixServer::why_not(); !why.empty()) return skip(why);
    ScriptedRelay destination;
    auto const url = destination.url();
    PostfixServer::Setup setup;
    setup.relay_port = static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));
    PostfixServer postfix(setup);
    postfix.start();
    RelayOptions options;
    options.url = "smtp://127.0.0.1:" + std::to_string(postfix.port());
    options.starttls = StartTls::never;
    for (auto const type : {DkimPrivateKey::Type::rsa, DkimPrivateKey::Type::ed25519}) {
        DkimSigner const signer("acme.example", "s1", DkimPrivateKey::make(type));
        SigningRelay relay(make_relay(options, "support.acme.example", [] { return false; }),
                           [&](std::string_view octets) { return signer.signature_field(octets, noon); });
        auto const seen = destination.mails().size();
        for (auto const& mail :
             {letter("Acme", "The printer", "Hello\n"), letter("", "", ""),
              letter("Ac\"me, <x@evil.example>", "Üben üben: \xE2\x80\xAE 🖨️ " + std::string(300, 'x'),
                     "From here\n.\n..\n \t \n\n\n" + std::string(2000, 'y') + "\n"),
              letter("Acme", "forwarded", "See below.\n", std::string("From: x\nA bare\rCR, NUL \0 and \xFF\n", 39))})
            REQUIRE(relay.send(mail).kind == RelayResult::Kind::sent);
        REQUIRE(destination.wait_for_mails(seen + 4));
        std::vector<std::string> arrived;
        for (auto const& taken : destination.mails()) arrived.push_back(without_dots(taken.octets));
        arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(seen));
        for (auto const& mail : arrived) CHECK(mail.find("Received: ") < mail.find("DKIM-Signature: "));
        PublishedKey const key{"s1._domainkey.acme.example", dkim_record(signer.key())};
        CHECK(verified_by_opendkim(arrived, key) == DkimVerdicts(4, "pass"));
        CHECK(verified_by_dkimpy(arrived, key) == DkimVerdicts(4, "pass"));
    }
}
