#include "daemon/cli/json_values.h"

#include <nlohmann/json.hpp>

namespace postern {
namespace {

Json article_json(Article const& article) {
    auto attachments = Json::array();
    for (auto const& attachment : article.attachments) attachments.push_back(attachment_json(attachment));
    return {{"id", article.number},
            {"kind", to_string(article.kind)},
            {"direction", article.direction == Direction::in ? "in" : "out"},
            {"from", text_or_null(article.from)},
            {"to", article.to},
            {"cc", article.cc},
            {"subject", article.subject},
            {"date", to_iso8601(article.date)},
            {"message_id", text_or_null(article.message_id)},
            {"text", article.text},
            {"full_text", article.full_text},
            {"attachments", std::move(attachments)},
            {"authentication", article.authentication}};
}

Json ticket_or_null(std::optional<TicketNumber> const& number) {
    return number ? Json(number->text()) : Json();
}

}  // namespace

Json text_or_null(std::string const& text) {
    return text.empty() ? Json() : Json(text);
}

Json ticket_json(Ticket const& ticket) {
    return {{"ticket", ticket.number.text()},
            {"mailbox", ticket.mailbox},
            {"subject", ticket.subject},
            {"status", to_string(ticket.status)},
            {"severity", ticket.severity},
            {"organization", text_or_null(ticket.organization)},
            {"contact", text_or_null(ticket.contact)},
            {"assignee", ticket.assignee ? Json(*ticket.assignee) : Json()},
            {"created", to_iso8601(ticket.created)},
            {"updated", to_iso8601(ticket.updated)},
            {"articles", ticket.articles},
            {"folded", ticket.folded}};
}

Json history_json(TicketHistory const& history) {
    auto json = ticket_json(history.ticket);
    auto articles = Json::array();
    for (auto const& article : history.articles) articles.push_back(article_json(article));
    auto events = Json::array();
    for (auto const& event : history.events) {
        events.push_back({{"at", to_iso8601(event.at)},
                          {"what", event.what},
                          {"by", event.by},
                          {"detail", text_or_null(event.detail)}});
    }
    json["articles"] = std::move(articles);
    json["events"] = std::move(events);
    return json;
}

Json attachment_json(ArticleAttachment const& attachment) {
    return {{"id", attachment.number}, {"name", attachment.name},     {"type", attachment.media_type},
            {"size", attachment.size}, {"sha256", attachment.sha256}, {"inline", attachment.is_inline}};
}

Json ledger_json(LedgerEntry const& entry) {
    return {{"id", entry.id.text},
            {"received", to_iso8601(entry.received)},
            {"source", to_string(entry.source)},
            {"mailbox", text_or_null(entry.mailbox)},
            {"from", text_or_null(entry.from)},
            {"message_id", text_or_null(entry.message_id)},
            {"subject", entry.subject},
            {"size", entry.size},
            {"disposition", to_string(entry.disposition)},
            {"rule", text_or_null(entry.rule)},
            {"ticket", ticket_or_null(entry.ticket)}};
}

Json story_json(std::vector<StoryStep> const& steps) {
    auto story = Json::array();
    for (auto const& step : steps) {
        story.push_back(
            {{"rule", step.rule}, {"saw", step.saw}, {"result", step.result}, {"config", text_or_null(step.config)}});
    }
    return story;
}

Json held_json(LedgerEntry const& entry) {
    return {{"id", entry.id.text},
            {"received", to_iso8601(entry.received)},
            {"from", text_or_null(entry.from)},
            {"subject", entry.subject},
            {"reason", entry.reason},
            {"mailbox", text_or_null(entry.mailbox)},
            {"message_id", text_or_null(entry.message_id)}};
}

Json outbox_json(OutboxMail const& mail) {
    return {{"id", std::to_string(mail.id.value)},
            {"kind", to_string(mail.kind)},
            {"to", mail.recipient},
            {"subject", mail.subject},
            {"message_id", text_or_null(mail.message_id)},
            {"ticket", ticket_or_null(mail.ticket)},
            {"state", to_string(mail.state)},
            {"attempts", mail.attempts},
            {"next_attempt", mail.state == OutboxState::queued ? Json(to_iso8601(mail.next_attempt)) : Json()},
            {"last_error", text_or_null(mail.last_error)}};
}

Json finding_json(Finding const& finding) {
    return {{"file", finding.file},
            {"line", finding.line == 0 ? Json() : Json(finding.line)},
            {"column", finding.column == 0 ? Json() : Json(finding.column)},
            {"what", finding.what},
            {"cure", text_or_null(finding.cure)},
            {"severity", finding.severity == Finding::Severity::error ? "error" : "notice"}};
}

}  // namespace postern
