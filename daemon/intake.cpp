#include "daemon/intake.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "daemon/arrival_key.h"
#include "daemon/compose.h"
#include "daemon/decide.h"
#include "daemon/fault_point.h"
#include "daemon/flood.h"
#include "daemon/postmaster.h"

namespace postern {

namespace {

// As many as [limits] recipients lets a mail have: an answer stands among the first.
constexpr std::size_t most_addresses_looked_at = 100;

// A mail of ours bears our name behind the @ of its Message-ID; one sent under an earlier name has our From at least.
bool may_be_ours(ParsedMessage const& message, Policy const& policy) {
    if (!message.message_id) return false;
    if (message.message_id->ends_with("@" + policy.options().site.hostname + ">")) return true;
    return std::ranges::any_of(message.from,
                               [&](NameAddr const& from) { return policy.mailbox(from.mailbox) != nullptr; });
}

// Where a receipt may be owed at all.
std::optional<ReceiptQuestion> receipt_question(ParsedMessage const& message, Policy const& policy, TimePoint now) {
    auto const& limit = policy.options().limits.receipts_per_address;
    if (limit.count == 0 || message.from.empty() || message.auto_submitted != AutoSubmitted::none) return std::nullopt;
    return ReceiptQuestion{message.from.front().mailbox.address(), now - limit.per, limit.count};
}

// By the time of arrival, so that a folder of ten years that is met for the first time is no flood.
std::optional<FloodQuestion> flood_question(RawMessage const& raw, std::optional<std::string> const& key,
                                            Policy const& policy) {
    if (!key) return std::nullopt;
    auto const& limit = policy.options().limits.fold_after;
    return FloodQuestion{*key, raw.arrived - limit.per, raw.arrived, limit.count};
}

// Where a referral may be mailed at all: once a day an address.
std::optional<ReferralQuestion> referral_question(RawMessage const& raw, ParsedMessage const& message,
                                                  SenderAuthentication const& authentication, TimePoint now) {
    bool const may_be = raw.source == Source::imap && message.from.size() == 1 &&
                        authentication.standing == SenderAuthentication::Standing::pass;
    if (!may_be) return std::nullopt;
    return ReferralQuestion{message.from.front().mailbox.address(), now - std::chrono::days{1}};
}

// Where a forward to [site] postmaster may be owed at all.
std::optional<ReceiptQuestion> forward_question(ToPostmaster const& to, Policy const& policy, TimePoint now) {
    auto const& postmaster = policy.options().site.postmaster;
    if (!to.address || !postmaster) return std::nullopt;
    return ReceiptQuestion{postmaster->address(), now - std::chrono::hours{1}, most_forwards_an_hour};
}

// A mail to a mailbox and to the postmaster, which the MTA before us brings in one by one, is a mail to each: neither
// is a duplicate of the other.
std::vector<ArrivalKey> keys_of(RawMessage const& raw, ParsedMessage const& message, ToPostmaster const& to,
                                TimePoint now) {
    auto keys = arrival_keys(raw, message, now);
    if (!to.alone) return keys;
    for (auto& key : keys) key.key.insert(0, "postmaster:");
    return keys;
}

ArrivalQuestion question(RawMessage const& raw, ParsedMessage const& message, std::vector<ArrivalKey> const& keys,
                         Policy const& policy, TimePoint now) {
    auto question = thread_question(message, policy);
    for (auto const& key : keys) question.arrival_keys.push_back(key.key);
    if (raw.released) question.not_itself = raw.id;
    question.now = now;
    if (may_be_ours(message, policy)) question.own_message_id = message.message_id;
    question.receipts = receipt_question(message, policy, now);
    return question;
}

// The mail came to the first recipient that is ours; a reload may have taken the mailbox away since RCPT.
SupportMailbox const& addressed(RawMessage const& raw, Policy const& policy) {
    for (auto const& recipient : raw.envelope.forward_path) {
        if (auto const* mailbox = policy.mailbox(recipient)) return *mailbox;
    }
    return policy.options().mailboxes.front();
}

// The address of a question that the mail answers: of its recipients or, where an MTA or a provider before us takes
// what stands behind "+" away from these, as it stands in the header.
std::optional<Policy::AnswerTo> answer_to(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    if (policy.admission_addresses() == nullptr) return std::nullopt;
    std::optional<Policy::AnswerTo> found;
    std::size_t looked_at = 0;
    auto const is_it = [&](Mailbox const& address) {
        if (looked_at++ < most_addresses_looked_at) found = policy.answer_to(address);
        return found.has_value();
    };
    auto const is_named = [&](NameAddr const& each) { return is_it(each.mailbox); };
    bool const is_answer = std::ranges::any_of(raw.envelope.forward_path, is_it) ||
                           std::ranges::any_of(message.to, is_named) || std::ranges::any_of(message.cc, is_named) ||
                           std::ranges::any_of(message.delivered_to, is_it);
    return is_answer ? found : std::nullopt;
}

// [limits] held is reached: an operator has to look first.
Receipt deferred_for_space() {
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::deferred;
    receipt.no_space = receipt.this_one_alone = true;
    return receipt;
}

// An operator was faster, or the mail went its way before.
Receipt deferred_as_over() {
    Receipt receipt;
    receipt.this_one_alone = true;
    return receipt;
}

Receipt deferred_for_dns(Verdict const& verdict) {
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::deferred;
    receipt.awaits_dns = receipt.this_one_alone = true;
    receipt.rule = verdict.rule;
    return receipt;
}

Receipt receipt_of(Facts const& facts, Verdict const& verdict, IntakeRecord const& record) {
    Receipt receipt;
    receipt.outcome = Receipt::Outcome::committed;
    receipt.disposition = verdict.disposition;
    receipt.rule = verdict.rule;
    receipt.ticket = record.ledger.ticket;
    receipt.queued_mail = !record.outgoing.empty();
    if (verdict.disposition == Disposition::refused) receipt.refusal = refusal_text(facts, verdict);
    receipt.unauthenticated = verdict.unauthenticated;
    receipt.may_bounce = verdict.may_bounce;
    return receipt;
}

}  // namespace

Addressee addressee(RawMessage const& raw, ParsedMessage const& message, Policy const& policy) {
    auto const answers = answer_to(raw, message, policy);
    if (answers) return {answers->mailbox, answers->address};
    return {&addressed(raw, policy), std::nullopt};
}

ArrivalQuestion thread_question(ParsedMessage const& message, Policy const& policy) {
    ArrivalQuestion question;
    for (auto const& tag : message.ticket_tags) {
        if (policy.is_our_tag(tag.tag)) question.tags.push_back(tag);
    }
    if (message.in_reply_to) question.message_ids.push_back(*message.in_reply_to);
    question.message_ids.insert(question.message_ids.end(), message.references.rbegin(), message.references.rend());
    question.original_message_id = message.original_message_id;
    return question;
}

namespace {

// The plan saw it coming, in the same transaction.
void take_number(TicketNumber const& number, Store& store) {
    if (store.next_ticket_number(number.tag, number.number) != number)
        throw std::logic_error("the next ticket is not " + number.text());
}

}  // namespace

IntakePlan plan_intake(RawMessage const& raw, ParsedMessage const& message, SenderAuthentication const& authentication,
                       Policy const& policy, Store& store, TimePoint now) {
    auto const to = to_postmaster(raw.envelope, policy);
    auto const keys = keys_of(raw, message, to, now);
    auto const [to_mailbox, answers] = addressee(raw, message, policy);
    auto const& mailbox = *to_mailbox;
    auto const flood = flood_key(raw, message, mailbox, policy);
    auto asked = question(raw, message, keys, policy, now);
    asked.forwards = forward_question(to, policy, now);
    asked.flood = flood_question(raw, flood, policy);
    asked.referral = referral_question(raw, message, authentication, now);
    if (answers) asked.answers = answers->question;
    if (raw.admitted) asked.admission_of = raw.id;
    auto const context = store.lookup(asked);  // read
    fault_point("intake.looked-up");
    if (raw.admitted && !context.admission) return {deferred_as_over(), {}, {}};
    Facts const facts{raw, message, authentication, context, policy, mailbox, now, answers};
    auto verdict = decide(facts);  // pure
    fault_point("intake.decided");
    if (verdict.awaits_dns) return {deferred_for_dns(verdict), std::move(verdict), {}};
    if (verdict.disposition == Disposition::held && store.held_count() >= policy.options().limits.held) {
        return {deferred_for_space(), std::move(verdict), {}};
    }
    std::optional<TicketNumber> number;
    if (verdict.disposition == Disposition::opened)
        number = store.coming_ticket_number(mailbox.tag, mailbox.first_ticket);
    auto record = compose(facts, verdict, keys, number);
    if (flood && (verdict.folds || verdict.disposition == Disposition::opened)) {
        auto const& limit = policy.options().limits.fold_after;
        record.flood = FloodMark{*flood, raw.arrived, verdict.gathers, now + limit.per};
    }
    auto receipt = receipt_of(facts, verdict, record);
    return {std::move(receipt), std::move(verdict), std::move(record)};
}

Receipt intake(RawMessage const& raw, ParsedMessage const& message, SenderAuthentication const& authentication,
               Policy const& policy, Store& store, TimePoint now) {
    auto const plan = plan_intake(raw, message, authentication, policy, store, now);  // read, and decide
    if (plan.receipt.outcome == Receipt::Outcome::deferred) return plan.receipt;
    fault_point("intake.composed");
    if (plan.record.opens) take_number(plan.record.opens->number, store);
    store.commit(plan.record, now);  // together
    fault_point("intake.written");
    return plan.receipt;
}

}  // namespace postern
