#include "daemon/derive.h"

#include <utility>

#include "parsers/ticket_reference.h"

namespace postern {

namespace {

std::vector<std::string> addresses(std::vector<NameAddr> const& list) {
    std::vector<std::string> result;
    result.reserve(list.size());
    for (auto const& each : list) result.push_back(each.mailbox.address());
    return result;
}

// What a mail without a date gets. Before schema 5 the ledger did not keep when a mail had arrived in its IMAP folder,
// but the article got just that.
TimePoint date_without_date(LedgerEntry const& entry, Article const& article) {
    bool const is_known = entry.source != Source::imap || entry.arrived != entry.received;
    return is_known ? entry.arrived : article.date;
}

void derive_ticket_subject(ShownMail& mail, std::string_view old_subject, Policy const& policy) {
    if (mail.entry.disposition != Disposition::opened) return;
    if (mail.ticket_subject != ticket_subject(old_subject, policy)) return;
    mail.ticket_subject = ticket_subject(mail.article->subject, policy);
}

}  // namespace

void derive(Article& article, ParsedMessage const& message, TimePoint arrived) {
    article.to = addresses(message.to);
    article.cc = addresses(message.cc);
    article.subject = message.subject;
    article.date = message.date.value_or(arrived);
    article.text = message.reply_text;
    article.full_text = message.body_text;
    article.attachments.clear();
    for (auto const& attachment : message.attachments) {
        article.attachments.push_back({0, attachment.name, attachment.media_type, attachment.size, attachment.sha256,
                                       attachment.is_inline, attachment.content_id, attachment.locator});
    }
}

std::string ticket_subject(std::string_view subject, Policy const& policy) {
    return without_ticket_tags(subject, [&](TicketNumber const& number) { return policy.is_our_tag(number.tag); });
}

ShownMail derived_again(ShownMail const& shown, ParsedMessage const& message, Policy const& policy) {
    auto mail = shown;
    mail.entry.subject = message.subject;
    if (mail.article) {
        derive(*mail.article, message, date_without_date(shown.entry, *shown.article));
        derive_ticket_subject(mail, shown.article->subject, policy);
    }
    make_storable(mail);
    if (mail.article) {
        auto& attachments = mail.article->attachments;
        attachments = with_numbers_of(shown.article->attachments, std::move(attachments));
    }
    return mail;
}

std::vector<std::string> differing_fields(ShownMail const& one, ShownMail const& other) {
    std::vector<std::string> fields;
    auto const look_at = [&fields](char const* name, bool is_same) {
        if (!is_same) fields.emplace_back(name);
    };
    look_at("ticket_subject", one.ticket_subject == other.ticket_subject);
    bool const same_entry = one.entry.subject == other.entry.subject;
    if (!one.article || !other.article) {
        look_at("subject", same_entry);
        return fields;
    }
    auto const& here = *one.article;
    auto const& there = *other.article;
    look_at("subject", same_entry && here.subject == there.subject);
    look_at("to", here.to == there.to);
    look_at("cc", here.cc == there.cc);
    look_at("date", here.date == there.date);
    look_at("text", here.text == there.text);
    look_at("full_text", here.full_text == there.full_text);
    look_at("attachments", here.attachments == there.attachments);
    return fields;
}

}  // namespace postern
