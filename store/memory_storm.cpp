// Storms: receipts of late, summaries, floods.
#include <algorithm>
#include <utility>

#include "parsers/header_fields.h"
#include "store/memory_store_impl.h"
#include "store/record_rules.h"
#include "store/text.h"

namespace postern {

namespace {

bool same_address(std::string_view one, std::string_view other) {
    return equals_ignoring_case(one, other);
}

bool is_answer(OutgoingKind kind) {
    return kind == OutgoingKind::receipt || kind == OutgoingKind::notification;
}

}  // namespace

RecentReceipts MemoryStore::recent_receipts(ReceiptQuestion const& question) const {
    RecentReceipts recent;
    for (auto each = state_.outbox.rbegin(); each != state_.outbox.rend(); ++each) {
        auto const& [mail, octets, due] = *each;
        if (recent.count == question.at_most) break;
        if (!is_answer(mail.kind) || mail.created <= question.since) continue;
        if (!same_address(mail.recipient, question.recipient)) continue;
        ++recent.count;
        recent.oldest = mail.created;
    }
    return recent;
}

bool MemoryStore::was_referred(ReferralQuestion const& question) const {
    return std::ranges::any_of(state_.outbox, [&](auto const& sent) {
        auto const& mail = sent.mail;
        return mail.kind == OutgoingKind::referral && mail.created > question.since &&
               same_address(mail.recipient, question.recipient);
    });
}

FloodFacts MemoryStore::flood_facts(FloodQuestion const& question) {
    FloodFacts facts_of_it;
    MemoryState::Flood const* newest = nullptr;
    for (auto const& flood : state_.floods) {
        auto const& mark = flood.mark;
        if (mark.key != question.key || mark.at <= question.since || mark.at > question.until) continue;
        facts_of_it.mails = std::min(facts_of_it.mails + 1, question.at_most);
        if (newest == nullptr || mark.at >= newest->mark.at) newest = &flood;
    }
    if (newest == nullptr || facts_of_it.mails < question.at_most || !newest->mark.gathers) return facts_of_it;
    facts_of_it.gathering = facts(*find_mail(newest->mail)->entry.ticket);
    return facts_of_it;
}

void MemoryStore::put_storm(IntakeRecord const& record, MemoryState::TicketRecord const* ticket) {
    auto const& id = record.ledger.id.text;
    if (record.flood) state_.floods.push_back({*record.flood, id});
    if (record.folds && ticket != nullptr) {
        state_.folded.emplace_back(id, ticket->history.ticket.id);
        ++find_ticket(ticket->history.ticket.number)->history.ticket.folded;
    }
    if (!record.summary) return;
    auto const& owed = *record.summary;
    auto gathering = std::ranges::find_if(state_.summaries, [&](MemoryState::Summary const& each) {
        return !each.queued && each.mailbox == owed.mailbox && same_address(each.recipient, owed.recipient);
    });
    if (gathering == state_.summaries.end()) {
        gathering = state_.summaries.insert(gathering, {owed.mailbox, owed.recipient, owed.due, {}, false});
    }
    gathering->mails.push_back(id);
}

std::vector<OwedSummary> MemoryStore::summaries_due(TimePoint now, std::size_t max, std::size_t most_tickets) {
    std::vector<std::size_t> due;
    for (std::size_t i = 0; i < state_.summaries.size(); ++i) {
        if (!state_.summaries[i].queued && state_.summaries[i].due <= now) due.push_back(i);
    }
    std::ranges::stable_sort(due, {}, [&](std::size_t i) { return state_.summaries[i].due; });
    due.resize(std::min(due.size(), max));
    std::vector<OwedSummary> owed;
    for (auto const i : due) {
        auto const& summary = state_.summaries[i];
        OwedSummary each{
            {static_cast<std::int64_t>(i + 1)}, summary.mailbox, summary.recipient, {summary.mails.front()}, {}, 0};
        for (auto const& mail : summary.mails) {
            if (each.tickets.size() < most_tickets) {
                each.tickets.push_back(*find_mail(mail)->entry.ticket);
            } else {
                ++each.not_listed;
            }
        }
        owed.push_back(std::move(each));
    }
    return owed;
}

bool MemoryStore::queue_summary(SummaryId id, OutgoingMail const& mail, TimePoint now) {
    auto const index = static_cast<std::size_t>(id.value - 1);
    if (index >= state_.summaries.size() || state_.summaries[index].queued) return false;
    queue_apart(mail, now);
    state_.summaries[index].queued = true;
    return true;
}

std::optional<Undelivered> MemoryStore::undelivered_to(std::string_view address) {
    std::optional<Undelivered> undelivered;
    for (auto const& sent : state_.outbox) {
        if (!same_address(sent.mail.recipient, address)) continue;
        if (sent.mail.state == OutboxState::failed) undelivered = Undelivered{sent.mail, 0};
        bool const arrived = is_answer(sent.mail.kind) && sent.mail.state == OutboxState::sent;
        if (undelivered && arrived) ++undelivered->sent_since;
    }
    return undelivered;
}

TicketNumber MemoryStore::take_out(std::size_t from, std::string const& mail, std::string_view by, TimePoint now) {
    auto const& old = state_.tickets[from].history.ticket;
    auto& entry = find_mail(mail)->entry;
    auto const number = next_ticket_number(old.number.tag, old.number.number);
    auto const is_ours = [&](TicketNumber const& tag) { return state_.sequences.contains(tag.tag); };
    NewTicket const opens{number,       old.mailbox,         without_ticket_tags(entry.subject, is_ours),
                          old.severity, old.organization_id, old.organization,
                          old.contact};
    auto& own = *open_ticket(opens, now);
    auto& ticket = state_.tickets[from];  // opening one may have moved it
    auto const shown = std::ranges::find(ticket.article_mails, mail, [](auto const& each) { return each.second; });
    auto& article = ticket.history.articles.at(static_cast<std::size_t>(shown->first - 1));
    auto note = unfolded_note(article, number, by, now);
    for (auto const& attachment : article.attachments) ticket.attachment_mails[attachment.number].clear();
    put_article(own, std::exchange(article, std::move(note)), mail);
    ticket.article_mails.erase(shown);
    own.history.events.push_back(unfolded_into({mail}, ticket.history.ticket.number, by, now));
    auto const moved = static_cast<std::size_t>(own.history.ticket.id.value - 1);
    if (!entry.message_id.empty()) {
        state_.thread_keys[entry.message_id].erase(from);
        state_.thread_keys[entry.message_id].insert(moved);
    }
    entry.committed = now;
    entry.disposition = Disposition::opened;
    entry.rule = unfold_rule;
    entry.ticket = number;
    entry.story.push_back(unfolded_step(ticket.history.ticket.number, number, by));
    entry.reason = entry.story.back().result;
    return number;
}

std::optional<Unfolded> MemoryStore::unfold(TicketNumber const& number, std::size_t max, std::string_view given_by,
                                            TimePoint now) {
    auto const* record = find_ticket(number);
    if (record == nullptr) return std::nullopt;
    auto const by = storable_text(given_by);
    auto const id = record->history.ticket.id;
    auto const index = static_cast<std::size_t>(id.value - 1);
    // What the operator takes apart is no flood: counting begins anew.
    std::vector<std::string> keys;
    for (auto const& flood : state_.floods) {
        if (flood.mark.gathers && find_mail(flood.mail)->entry.ticket == number) keys.push_back(flood.mark.key);
    }
    std::erase_if(state_.floods,
                  [&](auto const& flood) { return std::ranges::find(keys, flood.mark.key) != keys.end(); });
    Unfolded unfolded;
    auto const is_of_it = [&](auto const& folded) { return folded.second == id; };
    for (auto next = std::ranges::find_if(state_.folded, is_of_it);
         next != state_.folded.end() && unfolded.mails.size() < max;
         next = std::ranges::find_if(state_.folded, is_of_it)) {
        auto const mail = next->first;
        state_.folded.erase(next);
        unfolded.mails.push_back({{mail}, take_out(index, mail, by, now)});
    }
    auto& history = state_.tickets[index].history;
    history.ticket.folded -= static_cast<std::int64_t>(unfolded.mails.size());
    if (unfolded.mails.empty()) return unfolded;
    history.events.push_back(unfolded_from(unfolded, by, now));
    history.ticket.updated = std::max(history.ticket.updated, now);
    unfolded.more = history.ticket.folded > 0;
    return unfolded;
}

}  // namespace postern
