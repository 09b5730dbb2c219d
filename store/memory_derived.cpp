#include <algorithm>

#include "store/memory_store_impl.h"

namespace postern {

namespace {

// The article of the ticket that shows the mail; null: none does.
Article* article_of(MemoryState::TicketRecord& ticket, std::string const& mail) {
    auto const shown = std::ranges::find(ticket.article_mails, mail, [](auto const& each) { return each.second; });
    if (shown == ticket.article_mails.end()) return nullptr;
    return &ticket.history.articles.at(static_cast<std::size_t>(shown->first - 1));
}

// As a disk gives it up: kept ones under their numbers, new ones under the next, what is named no more gone.
void exchange_attachments(MemoryState::TicketRecord& ticket, Article& article,
                          std::vector<ArticleAttachment> attachments, std::string const& mail) {
    for (auto const& each : article.attachments) ticket.attachment_mails[each.number].clear();
    for (auto& each : attachments) {
        if (each.number == 0) each.number = static_cast<std::int64_t>(ticket.attachment_mails.size() + 1);
        ticket.attachment_mails[each.number] = mail;
    }
    article.attachments = std::move(attachments);
}

}  // namespace

std::optional<ShownMail> MemoryStore::shown_after(std::int64_t place) {
    auto const index = static_cast<std::size_t>(std::max<std::int64_t>(place, 0));
    if (index >= state_.mails.size()) return std::nullopt;
    auto const& entry = state_.mails[index].entry;
    ShownMail mail{static_cast<std::int64_t>(index + 1), entry, {}, {}};
    auto* ticket = entry.ticket ? find_ticket(*entry.ticket) : nullptr;
    if (ticket == nullptr) return mail;
    mail.ticket_subject = ticket->history.ticket.subject;
    if (auto const* article = article_of(*ticket, entry.id.text)) mail.article = *article;
    return mail;
}

std::int64_t MemoryStore::last_place() {
    return static_cast<std::int64_t>(state_.mails.size());
}

bool MemoryStore::rederive(ShownMail const& before, ShownMail const& given) {
    auto const stored = shown_after(before.place - 1);
    if (!stored || !is_still(before, *stored)) return false;
    auto after = given;
    make_storable(after);
    auto& entry = state_.mails[static_cast<std::size_t>(before.place - 1)].entry;
    entry.subject = after.entry.subject;
    if (!stored->article || !after.article) return true;
    auto& ticket = *find_ticket(*entry.ticket);
    auto& article = *article_of(ticket, entry.id.text);
    ticket.history.ticket.subject = after.ticket_subject;
    article.to = std::move(after.article->to);
    article.cc = std::move(after.article->cc);
    article.subject = std::move(after.article->subject);
    article.date = after.article->date;
    article.text = std::move(after.article->text);
    article.full_text = std::move(after.article->full_text);
    exchange_attachments(ticket, article, std::move(after.article->attachments), entry.id.text);
    return true;
}

}  // namespace postern
