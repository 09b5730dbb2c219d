#include "daemon/intake.h"

#include <utility>

#include "daemon/arrival_key.h"
#include "daemon/compose.h"
#include "daemon/decide.h"
#include "daemon/fault_point.h"

namespace postern {

namespace {

ArrivalQuestion question(RawMessage const& raw, ParsedMessage const& message, std::vector<ArrivalKey> const& keys,
                         Policy const& policy, TimePoint now) {
    ArrivalQuestion question;
    for (auto const& key : keys) question.arrival_keys.push_back(key.key);
    if (raw.released) question.not_itself = raw.id;
    question.now = now;
    for (auto const& tag : message.ticket_tags) {
        if (policy.is_our_tag(tag.tag)) question.tags.push_back(tag);
    }
    if (message.in_reply_to) question.message_ids.push_back(*message.in_reply_to);
    question.message_ids.insert(question.message_ids.end(), message.references.rbegin(), message.references.rend());
    bool const from_us = !message.from.empty() && policy.mailbox(message.from.front().mailbox) != nullptr;
    question.original_message_id = from_us ? message.message_id : message.original_message_id;
    return question;
}

// The mail came to the first recipient that is ours; a reload may have taken the mailbox away since RCPT.
SupportMailbox const& addressed(RawMessage const& raw, Policy const& policy) {
    for (auto const& recipient : raw.envelope.forward_path) {
        if (auto const* mailbox = policy.mailbox(recipient)) return *mailbox;
    }
    return policy.options().mailboxes.front();
}

// [limits] held is reached: an operator has to look first.
Receipt deferred_for_space() {
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::deferred;
    receipt.no_space = true;
    return receipt;
}

}  // namespace

Receipt intake(RawMessage const& raw, ParsedMessage const& message, Policy const& policy, Store& store, TimePoint now) {
    auto const keys = arrival_keys(raw, message, now);
    auto const context = store.lookup(question(raw, message, keys, policy, now));  // read
    fault_point("intake.looked-up");
    Facts const facts{raw, message, context, policy, addressed(raw, policy), now};
    auto const verdict = decide(facts);  // pure
    fault_point("intake.decided");
    if (verdict.disposition == Disposition::held && store.held_count() >= policy.options().limits.held) {
        return deferred_for_space();
    }
    std::optional<TicketNumber> number;
    if (verdict.disposition == Disposition::opened) {
        number = store.next_ticket_number(facts.mailbox.tag, facts.mailbox.first_ticket);
    }
    auto const record = compose(facts, verdict, keys, number);
    fault_point("intake.composed");
    store.commit(record, now);  // together
    fault_point("intake.written");
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::committed;
    receipt.disposition = verdict.disposition;
    receipt.rule = verdict.rule;
    receipt.ticket = record.ledger.ticket;
    receipt.queued_mail = !record.outgoing.empty();
    if (verdict.disposition == Disposition::refused) receipt.refusal = refusal_text(facts, verdict);
    return receipt;
}

}  // namespace postern
