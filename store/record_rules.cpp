#include "store/record_rules.h"

#include <algorithm>
#include <stdexcept>

namespace postern {

namespace {

[[noreturn]] void contradiction(IntakeRecord const& record, char const* what) {
    throw std::logic_error("intake record " + record.ledger.id.text + ": " + what);
}

}  // namespace

void require_consistent(IntakeRecord const& record) {
    auto const disposition = record.ledger.disposition;
    bool const in_ticket = record.opens || record.joins;
    if (record.ledger.id.text.empty()) contradiction(record, "no id");
    if (record.opens && record.joins) contradiction(record, "both opens and joins a ticket");
    if ((disposition == Disposition::opened) != record.opens.has_value()) {
        contradiction(record, "a mail is opened if it opens a ticket");
    }
    bool const joining = disposition == Disposition::appended || disposition == Disposition::noted;
    if (joining != record.joins.has_value()) contradiction(record, "a mail is appended or noted if it joins a ticket");
    if (!in_ticket && (record.article || !record.thread_ids.empty() || !record.events.empty() || record.reopens)) {
        contradiction(record, "article, thread ids, events or reopening without a ticket");
    }
    if (record.reopens && !record.joins) contradiction(record, "reopens what it does not join");
    if (record.opens && record.ledger.ticket && *record.ledger.ticket != record.opens->number) {
        contradiction(record, "its ledger row names another ticket");
    }
    bool const no_keys = disposition == Disposition::refused || disposition == Disposition::dropped;
    if (no_keys && !record.keys.empty()) contradiction(record, "keys of a mail that must make no duplicate");
    if (record.folds && disposition != Disposition::appended) contradiction(record, "folds and is not appended");
    if (record.flood && !in_ticket) contradiction(record, "counts towards a flood without a ticket");
    bool const has_receipt =
        std::ranges::find(record.outgoing, OutgoingKind::receipt, &OutgoingMail::kind) != record.outgoing.end();
    if (record.summary && (!record.opens || has_receipt))
        contradiction(record, "a summary names what it opens, or a receipt does");
    if (record.petition_to && disposition != Disposition::held) contradiction(record, "asks about what is not held");
    if (!record.admits.empty() && disposition != Disposition::ignored)
        contradiction(record, "an answer that admits is nothing else");
    bool const attached = record.article && !record.article->attachments.empty();
    if (attached && !keeps_octets(record)) contradiction(record, "attachments whose octets are not kept");
}

std::optional<Article> article_of(OutgoingMail const& mail, std::string const& ticket_mailbox, TimePoint now) {
    Article article;
    switch (mail.kind) {
        case OutgoingKind::receipt:
            article.kind = ArticleKind::receipt;
            break;
        case OutgoingKind::reply:
            article.kind = ArticleKind::agent;
            break;
        case OutgoingKind::notification:
            article.kind = ArticleKind::automatic;
            break;
        default:
            return std::nullopt;
    }
    article.direction = Direction::out;
    article.from = ticket_mailbox;
    article.to = {mail.recipient};
    article.subject = mail.subject;
    article.date = now;
    article.message_id = mail.message_id;
    article.text = article.full_text = mail.text;
    return article;
}

bool keeps_octets(IntakeRecord const& record) {
    return record.keep_octets && record.ledger.disposition != Disposition::duplicate;
}

std::optional<TimePoint> octets_expire(IntakeRecord const& record, TimePoint now) {
    // Anybody may write to the postmaster, whose own copy is what counts.
    auto const& entry = record.ledger;
    bool const was_forwarded = entry.disposition == Disposition::ignored && entry.rule == postmaster_rule;
    if (entry.disposition != Disposition::refused && !was_forwarded) return std::nullopt;
    return now + refused_octets_kept;
}

std::optional<TicketEvent> settled_event(OutgoingKind kind, std::string const& recipient, SendOutcome const& outcome) {
    auto const event = [&](std::string what) {
        auto detail = recipient;
        if (!outcome.detail.empty()) detail += ": " + outcome.detail;
        return TicketEvent{outcome.at, std::move(what), "postern", std::move(detail)};
    };
    if (outcome.result == SendOutcome::Result::sent && kind == OutgoingKind::receipt) return event("receipt-sent");
    if (outcome.result != SendOutcome::Result::failed) return std::nullopt;
    return event(kind == OutgoingKind::receipt ? "receipt-failed" : "bounced");
}

std::optional<TicketEvent> bounced_event(IntakeRecord const& record, std::string const& recipient, TimePoint now) {
    if (std::ranges::find(record.events, "bounced", &TicketEvent::what) != record.events.end()) return std::nullopt;
    auto detail = recipient;
    if (!record.bounce_detail.empty()) detail += ": " + record.bounce_detail;
    return TicketEvent{now, "bounced", "postern", std::move(detail)};
}

TicketEvent change_event(std::string_view what, std::string_view from, std::string_view to, std::string_view by,
                         TimePoint now) {
    return {now, std::string(what), std::string(by), std::string(from) + " -> " + std::string(to)};
}

ReceiptState receipt_state_of(OutboxState state) noexcept {
    switch (state) {
        case OutboxState::queued:
            return ReceiptState::queued;
        case OutboxState::sent:
            return ReceiptState::sent;
        default:
            return ReceiptState::failed;
    }
}

Article unfolded_note(Article const& moved, TicketNumber const& to, std::string_view by, TimePoint now) {
    Article note;
    note.number = moved.number;
    note.kind = ArticleKind::note;
    note.from = by;
    note.subject = moved.subject;
    note.date = now;
    note.text = note.full_text = "This mail is " + to.text() + " now.";
    return note;
}

StoryStep unfolded_step(TicketNumber const& from, TicketNumber const& to, std::string_view by) {
    return {std::string(unfold_rule), from.text(), "taken out by " + std::string(by) + ": " + to.text(), {}};
}

TicketEvent unfolded_into(MailId const& mail, TicketNumber const& from, std::string_view by, TimePoint now) {
    return {now, "opened", std::string(by), mail.text + ", unfolded from " + from.text()};
}

TicketEvent unfolded_from(Unfolded const& unfolded, std::string_view by, TimePoint now) {
    auto const& mails = unfolded.mails;
    auto detail = mails.front().ticket.text();
    if (mails.size() > 1)
        detail += " to " + mails.back().ticket.text() + ", " + std::to_string(mails.size()) + " mails";
    return {now, "unfolded", std::string(by), std::move(detail)};
}

std::string bracketed(std::string_view message_id) {
    if (message_id.starts_with('<')) return std::string(message_id);
    return "<" + std::string(message_id) + ">";
}

}  // namespace postern
