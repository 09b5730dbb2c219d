// What was recorded of mail, and what was known when it came.
#include <algorithm>

#include "store/memory_store_impl.h"
#include "store/text.h"

namespace postern {

namespace {

// Such mail lets later mail find its ticket.
bool threads(LedgerEntry const& entry) {
    return entry.disposition == Disposition::opened || entry.disposition == Disposition::appended ||
           entry.disposition == Disposition::noted;
}

}  // namespace

std::int64_t MemoryStore::place_of(std::string_view mail) const {
    auto const found = state_.mail_ids.find(std::string(mail));
    return found == state_.mail_ids.end() ? 0 : static_cast<std::int64_t>(found->second + 1);
}

bool MemoryStore::was_there(MemoryState::TicketRecord const& ticket, MomentOf const& moment) const {
    auto const first = ticket.article_mails.find(1);
    return ticket.history.ticket.created <= moment.at && first != ticket.article_mails.end() &&
           place_of(first->second) < moment.place;
}

bool MemoryStore::was_sent(MemoryState::Sent const& sent, MomentOf const& moment) const {
    auto const& cause = sent.mail.caused_by.text;
    return sent.mail.created <= moment.at && (cause.empty() || place_of(cause) < moment.place);
}

std::vector<TicketId> MemoryStore::tickets_named_at(MomentOf const& moment, std::string const& message_id) const {
    std::vector<TicketId> ids;
    auto const found = state_.thread_keys.find(message_id);
    if (found == state_.thread_keys.end()) return ids;
    for (auto const index : found->second) {
        auto const& ticket = state_.tickets[index];
        auto const& number = ticket.history.ticket.number;
        auto const end =
            std::min(state_.mails.size(), static_cast<std::size_t>(std::max<std::int64_t>(moment.place - 1, 0)));
        bool const by_mail = std::any_of(state_.mails.begin(), state_.mails.begin() + static_cast<std::ptrdiff_t>(end),
                                         [&](auto const& mail) {
                                             auto const& entry = mail.entry;
                                             return entry.message_id == message_id && entry.ticket == number &&
                                                    threads(entry) && entry.committed <= moment.at;
                                         });
        bool const by_sent = std::ranges::any_of(state_.outbox, [&](auto const& sent) {
            return sent.mail.message_id == message_id && sent.mail.ticket == number && was_sent(sent, moment);
        });
        if ((by_mail || by_sent) && was_there(ticket, moment)) ids.push_back(ticket.history.ticket.id);
    }
    return ids;
}

std::optional<SentMail> MemoryStore::sent_mail_at(MomentOf const& moment, std::string const& message_id) {
    for (auto const& sent : state_.outbox) {
        if (sent.mail.message_id != message_id || !was_sent(sent, moment)) continue;
        SentMail mail{sent.mail.id, sent.mail.recipient, {}};
        if (sent.mail.ticket) mail.ticket = facts(*sent.mail.ticket);
        return mail;
    }
    return std::nullopt;
}

std::vector<RecordedMail> MemoryStore::recorded_after(std::int64_t place, TimePoint since, std::size_t max) {
    std::vector<RecordedMail> mails;
    for (auto index = static_cast<std::size_t>(std::max<std::int64_t>(place, 0));
         index < state_.mails.size() && mails.size() < max; ++index) {
        auto const& entry = state_.mails[index].entry;
        if (entry.received < since) continue;
        RecordedMail mail{static_cast<std::int64_t>(index + 1), entry, {}, {}};
        if (auto const* ticket = entry.ticket ? find_ticket(*entry.ticket) : nullptr) {
            mail.ticket = facts(*entry.ticket);
            mail.organization = ticket->history.ticket.organization;
        }
        mails.push_back(std::move(mail));
    }
    return mails;
}

ArrivalContext MemoryStore::lookup_at(MomentOf const& moment, ArrivalQuestion const& question) {
    ArrivalContext context;
    for (auto const& number : question.tags) {
        auto const* ticket = find_ticket(number);
        if (ticket != nullptr && was_there(*ticket, moment)) context.by_tag.push_back(*facts(number));
    }
    for (auto const& asked : question.message_ids) {
        for (auto const id : tickets_named_at(moment, storable_text(asked))) {
            auto const& known = context.by_message_id;
            if (std::ranges::find(known, id, &TicketFacts::id) != known.end()) continue;
            context.by_message_id.push_back(
                *facts(state_.tickets[static_cast<std::size_t>(id.value - 1)].history.ticket.number));
        }
    }
    if (question.original_message_id)
        context.original = sent_mail_at(moment, storable_text(*question.original_message_id));
    return context;
}

}  // namespace postern
