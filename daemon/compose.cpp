#include "daemon/compose.h"

#include <algorithm>
#include <utility>

#include "daemon/derive.h"
#include "daemon/held_mail.h"
#include "daemon/left_out.h"
#include "daemon/outgoing_mail.h"
#include "daemon/postmaster.h"
#include "parsers/digest.h"

namespace postern {

namespace {

std::string ticket_subject(Facts const& facts) {
    return ticket_subject(facts.message.subject, facts.policy);
}

std::string language(Facts const& facts, Organization const* organization) {
    return organization && organization->language ? *organization->language : facts.mailbox.language;
}

std::string sender_key(Facts const& facts, Verdict const& verdict) {
    if (verdict.sender) return verdict.sender->mailbox.key();
    if (!facts.message.from.empty()) return facts.message.from.front().mailbox.key();
    return {};
}

LedgerEntry ledger_entry(Facts const& facts, Verdict const& verdict) {
    auto const& [raw, message, authentication, context, policy, mailbox, now, answers] = facts;
    LedgerEntry entry;
    entry.id = raw.id;
    entry.received = raw.received;
    entry.arrived = raw.arrived;
    entry.source = raw.source;
    auto const to = to_postmaster(raw.envelope, policy);
    entry.mailbox = (to.alone ? *to.address : mailbox.address).address();
    if (raw.envelope.reverse_path.mailbox) entry.reverse_path = raw.envelope.reverse_path.mailbox->address();
    entry.client = raw.envelope.client;
    entry.from = sender_key(facts, verdict);
    entry.message_id = message.message_id.value_or("");
    entry.subject = message.subject;
    entry.size = raw.octets.size();
    entry.sha256 = sha256_hex(raw.octets);
    entry.disposition = verdict.disposition;
    entry.rule = verdict.rule;
    entry.reason = verdict.reason;
    entry.story = verdict.story;
    entry.receipt_why = verdict.receipt_why;
    entry.imap = raw.imap;
    entry.authentication = authentication.word();
    entry.authentication_results = authentication.results;
    entry.revision = policy.options().revision;
    return entry;
}

Article article(Facts const& facts, Verdict const& verdict) {
    auto const& message = facts.message;
    Article article;
    article.kind = verdict.disposition == Disposition::noted ? ArticleKind::automatic : ArticleKind::customer;
    article.direction = Direction::in;
    article.from = sender_key(facts, verdict);
    article.message_id = message.message_id.value_or("");
    article.authentication = facts.authentication.word();
    derive(article, message, facts.raw.arrived);
    return article;
}

bool has_image(ParsedMessage const& message) {
    return std::ranges::any_of(
        message.attachments, [](Attachment const& attachment) { return attachment.media_type.starts_with("image/"); });
}

// One identifier of a kind for ever: whoever renders this answer again gets the same, so that mail systems show it
// once.
ResponseHeader response_header(Facts const& facts, NameAddr const& to, std::string_view kind) {
    auto const& site = facts.policy.options().site;
    ResponseHeader header;
    header.from = {facts.mailbox.name, facts.mailbox.address};
    header.to = to;
    header.message_id = "<" + facts.raw.id.text + "." + std::string(kind) + "@" + site.hostname + ">";
    header.in_reply_to = facts.message.message_id.value_or("");
    header.references = facts.message.references;
    if (facts.message.message_id) header.references.push_back(*facts.message.message_id);
    header.date = facts.now;
    return header;
}

OutgoingMail too_large_mail(Facts const& facts, Verdict const& verdict) {
    auto const& options = facts.policy.options();
    TooLargeFields const fields{options.site.name, ticket_subject(facts), verdict.sender->display_name,
                                options.limits.message};
    auto const header = response_header(facts, *verdict.sender, "too-large");
    return outgoing_mail(options, OutgoingKind::notification, header,
                         facts.policy.templates().too_large(header, fields, language(facts, verdict.organization)));
}

ReferralFields referral_fields(Facts const& facts, Organization const* organization) {
    ReferralFields fields;
    fields.site_name = facts.policy.options().site.name;
    if (organization) {
        fields.refer_to = organization->refer_to;
        fields.organization = organization->name;
    }
    return fields;
}

// Of who wrote it holds the address alone, which is proved to be theirs.
OutgoingMail referral_mail(Facts const& facts, Verdict const& verdict) {
    NameAddr const to{{}, facts.message.from.front().mailbox};
    auto const header = response_header(facts, to, "referral");
    return outgoing_mail(facts.policy.options(), OutgoingKind::referral, header,
                         facts.policy.templates().referral(header, referral_fields(facts, verdict.refer_to),
                                                           language(facts, verdict.refer_to)));
}

OutgoingMail receipt_mail(Facts const& facts, Verdict const& verdict, TicketNumber const& number) {
    auto const& options = facts.policy.options();
    ReceiptFields fields;
    fields.site_name = options.site.name;
    fields.ticket = number.text();
    fields.subject = ticket_subject(facts);
    fields.severity = facts.policy.lowest_severity();
    fields.contact_name = verdict.sender->display_name;
    // A pasted screenshot too: its sender wants to know that it came.
    for (auto const& attachment : facts.message.attachments) {
        fields.attachments.push_back({attachment.name, attachment.size});
    }
    // All that the mail says: a contact forwards what a colleague wrote.
    auto const said = facts.message.subject + "\n" + facts.message.body_text;
    fields.missing = missing_details(said, has_image(facts.message));
    auto others = left_out(facts.message, *verdict.organization, facts.policy);
    fields.left_out = std::move(others.named);
    fields.left_out_not_listed = others.not_listed;
    auto header = response_header(facts, *verdict.sender, "receipt");
    header.ticket_tag = "[" + number.text() + "]";
    return outgoing_mail(options, OutgoingKind::receipt, header,
                         facts.policy.templates().receipt(header, fields, language(facts, verdict.organization)));
}

// To the point of contact, who takes part in the ticket from now on.
OutgoingMail admission_notice(Facts const& facts, Verdict const& verdict, TicketNumber const& number) {
    auto const& options = facts.policy.options();
    AdmittedFields const fields{options.site.name, number.text(), verdict.sender->mailbox.address(),
                                ticket_subject(facts)};
    auto header = response_header(facts, *verdict.organization->refer_to, "admitted");
    header.in_reply_to.clear();  // that mail is not theirs
    header.references.clear();
    header.ticket_tag = "[" + number.text() + "]";
    return outgoing_mail(options, OutgoingKind::notification, header,
                         facts.policy.templates().admitted(header, fields, language(facts, verdict.organization)));
}

// Who let the mail in may have ceased to be the one to ask since.
bool tells_point_of_contact(Facts const& facts, Verdict const& verdict) {
    if (!verdict.admitted || !verdict.organization->refer_to) return false;
    return verdict.organization->refer_to->mailbox.key() == facts.raw.admitted->by;
}

TicketEvent event(Facts const& facts, std::string what, std::string by, std::string detail = {}) {
    return {facts.now, std::move(what), std::move(by), std::move(detail)};
}

// What happened to the ticket, in the order in which it did.
std::vector<TicketEvent> ticket_events(Facts const& facts, Verdict const& verdict) {
    std::vector<TicketEvent> events;
    if (facts.raw.admitted) {
        events.push_back(event(facts, "admitted", facts.raw.admitted->by, facts.raw.id.text));
    } else if (facts.raw.released) {
        events.push_back(event(facts, "released", "operator", facts.raw.id.text));
    }
    auto what = verdict.folds ? "folded" : std::string(to_string(verdict.disposition));
    events.push_back(event(facts, std::move(what), sender_key(facts, verdict), facts.raw.id.text));
    for (auto const& claim : verdict.claims) {
        events.push_back(event(facts, "claimed", sender_key(facts, verdict), claim.text()));
    }
    if (verdict.reopens) events.push_back(event(facts, "status", "postern", "resolved -> open: a reply came"));
    return events;
}

NewTicket new_ticket(Facts const& facts, Verdict const& verdict, TicketNumber const& number) {
    return {number, facts.mailbox.address.address(), ticket_subject(facts), facts.policy.lowest_severity(),
            verdict.organization ? verdict.organization->id : "",
            verdict.organization ? verdict.organization->name : "",
            // Whoever stands here may join the ticket: nobody where the mail does not say plainly who sent it.
            verdict.sender ? verdict.sender->mailbox.key() : "", verdict.admitted ? facts.raw.admitted->by : ""};
}

// Of mail refused straight from its sender the ledger row is enough: the sender still has the mail.
bool keeps_octets(Facts const& facts, Verdict const& verdict) {
    if (verdict.disposition == Disposition::duplicate) return false;
    if (verdict.forwards) return true;  // the forward says where they are
    bool const straight = facts.raw.source == Source::smtp && !facts.raw.envelope.from_our_mta;
    return verdict.disposition != Disposition::refused || !straight;
}

// A mail of ours without a ticket, a summary, comes back too.
void note_bounce(IntakeRecord& record, Verdict const& verdict) {
    if (!verdict.bounced) return;
    record.bounced = verdict.bounced->id;
    record.bounce_detail = verdict.bounce_why;
}

}  // namespace

IntakeRecord compose(Facts const& facts, Verdict const& verdict, std::vector<ArrivalKey> const& keys,
                     std::optional<TicketNumber> const& number) {
    IntakeRecord record;
    record.ledger = ledger_entry(facts, verdict);
    record.octets = facts.raw.octets;
    record.packed = facts.raw.packed ? &*facts.raw.packed : nullptr;
    record.keep_octets = keeps_octets(facts, verdict);
    record.mark = facts.raw.mark;
    record.is_admission = facts.raw.admitted != nullptr;
    if (verdict.forwards) record.outgoing.push_back(forward_to_postmaster(facts));
    switch (verdict.disposition) {
        case Disposition::opened:
            record.opens = new_ticket(facts, verdict, *number);
            break;
        case Disposition::appended:
        case Disposition::noted:
            record.joins = verdict.ticket->id;
            break;
        case Disposition::duplicate:
            record.ledger.ticket = facts.context.duplicate_ticket;
            return record;
        case Disposition::refused:
            if (verdict.refers_by_mail) record.outgoing.push_back(referral_mail(facts, verdict));
            return record;
        default:  // held, ignored
            record.keys = keys;
            record.admits = verdict.admits;
            if (verdict.asks) record.petition_to = verdict.refer_to->id;
            if (verdict.tells_too_large) record.outgoing.push_back(too_large_mail(facts, verdict));
            note_bounce(record, verdict);
            return record;
    }
    record.keys = keys;
    record.ledger.ticket = number ? number : verdict.ticket->number;
    record.reopens = verdict.reopens;
    record.article = article(facts, verdict);
    if (facts.message.message_id) record.thread_ids.push_back(*facts.message.message_id);
    record.events = ticket_events(facts, verdict);
    record.folds = verdict.folds;
    note_bounce(record, verdict);
    if (verdict.summary_due) {
        record.summary =
            SummaryOwed{facts.mailbox.address.address(), verdict.sender->mailbox.address(), *verdict.summary_due};
    }
    if (verdict.receipt) record.outgoing.push_back(receipt_mail(facts, verdict, *number));
    if (tells_point_of_contact(facts, verdict))
        record.outgoing.push_back(admission_notice(facts, verdict, *record.ledger.ticket));
    return record;
}

std::string refusal_text(Facts const& facts, Verdict const& verdict) {
    // Without somebody to refer to, its colleagues hear what strangers hear, in the same language: nobody learns by
    // that who our customers are.
    auto const* const organization = verdict.refer_to && verdict.refer_to->refer_to ? verdict.refer_to : nullptr;
    return facts.policy.templates().referral_reply(referral_fields(facts, organization), language(facts, organization));
}

}  // namespace postern
