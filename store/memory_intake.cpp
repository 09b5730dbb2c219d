#include <algorithm>
#include <stdexcept>
#include <utility>

#include "store/memory_store_impl.h"
#include "store/record_rules.h"
#include "store/text.h"

namespace postern {

namespace {

[[noreturn]] void contradiction(IntakeRecord const& record, char const* what) {
    throw std::logic_error("intake record " + record.ledger.id.text + ": " + what);
}

void mend(LedgerEntry& entry) {
    for (auto* text : {&entry.id.text, &entry.mailbox, &entry.reverse_path, &entry.client, &entry.from,
                       &entry.message_id, &entry.subject, &entry.sha256, &entry.rule, &entry.reason, &entry.receipt_why,
                       &entry.authentication, &entry.authentication_results, &entry.revision}) {
        mend_text(*text);
    }
    for (auto& step : entry.story) {
        for (auto* text : {&step.rule, &step.saw, &step.result, &step.config}) mend_text(*text);
    }
    if (entry.imap) entry.imap = mended(*entry.imap);
}

void mend(Article& article) {
    for (auto* text : {&article.from, &article.subject, &article.message_id, &article.text, &article.full_text,
                       &article.authentication}) {
        mend_text(*text);
    }
    std::ranges::for_each(article.to, mend_text);
    std::ranges::for_each(article.cc, mend_text);
    for (auto& each : article.attachments) {
        for (auto* text : {&each.name, &each.media_type, &each.sha256, &each.locator}) mend_text(*text);
        if (each.content_id) mend_text(*each.content_id);
    }
}

// The record as a back end on a disk would read it back.
IntakeRecord mended(IntakeRecord record) {
    mend(record.ledger);
    for (auto& key : record.keys) mend_text(key.key);
    if (record.opens) {
        auto& opens = *record.opens;
        for (auto* text : {&opens.mailbox, &opens.subject, &opens.severity, &opens.organization_id, &opens.organization,
                           &opens.contact, &opens.admitted_by}) {
            mend_text(*text);
        }
    }
    if (record.article) mend(*record.article);
    std::ranges::for_each(record.thread_ids, mend_text);
    for (auto& event : record.events) {
        for (auto* text : {&event.what, &event.by, &event.detail}) mend_text(*text);
    }
    for (auto& mail : record.outgoing) {
        for (auto* text : {&mail.reverse_path, &mail.recipient, &mail.subject, &mail.message_id, &mail.text}) {
            mend_text(*text);
        }
    }
    mend_text(record.bounce_detail);
    if (record.flood) mend_text(record.flood->key);
    if (record.petition_to) mend_text(*record.petition_to);
    if (record.summary) mend_text(record.summary->mailbox), mend_text(record.summary->recipient);
    if (record.mark) {
        record.mark->place = postern::mended(record.mark->place);
        mend_text(record.mark->move_to);
    }
    return record;
}

Ticket opened_ticket(NewTicket const& opens, TicketId id, TimePoint now) {
    Ticket ticket;
    ticket.id = id;
    ticket.number = opens.number;
    ticket.mailbox = opens.mailbox;
    ticket.subject = opens.subject;
    ticket.severity = opens.severity;
    ticket.organization_id = opens.organization_id;
    ticket.organization = opens.organization;
    ticket.contact = opens.contact;
    ticket.admitted_by = opens.admitted_by;
    ticket.created = ticket.updated = now;
    return ticket;
}

}  // namespace

std::optional<TicketFacts> MemoryStore::facts(TicketNumber const& number) {
    auto const* record = find_ticket(number);
    if (record == nullptr) return std::nullopt;
    auto const& ticket = record->history.ticket;
    return TicketFacts{ticket.id,     ticket.number,  ticket.mailbox, ticket.organization_id,
                       ticket.status, ticket.subject, ticket.contact, ticket.admitted_by};
}

void MemoryStore::find_duplicate(ArrivalQuestion const& question, ArrivalContext& context) {
    for (auto const& key : question.arrival_keys) {
        auto const found = state_.keys.find(storable_text(key));
        if (found == state_.keys.end()) continue;
        auto const& [mail, expires] = found->second;
        if (expires && *expires <= question.now) continue;
        if (question.not_itself == MailId{mail}) continue;
        context.duplicate_of = MailId{mail};
        context.duplicate_ticket = find_mail(mail)->entry.ticket;
        return;
    }
}

std::vector<TicketFacts> MemoryStore::tickets_of_thread(std::vector<std::string> const& message_ids) {
    std::vector<TicketFacts> tickets;
    std::set<std::size_t> seen;
    for (auto const& id : message_ids) {
        auto const found = state_.thread_keys.find(storable_text(id));
        if (found == state_.thread_keys.end()) continue;
        for (auto const index : found->second) {
            if (seen.insert(index).second) tickets.push_back(*facts(state_.tickets[index].history.ticket.number));
        }
    }
    return tickets;
}

ArrivalContext MemoryStore::lookup(ArrivalQuestion const& question) {
    ArrivalContext context;
    find_duplicate(question, context);
    for (auto const& number : question.tags) {
        if (auto const ticket = facts(number)) context.by_tag.push_back(*ticket);
    }
    context.by_message_id = tickets_of_thread(question.message_ids);
    if (question.original_message_id) context.original = sent_mail(*question.original_message_id);
    if (question.own_message_id) context.itself = sent_mail(*question.own_message_id);
    if (question.receipts) context.receipts = recent_receipts(*question.receipts);
    if (question.forwards) context.forwards = recent_receipts(*question.forwards);
    if (question.flood) context.flood = flood_facts(*question.flood);
    if (question.referral) context.was_referred = was_referred(*question.referral);
    if (question.answers) context.question = question_facts(*question.answers);
    if (question.admission_of) context.admission = admission(*question.admission_of);
    return context;
}

std::optional<SentMail> MemoryStore::sent_mail(std::string const& message_id) {
    auto const found = std::ranges::find_if(
        state_.outbox, [id = storable_text(message_id)](auto const& sent) { return sent.mail.message_id == id; });
    if (found == state_.outbox.end()) return std::nullopt;
    SentMail mail{found->mail.id, found->mail.recipient, {}};
    if (found->mail.ticket) mail.ticket = facts(*found->mail.ticket);
    return mail;
}

TicketNumber MemoryStore::next_ticket_number(std::string_view tag, std::int64_t first) {
    auto const [entry, is_new] = state_.sequences.try_emplace(std::string(tag), first);
    if (!is_new) entry->second = std::max(entry->second + 1, first);
    return {entry->first, entry->second};
}

TicketNumber MemoryStore::coming_ticket_number(std::string_view tag, std::int64_t first) {
    auto const known = state_.sequences.find(std::string(tag));
    return {std::string(tag), known == state_.sequences.end() ? first : std::max(known->second + 1, first)};
}

void MemoryStore::commit(IntakeRecord const& given, TimePoint now) {
    require_consistent(given);
    auto const record = mended(given);
    atomically([&] {
        auto* ticket = record.opens ? open_ticket(*record.opens, now) : joined_ticket(record);
        put_ledger(record, now);
        if (ticket != nullptr) put_history(record, *ticket, now);
        put_outgoing(record, ticket, now);
        if (record.bounced) put_bounce(record, now);
        if (record.ledger.imap) state_.attempts.erase(place_key(*record.ledger.imap));
        if (record.mark && record.mark->action != MarkAction::none) {
            state_.marks[place_key(record.mark->place)] = *record.mark;
        }
        put_storm(record, ticket);
        put_petitions(record);
    });
}

MemoryState::TicketRecord* MemoryStore::open_ticket(NewTicket const& opens, TimePoint now) {
    if (find_ticket(opens.number) != nullptr) throw StoreError{StoreError::Kind::broken, "store: the ticket exists"};
    TicketId const id{static_cast<std::int64_t>(state_.tickets.size() + 1)};
    state_.tickets.push_back({{opened_ticket(opens, id, now), {}, {}}, {}, {}});
    return &state_.tickets.back();
}

MemoryState::TicketRecord* MemoryStore::joined_ticket(IntakeRecord const& record) {
    if (!record.joins) return nullptr;
    auto const index = static_cast<std::size_t>(record.joins->value) - 1;
    if (index >= state_.tickets.size()) contradiction(record, "joins a ticket that does not exist");
    auto& ticket = state_.tickets[index];
    if (record.ledger.ticket && *record.ledger.ticket != ticket.history.ticket.number) {
        contradiction(record, "its ledger row names another ticket");
    }
    return &ticket;
}

void MemoryStore::put_history(IntakeRecord const& record, MemoryState::TicketRecord& ticket, TimePoint now) {
    auto& kept = ticket.history.ticket;
    find_mail(record.ledger.id.text)->entry.ticket = kept.number;
    if (record.article) put_article(ticket, *record.article, record.ledger.id.text);
    for (auto const& id : record.thread_ids) {
        if (!id.empty()) state_.thread_keys[id].insert(static_cast<std::size_t>(kept.id.value - 1));
    }
    ticket.history.events.insert(ticket.history.events.end(), record.events.begin(), record.events.end());
    kept.updated = std::max(kept.updated, now);
    if (record.reopens && kept.status == TicketStatus::resolved) kept.status = TicketStatus::open;
}

void MemoryStore::put_ledger(IntakeRecord const& record, TimePoint now) {
    auto const& id = record.ledger.id.text;
    auto entry = record.ledger;
    entry.committed = now;
    if (entry.ticket && !record.opens && find_ticket(*entry.ticket) == nullptr) {
        contradiction(record, "its ledger row names a ticket that does not exist");
    }
    auto* mail = find_mail(id);
    if (mail == nullptr) {
        state_.mail_ids[id] = state_.mails.size();
        state_.mails.push_back({entry, {}, {}});
        mail = &state_.mails.back();
    } else {
        if (mail->entry.disposition != Disposition::held) contradiction(record, "taken in before, and not held");
        end_petition(id, record.is_admission && entry.disposition != Disposition::held);
        // What it is and when and how it came stay as they are.
        auto const& held = mail->entry;
        entry.received = held.received;
        entry.source = held.source;
        entry.reverse_path = held.reverse_path;
        entry.client = held.client;
        entry.size = held.size;
        entry.sha256 = held.sha256;
        entry.imap = held.imap;
        entry.authentication = held.authentication;
        entry.authentication_results = held.authentication_results;
        entry.arrived = held.arrived;
        mail->entry = entry;
        std::erase_if(state_.keys, [&](auto const& key) { return key.second.mail == id; });
    }
    if (record.ledger.disposition == Disposition::duplicate) mail->octets.reset();
    if (keeps_octets(record)) {
        if (!mail->octets) mail->octets = std::make_shared<std::string const>(record.octets);
        mail->octets_expire = octets_expire(record, now);
    }
    for (auto const& key : record.keys) {
        auto const [known, is_new] = state_.keys.try_emplace(key.key, MemoryState::Key{id, key.expires});
        // One that is known already and holds belongs to the mail that came first.
        if (!is_new && known->second.expires && *known->second.expires <= now) known->second = {id, key.expires};
    }
}

void MemoryStore::put_article(MemoryState::TicketRecord& ticket, Article article, std::string const& mail) {
    article.number = ++ticket.history.ticket.articles;
    if (!mail.empty()) ticket.article_mails[article.number] = mail;
    for (auto& attachment : article.attachments) {
        attachment.number = static_cast<std::int64_t>(ticket.attachment_mails.size() + 1);
        ticket.attachment_mails[attachment.number] = mail;
    }
    ticket.history.articles.push_back(std::move(article));
}

void MemoryStore::put_outgoing(IntakeRecord const& record, MemoryState::TicketRecord* ticket, TimePoint now) {
    for (auto const& outgoing : record.outgoing) {
        OutboxMail mail;
        static_cast<OutgoingMail&>(mail) = outgoing;
        mail.octets.clear();
        mail.id = {static_cast<std::int64_t>(state_.outbox.size() + 1)};
        mail.caused_by = record.ledger.id;
        mail.created = mail.next_attempt = now;
        if (ticket != nullptr && !mail.beside_ticket) {
            auto const& kept = ticket->history.ticket;
            mail.ticket = kept.number;
            if (!mail.message_id.empty()) {
                state_.thread_keys[mail.message_id].insert(static_cast<std::size_t>(kept.id.value - 1));
            }
            if (auto article = article_of(outgoing, kept.mailbox, now)) put_article(*ticket, std::move(*article), {});
        }
        state_.outbox.push_back({std::move(mail), std::make_shared<std::string const>(outgoing.octets), now});
    }
}

void MemoryStore::put_bounce(IntakeRecord const& record, TimePoint now) {
    auto* sent = find_sent(*record.bounced);
    if (sent == nullptr) contradiction(record, "reports a mail of ours that does not exist");
    auto& mail = sent->mail;
    if (mail.state == OutboxState::queued || mail.state == OutboxState::sent) {
        mail.state = OutboxState::failed;
        mail.last_error = record.bounce_detail;
    }
    if (!mail.ticket) return;
    if (auto event = bounced_event(record, mail.recipient, now)) {
        find_ticket(*mail.ticket)->history.events.push_back(std::move(*event));
    }
}

bool MemoryStore::forget_expired(TimePoint now) {
    std::erase_if(state_.keys, [&](auto const& key) { return key.second.expires && *key.second.expires <= now; });
    std::erase_if(state_.floods, [&](auto const& flood) { return flood.mark.expires <= now; });
    forget_questions(now);
    for (auto& mail : state_.mails) {
        if (mail.octets_expire && *mail.octets_expire <= now) mail.octets.reset();
    }
    return false;
}

}  // namespace postern
