#include "config/kinds.h"
#include "config/tables.h"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
constexpr hours day{24};

// Shown in a subject line and a table's column.
constexpr std::size_t severity_octets = 40;
// Numbers that people read to each other over the telephone.
constexpr std::int64_t largest_first_ticket = 999'999'999;

}  // namespace

Table<SiteOptions> site_table() {
    using Site = SiteOptions;
    return {"[site]",
            {
                key("name", &Site::name, text("\"Acme Support\""), required,
                    "The name of the support team, shown to customers."),
                key("hostname", &Site::hostname, domain(), required,
                    "The name of this host on the Internet: in the SMTP greeting, in Received fields, behind the @ of "
                    "our Message-IDs, and as our authserv-id. Do not change it lightly: replies are recognised by it."),
                key("postmaster", &Site::postmaster, address(), optional,
                    "Gets alarms, at most one an hour for the same cause, and the mail that is written to "
                    "postmaster at the domains of our mailboxes (RFC 5321 4.5.1), at most 20 an hour; without it, and "
                    "beyond that, such mail is held."),
                key("state_dir", &Site::state_dir, path("\"/var/lib/postern\""), required,
                    "The folder of all that must survive: the store and its lock. One "
                    "daemon a state_dir."),
                key("templates", &Site::templates, path("\"templates\""), optional,
                    "A folder of templates that are laid over the built-in ones, file by file."),
                key("severities", &Site::severities, list_of(text("\"Low\"", severity_octets)),
                    by_default(R"(["Critical", "High", "Medium", "Low"])"),
                    "The levels of severity, highest first. E-mail opens a ticket at the last."),
            }};
}

Table<StoreOptions> store_table() {
    return {"[store]",
            {
                key("url", &StoreOptions::file, sqlite_url(), by_rule("postern.db in state_dir"),
                    "Where tickets and mail are kept: sqlite: and the path of the database."),
            }};
}

Table<SupportMailbox> mailbox_table() {
    using Box = SupportMailbox;
    return {"[[mailbox]]",
            {
                key("address", &Box::address, address(), required,
                    "A support address: what customers write to, and what they are answered from."),
                key("aliases", &Box::aliases, list_of(address(), 0, Doubles::allowed), by_default("[]"),
                    "Further addresses of the same mailbox. Answers come from its address."),
                key("name", &Box::name, text("\"Acme Support\""), by_rule("name of [site]"),
                    "The display name in From: of what it sends."),
                key("tag", &Box::tag, tag(), required,
                    "What its ticket numbers begin with: ACME gives [ACME-1042]. No two mailboxes share one. Keep it: "
                    "replies to old tickets are recognised by it."),
                key("first_ticket", &Box::first_ticket, integer<std::int64_t>(1, largest_first_ticket),
                    by_default("1000"), "The number of its first ticket. Without effect once there is one."),
                key("language", &Box::language, language(), by_default("\"en\""),
                    "The language of its automatic mails, where the organisation names none."),
            }};
}

Table<ContactsOptions> contacts_table() {
    using Contacts = ContactsOptions;
    using Unlisted = ContactsOptions::Unlisted;
    return {
        "[contacts]",
        {
            key("files", &Contacts::files, list_of(path("\"contacts.toml\"")), by_default(R"(["contacts.toml"])"),
                "The files that list who may write; see contacts.toml(5)."),
            key("max_per_organization", &Contacts::max_per_organization, integer(0U, 1'000'000U), by_default("5"),
                "More contacts than this in one organisation are an error. 0 lifts it."),
            key("unlisted", &Contacts::unlisted,
                one_of<Unlisted>({{"refuse", Unlisted::refuse}, {"hold", Unlisted::hold}}), by_default("\"refuse\""),
                "What becomes of mail from somebody who is not listed: it is refused, or, from a domain of an "
                "organisation, held for the operator."),
            key("ask", &Contacts::ask, boolean(), by_default("false"),
                "Of mail so held, the organisation's point of contact (refer_to) is asked to admit the sender, where "
                "the sender is authentic and a person: a short mail says who wrote, when, and the subject, five such "
                "mails a day at most, each of up to twenty senders. An answer counts if it comes from exactly the "
                "address that was asked, is authentic and not automatic, and gives the word that the question shows: "
                "on a line of its own, above or below the question's text. It goes "
                "to an address made for this question, such as support+0a1b...@acme.example, for a week; each word "
                "counts once. The mail becomes a ticket of the organisation with its original time; its sender gets "
                "the receipt and may write to this one ticket, and so may the point of contact. Any other mail to such "
                "an address is ignored, and the ledger tells why. Needs unlisted = \"hold\". The support mailbox has "
                "to take mail to its address with + and anything behind its name: Postfix does with "
                "recipient_delimiter = +, Google, Microsoft 365 and Fastmail do by themselves. Where it does not, "
                "answers bounce, and an operator releases the mail by hand."),
        }};
}

Table<AgentOptions> agent_table() {
    using Agent = AgentOptions;
    return {"[[agent]]",
            {
                key("address", &Agent::address, address(), required, "The private address of a support engineer."),
                key("name", &Agent::name, text("\"Kim\""), optional, "What colleagues call the engineer."),
                key("mailboxes", &Agent::mailboxes, list_of(address()), by_rule("all"),
                    "The support addresses whose tickets the engineer works."),
                key("organizations", &Agent::organizations, list_of(text("\"Northwind\"")), optional,
                    "Organisations, by name or id, whose tickets go to this engineer first."),
            }};
}

Table<LimitsOptions> limits_table() {
    using Limits = LimitsOptions;
    return {
        "[limits]",
        {
            key("message", &Limits::message, size(64 * kib, 512 * mib), by_default("\"25MiB\""),
                "The largest mail taken. RFC 5321 4.5.3.1.7 asks for 64KiB at least."),
            key("sessions", &Limits::sessions, integer(1U, 100'000U), by_default("1000"),
                "SMTP sessions at a time, and as many of LMTP; beyond it 421."),
            key("sessions_per_ip", &Limits::sessions_per_ip, integer(1U, 100'000U), by_default("50"),
                "The same, from one IP address; a Unix socket has none."),
            key("in_flight", &Limits::in_flight, size(1 * mib, 64 * gib), by_default("\"256MiB\""),
                "All messages being received or parsed together; beyond it 452. It bounds the memory."),
            key("recipients", &Limits::recipients, integer(1U, 10'000U), by_default("100"),
                "Recipients of one mail; beyond it 452. RFC 5321 4.5.3.1.8 asks for 100 at least."),
            key("receipts_per_address", &Limits::receipts_per_address, rate(), by_default("\"10/h\""),
                "Receipts to one address; beyond it one summary when the hour is over. \"0\" lifts it."),
            key("fold_after", &Limits::fold_after, rate(), by_default("\"10/h\""),
                "Mails of one sender under one subject, digits ignored, that open tickets of their own; the rest "
                "folds into one ticket. \"0\" lifts it."),
            key("answer_within", &Limits::answer_within, duration(seconds{1}, 365 * day), by_default("\"3d\""),
                "Older mail, by its arrival at the first server, gets no automatic answer."),
            key("held", &Limits::held, integer(1U, 10'000'000U), by_default("10000"),
                "Mails held for the operator; beyond it 452."),
            key("refusals_per_ip", &Limits::refusals_per_ip, rate(), by_default("\"20/h\""),
                "Refusals to one IPv4 address or IPv6 /64 by SMTP: of addresses, of mail, for abuse of the protocol; "
                "beyond it "
                "421. trusted_relays are not counted, so name the MTAs in front of [smtp] there, 127.0.0.1 too. \"0\" "
                "lifts it."),
        }};
}

Table<LogOptions> log_table() {
    using Level = LogOptions::Level;
    using Format = LogOptions::Format;
    return {
        "[log]",
        {
            key("level", &LogOptions::level,
                one_of<Level>(
                    {{"debug", Level::debug}, {"info", Level::info}, {"warn", Level::warn}, {"error", Level::error}}),
                by_default("\"info\""), "The least that is logged."),
            key("format", &LogOptions::format,
                one_of<Format>({{"journal", Format::journal}, {"logfmt", Format::logfmt}, {"json", Format::json}}),
                by_default("\"journal\""),
                "Lines for the journal of systemd, key=value pairs, or one JSON object a line; all on stderr."),
        }};
}

}  // namespace postern
