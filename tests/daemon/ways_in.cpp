#include "tests/daemon/ways_in.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/intake.h"
#include "daemon/postmaster_addresses.h"
#include "daemon/smtp_protocol.h"
#include "tests/support/site.h"

namespace postern::testing {

namespace {

std::shared_ptr<SmtpPolicy const> smtp_policy(std::string_view way, Options const& options, TimePoint now) {
    SmtpPolicy policy;
    policy.dialect = way == "LMTP" ? smtp::Dialect::lmtp : smtp::Dialect::smtp;
    policy.hostname = "support.acme.example";
    policy.max_message_octets = std::uint64_t{1} << 20U;
    policy.max_sessions = policy.max_sessions_per_ip = policy.max_recipients = 10;
    policy.local_addresses = postmaster_keys(options);
    policy.local_addresses.emplace_back("support@acme.example");  // behind them in order, too
    auto const in_force = site_policy(options);
    policy.is_answer_address = [in_force, now](Mailbox const& address) {
        return in_force->takes_answers_at(address, now);
    };
    if (way == "trusted_relays") policy.trusted_relays = {*IpNetwork::parse("192.0.2.1")};
    return std::make_shared<SmtpPolicy const>(std::move(policy));
}

// RFC 5321 4.5.2.
std::string dot_stuffed(std::string octets) {
    if (octets.starts_with('.')) octets.insert(0, 1, '.');
    for (auto at = octets.find("\n."); at != octets.npos; at = octets.find("\n.", at + 3))
        octets.insert(at + 1, 1, '.');
    return octets;
}

std::vector<MailId> ids(Store& store) {
    std::vector<MailId> ids;
    for (auto const& entry : store.ledger({})) ids.push_back(entry.id);
    return ids;
}

}  // namespace

Receipt WaysIn::take_in(RawMessage const& raw) {
    auto const policy = site_policy(terminal.options);
    auto const message = parse_message(raw.octets);
    auto const authentication = terminal.authenticated(raw, message, *policy);
    Receipt receipt;
    terminal.store->atomically(
        [&] { receipt = intake(raw, message, authentication, *policy, *terminal.store, terminal.now); });
    return receipt;
}

std::string WaysIn::by_wire(std::string_view way, std::string_view from, std::string const& octets,
                            std::vector<std::string> const& to) {
    using Next = smtp::Protocol::Next;
    InFlight const in_flight(std::uint64_t{1} << 24U);
    smtp::Protocol protocol(smtp_policy(way, terminal.options, terminal.now), in_flight, "192.0.2.1");
    protocol.greet();
    auto rest = std::string(way == "LMTP" ? "LHLO" : "EHLO") + " mx.northwind.example\r\nMAIL FROM:<" +
                std::string(from) + ">\r\n";
    for (auto const& recipient : to) rest += "RCPT TO:<" + recipient + ">\r\n";
    rest += "DATA\r\n" + dot_stuffed(octets) + ".\r\n";
    while (true) {
        auto const step = protocol.receive(rest);
        rest.erase(0, step.consumed);
        if (step.next == Next::begin_mail) {
            protocol.begin_mail({"wire" + std::to_string(++mails_)}, terminal.now);
        } else if (step.next == Next::judge) {
            auto const raw = protocol.take_mail();
            protocol.replies().clear();
            protocol.answer(take_in(raw));
            auto const& replies = protocol.replies();
            REQUIRE(replies.ends_with("\r\n"));
            return replies.substr(0, replies.size() - 2);
        } else {
            auto const refusal = protocol.replies().find("\r\n5");
            if (refusal == std::string::npos) FAIL("no mail came through: " << protocol.replies());
            return protocol.replies().substr(refusal + 2, protocol.replies().find("\r\n", refusal + 2) - refusal - 2);
        }
    }
}

std::string WaysIn::by_imap_folder(std::string_view mail) {
    auto const raw = by_imap(++mails_, mail);
    if (take_in(raw).outcome == Receipt::Outcome::deferred) return "left there";
    auto const owed = terminal.store->imap_marks_owed(raw.imap->folder, raw.imap->uid_validity, 1000);
    REQUIRE(owed.size() == 1);
    terminal.store->imap_mark_done(owed.front().place);
    return "marked";
}

std::string WaysIn::by_pipe(std::string_view from, std::string const& octets, std::string const& to) {
    terminal.files["mail.eml"] = octets;
    auto const session =
        terminal.run("postern deliver --mailbox " + to + " --from '" + std::string(from) + "' < mail.eml");
    return "exit " + std::to_string(session.code);
}

Heard WaysIn::take(std::string_view way, std::string_view from, std::string_view mail,
                   std::vector<std::string> const& to) {
    auto const before = ids(*terminal.store);
    auto const queued_before = terminal.store->outbox().size();
    Heard heard;
    if (way == "IMAP") {
        heard.reply = by_imap_folder(mail);
    } else if (way == "deliver") {
        heard.reply = by_pipe(from, crlf(mail), to.front());
    } else {
        REQUIRE(std::ranges::count(all_ways, way) == 1);
        heard.reply = by_wire(way, from, crlf(mail), to);
    }
    for (auto const& id : ids(*terminal.store)) {
        if (std::ranges::find(before, id) == before.end()) heard.mails.push_back(id);
    }
    heard.outgoing = terminal.store->outbox().size() - queued_before;
    return heard;
}

void WaysIn::release_newest() {
    auto const held = terminal.store->ledger({.disposition = Disposition::held});
    REQUIRE_FALSE(held.empty());
    REQUIRE(terminal.run("postern held release " + held.back().id.text).code == 0);
}

std::string without_id(std::string reply) {
    constexpr std::string_view before_id = "250 2.0.0 Ok: ";
    return reply.starts_with(before_id) ? std::string(before_id) : reply;
}

}  // namespace postern::testing
