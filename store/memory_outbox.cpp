#include <algorithm>

#include "store/memory_store_impl.h"
#include "store/record_rules.h"
#include "store/text.h"

namespace postern {

MemoryState::Sent* MemoryStore::find_sent(OutboxId id) {
    if (id.value < 1 || id.value > static_cast<std::int64_t>(state_.outbox.size())) return nullptr;
    return &state_.outbox[static_cast<std::size_t>(id.value - 1)];
}

// A mail may not overtake an earlier one of its ticket to the same person.
bool MemoryStore::overtakes(MemoryState::Sent const& mail) const {
    return mail.mail.ticket && std::ranges::any_of(state_.outbox, [&](MemoryState::Sent const& earlier) {
               return earlier.mail.id < mail.mail.id && earlier.mail.state == OutboxState::queued &&
                      earlier.mail.ticket == mail.mail.ticket && earlier.mail.recipient == mail.mail.recipient;
           });
}

std::vector<OutboxMail> MemoryStore::claim_due(TimePoint now, TimePoint claim_ends, std::size_t max) {
    std::vector<MemoryState::Sent*> due;
    for (auto& sent : state_.outbox) {
        if (sent.mail.state == OutboxState::queued && sent.due <= now && !overtakes(sent)) due.push_back(&sent);
    }
    std::ranges::stable_sort(due, {}, &MemoryState::Sent::due);
    due.resize(std::min(due.size(), max));
    std::vector<OutboxMail> mails;
    for (auto* sent : due) {
        sent->due = claim_ends;
        mails.push_back(sent->mail);
        mails.back().octets = *sent->octets;
    }
    return mails;
}

void MemoryStore::settle(OutboxId id, SendOutcome const& outcome) {
    auto* sent = find_sent(id);
    if (sent == nullptr) return;
    auto& mail = sent->mail;
    bool const was_sent = outcome.result == SendOutcome::Result::sent;
    if (mail.state != OutboxState::queued && !(mail.state == OutboxState::dropped && was_sent)) return;
    ++mail.attempts;
    mail.last_error = was_sent ? "" : storable_text(outcome.detail);
    if (was_sent) {
        mail.state = OutboxState::sent;
        sent->octets.reset();
    } else if (outcome.result == SendOutcome::Result::failed) {
        mail.state = OutboxState::failed;
    } else {
        mail.next_attempt = sent->due = outcome.next_attempt;
    }
    auto event = settled_event(mail.kind, mail.recipient, outcome);
    if (!event || !mail.ticket) return;
    mend_text(event->detail);
    find_ticket(*mail.ticket)->history.events.push_back(std::move(*event));
}

bool MemoryStore::queue_alarm(OutgoingMail const& mail, std::string_view of_hour_before, TimePoint now) {
    bool const told = std::ranges::any_of(state_.outbox, [&](MemoryState::Sent const& earlier) {
        bool const is_same = earlier.mail.message_id == mail.message_id || earlier.mail.message_id == of_hour_before;
        return is_same && earlier.mail.created > now - alarm_pause;
    });
    if (told) return false;
    queue_apart(mail, now);
    return true;
}

// A mail of no ticket and no one mail that it answers.
OutboxId MemoryStore::queue_apart(OutgoingMail const& mail, TimePoint now) {
    OutboxMail queued;
    static_cast<OutgoingMail&>(queued) = mail;
    queued.octets.clear();
    queued.id = {static_cast<std::int64_t>(state_.outbox.size() + 1)};
    queued.created = queued.next_attempt = now;
    auto const id = queued.id;
    state_.outbox.push_back({std::move(queued), std::make_shared<std::string const>(mail.octets), now});
    return id;
}

void MemoryStore::release_claims() {
    for (auto& sent : state_.outbox) sent.due = sent.mail.next_attempt;
}

void MemoryStore::release_claim(OutboxId id) {
    if (auto* sent = find_sent(id)) sent->due = sent->mail.next_attempt;
}

std::optional<TimePoint> MemoryStore::next_due() {
    std::optional<TimePoint> next;
    for (auto const& sent : state_.outbox) {
        if (sent.mail.state != OutboxState::queued || overtakes(sent)) continue;
        next = std::min(next.value_or(sent.due), sent.due);
    }
    return next;
}

std::vector<OutboxMail> MemoryStore::answers_to(MailId const& id) {
    std::vector<OutboxMail> mails;
    for (auto const& sent : state_.outbox) {
        if (sent.mail.caused_by == id) mails.push_back(sent.mail);
    }
    return mails;
}

std::vector<OutboxMail> MemoryStore::outbox() {
    std::vector<OutboxMail> mails;
    for (auto const& sent : state_.outbox) {
        auto const state = sent.mail.state;
        if (state == OutboxState::queued || state == OutboxState::failed) mails.push_back(sent.mail);
    }
    return mails;
}

bool MemoryStore::retry_outgoing(OutboxId id, TimePoint now) {
    auto* sent = find_sent(id);
    if (sent == nullptr || !sent->octets) return false;
    auto& mail = sent->mail;
    if (mail.state != OutboxState::queued && mail.state != OutboxState::failed) return false;
    bool const claimed = mail.state == OutboxState::queued && sent->due > mail.next_attempt && sent->due > now;
    if (claimed) return true;  // it is being tried at this moment
    mail.state = OutboxState::queued;
    mail.next_attempt = sent->due = now;
    return true;
}

bool MemoryStore::drop_outgoing(OutboxId id, TimePoint now) {
    static_cast<void>(now);
    auto* sent = find_sent(id);
    if (sent == nullptr) return false;
    auto& state = sent->mail.state;
    if (state != OutboxState::queued && state != OutboxState::failed) return false;
    state = OutboxState::dropped;
    sent->octets.reset();
    return true;
}

}  // namespace postern
