#include "store/memory_store.h"

#include <algorithm>
#include <utility>

#include "parsers/digest.h"
#include "store/memory_store_impl.h"
#include "store/record_rules.h"
#include "store/text.h"

namespace postern {

namespace {

LedgerEntry without_story(LedgerEntry entry) {
    entry.story.clear();
    return entry;
}

bool same(std::string_view one, std::string_view other) {
    return folded_case(one) == folded_case(other);
}

bool passes(MemoryState::TicketRecord const& record, TicketFilter const& filter) {
    auto const& ticket = record.history.ticket;
    if (filter.status && ticket.status != *filter.status) return false;
    if (filter.organization && !same(ticket.organization_id, *filter.organization) &&
        !same(ticket.organization, *filter.organization)) {
        return false;
    }
    if (filter.severity && !same(ticket.severity, *filter.severity)) return false;
    if (filter.assignee && (!ticket.assignee || !same(*ticket.assignee, *filter.assignee))) return false;
    if (!filter.search) return true;
    FoldedNeedle const needle{storable_text(*filter.search)};
    return needle.found_in(ticket.subject) || std::ranges::any_of(record.history.articles, [&](Article const& article) {
               return needle.found_in(article.from) || needle.found_in(article.text);
           });
}

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

void mend_text(std::string& text) {
    if (!is_storable_text(text)) text = storable_text(text);
}

ImapPlace mended(ImapPlace place) {
    mend_text(place.folder);
    return place;
}

MemoryState::Place place_key(ImapPlace const& place) {
    return {storable_text(place.folder), place.uid_validity, place.uid};
}

void MemoryStore::atomically(std::function<void()> const& work) {
    auto before = state_;
    try {
        work();
    } catch (...) {
        state_ = std::move(before);
        throw;
    }
}

MemoryState::Mail* MemoryStore::find_mail(std::string_view id) {
    auto const found = state_.mail_ids.find(std::string(id));
    return found == state_.mail_ids.end() ? nullptr : &state_.mails[found->second];
}

MemoryState::TicketRecord* MemoryStore::find_ticket(TicketNumber const& number) {
    auto const is_it = [&](MemoryState::TicketRecord const& each) { return each.history.ticket.number == number; };
    auto const found = std::ranges::find_if(state_.tickets, is_it);
    return found == state_.tickets.end() ? nullptr : &*found;
}

std::vector<LedgerEntry> MemoryStore::ledger(LedgerFilter const& filter) {
    std::vector<LedgerEntry> entries;
    for (auto const& mail : state_.mails) {
        if (!filter.disposition || mail.entry.disposition == *filter.disposition) {
            entries.push_back(without_story(mail.entry));
        }
    }
    std::ranges::stable_sort(entries, {}, &LedgerEntry::received);
    if (filter.max != 0 && entries.size() > filter.max) {
        entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(filter.max));
    }
    return entries;
}

std::optional<LedgerEntry> MemoryStore::ledger_entry(std::string_view asked) {
    auto const id = storable_text(asked);
    if (auto const* mail = find_mail(id)) return mail->entry;
    LedgerEntry const* newest = nullptr;
    for (auto const& mail : state_.mails) {
        if (mail.entry.message_id != bracketed(id)) continue;
        if (newest == nullptr || mail.entry.received >= newest->received) newest = &mail.entry;
    }
    return newest == nullptr ? std::nullopt : std::optional{*newest};
}

std::optional<std::string> MemoryStore::raw_octets(MailId const& id) {
    auto const* mail = find_mail(id.text);
    if (mail == nullptr || !mail->octets) return std::nullopt;
    return *mail->octets;
}

ReceiptState MemoryStore::receipt_state(MailId const& id) {
    auto state = ReceiptState::none;
    for (auto const& sent : state_.outbox) {
        if (sent.mail.caused_by == id && sent.mail.kind == OutgoingKind::receipt) {
            state = receipt_state_of(sent.mail.state);
        }
    }
    return state;
}

std::uint64_t MemoryStore::held_count() {
    auto const is_held = [](MemoryState::Mail const& mail) { return mail.entry.disposition == Disposition::held; };
    return static_cast<std::uint64_t>(std::ranges::count_if(state_.mails, is_held));
}

bool MemoryStore::drop_held(MailId const& id, TimePoint now) {
    auto* mail = find_mail(id.text);
    if (mail == nullptr || mail->entry.disposition != Disposition::held) return false;
    mail->entry.disposition = Disposition::dropped;
    close_petition(id);
    mail->entry.committed = now;
    std::erase_if(state_.keys, [&](auto const& key) { return key.second.mail == id.text; });
    return true;
}

std::vector<Ticket> MemoryStore::tickets(TicketFilter const& filter) {
    std::vector<Ticket> tickets;
    for (auto const& record : state_.tickets) {
        if (passes(record, filter)) tickets.push_back(record.history.ticket);
    }
    return tickets;
}

std::optional<TicketHistory> MemoryStore::ticket(TicketNumber const& number) {
    auto const* record = find_ticket(number);
    if (record == nullptr) return std::nullopt;
    auto history = record->history;
    std::ranges::stable_sort(history.events, {}, &TicketEvent::at);
    return history;
}

std::optional<Store::AttachmentSource> MemoryStore::attachment(TicketNumber const& number, std::int64_t attachment) {
    auto const* record = find_ticket(number);
    if (record == nullptr) return std::nullopt;
    auto const mail = record->attachment_mails.find(attachment);
    if (mail == record->attachment_mails.end()) return std::nullopt;
    auto octets = raw_octets({mail->second});
    if (!octets) return std::nullopt;
    for (auto const& article : record->history.articles) {
        for (auto const& each : article.attachments) {
            if (each.number == attachment) return AttachmentSource{std::move(*octets), each};
        }
    }
    return std::nullopt;
}

bool MemoryStore::set_status(TicketNumber const& number, TicketStatus status, std::string_view by, TimePoint now) {
    auto* record = find_ticket(number);
    if (record == nullptr) return false;
    auto& ticket = record->history.ticket;
    if (ticket.status == status) return true;
    auto event = change_event("status", to_string(ticket.status), to_string(status), storable_text(by), now);
    record->history.events.push_back(std::move(event));
    ticket.status = status;
    ticket.updated = std::max(ticket.updated, now);
    return true;
}

bool MemoryStore::set_severity(TicketNumber const& number, std::string_view severity, std::string_view by,
                               TimePoint now) {
    auto* record = find_ticket(number);
    if (record == nullptr) return false;
    auto& ticket = record->history.ticket;
    auto const wanted = storable_text(severity);
    if (ticket.severity == wanted) return true;
    record->history.events.push_back(change_event("severity", ticket.severity, wanted, storable_text(by), now));
    ticket.severity = wanted;
    ticket.updated = std::max(ticket.updated, now);
    return true;
}

std::optional<ImapFolderState> MemoryStore::imap_folder(std::string_view folder) {
    auto const found = state_.folders.find(storable_text(folder));
    return found == state_.folders.end() ? std::nullopt : std::optional{found->second};
}

void MemoryStore::save_imap_folder(ImapFolderState const& state) {
    auto kept = state;
    for (auto* text : {&kept.folder, &kept.mailbox, &kept.name}) mend_text(*text);
    if (kept.error) mend_text(*kept.error);
    state_.folders[kept.folder] = kept;
}

std::vector<ImapFolderState> MemoryStore::imap_folders() {
    std::vector<ImapFolderState> folders;
    for (auto const& [key, state] : state_.folders) folders.push_back(state);
    return folders;
}

unsigned MemoryStore::imap_attempt(ImapPlace const& place) {
    return state_.attempts[place_key(place)]++;
}

bool MemoryStore::imap_taken(ImapPlace const& place) {
    return std::ranges::any_of(state_.mails, [&](MemoryState::Mail const& mail) {
        return mail.entry.imap && place_key(*mail.entry.imap) == place_key(place);
    });
}

std::vector<ImapMark> MemoryStore::imap_marks_owed(std::string_view folder, std::uint32_t uid_validity,
                                                   std::size_t max) {
    std::vector<ImapMark> marks;
    auto const wanted = storable_text(folder);
    for (auto const& [key, mark] : state_.marks) {
        if (marks.size() == max) break;
        if (mark.place.folder == wanted && mark.place.uid_validity == uid_validity) marks.push_back(mark);
    }
    return marks;
}

void MemoryStore::imap_mark_done(ImapPlace const& place) {
    state_.marks.erase(place_key(place));
}

StatusCounts MemoryStore::status_counts() {
    StatusCounts counts;
    for (auto const& sent : state_.outbox) {
        if (sent.mail.state == OutboxState::failed) ++counts.outbox_failed;
        if (sent.mail.state != OutboxState::queued) continue;
        ++counts.outbox_queued;
        counts.outbox_oldest = std::min(counts.outbox_oldest.value_or(sent.mail.created), sent.mail.created);
    }
    counts.held = held_count();
    for (auto const& record : state_.tickets) {
        auto const status = record.history.ticket.status;
        ++(status == TicketStatus::open          ? counts.open
           : status == TicketStatus::in_progress ? counts.in_progress
                                                 : counts.resolved);
    }
    return counts;
}

std::map<std::string, std::uint64_t> MemoryStore::authentication_counts(TimePoint since) {
    std::map<std::string, std::uint64_t> counts;
    for (auto const& mail : state_.mails) {
        if (mail.entry.received > since) ++counts[mail.entry.authentication];
    }
    return counts;
}

// Its parts hold each other and can't come apart: what is left to recount are the octets.
AuditReport MemoryStore::audit(TimePoint now) {
    static_cast<void>(now);
    AuditReport report;
    for (auto const& mail : state_.mails) {
        ++report.taken_in;
        ++report.by_disposition[mail.entry.disposition];
        if (mail.octets && sha256_hex(*mail.octets) != mail.entry.sha256) {
            auto const& id = mail.entry.id;
            report.add(
                {"mail " + id.text + ": its octets are not those that came, by their digest", id, mail.entry.ticket});
        }
    }
    return report;
}

bool MemoryStore::back_up(std::filesystem::path const& file) {
    throw StoreError{StoreError::Kind::broken, "store: one in memory has nothing to copy to " + file.string()};
}

std::int64_t MemoryStore::data_version() {
    return 0;
}  // nobody else can commit here

}  // namespace postern
