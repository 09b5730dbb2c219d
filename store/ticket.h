// Tickets, their articles, attachments and events, as they are stored and shown. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/ticket_reference.h"
#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

enum class TicketStatus { open, in_progress, resolved };
[[nodiscard]] std::string_view to_string(TicketStatus status) noexcept;  // "open", "in-progress", "resolved"
[[nodiscard]] std::optional<TicketStatus> parse_ticket_status(std::string_view text) noexcept;

struct Ticket {
    TicketId id;
    TicketNumber number;
    std::string mailbox;  // the support address it belongs to
    std::string subject;  // without ticket tags
    TicketStatus status = TicketStatus::open;
    std::string severity;
    std::string organization_id;  // what decides who may join; survives a change of name
    std::string organization;     // its name when the ticket was opened
    std::string contact;          // address key of who opened it
    std::optional<std::string> assignee;
    TimePoint created, updated;
    std::int64_t articles = 0;  // how many
    std::int64_t folded = 0;    // how many mails of a flood were folded into it
    std::string admitted_by;    // address key of the point of contact who let its contact in; empty: nobody had to
};

enum class ArticleKind { customer, agent, receipt, note, automatic };
[[nodiscard]] std::string_view to_string(ArticleKind kind) noexcept;
[[nodiscard]] std::optional<ArticleKind> parse_article_kind(std::string_view text) noexcept;

enum class Direction { in, out };
[[nodiscard]] std::string_view to_string(Direction direction) noexcept;
[[nodiscard]] std::optional<Direction> parse_direction(std::string_view text) noexcept;

struct ArticleAttachment {
    std::int64_t number = 0;  // unique in the ticket, from 1; 0 in a new article: the store gives it
    std::string name, media_type;
    std::uint64_t size = 0;
    std::string sha256;
    bool is_inline = false;
    std::optional<std::string> content_id;
    std::string locator;  // parsers/message.h: where it lies in the raw octets of `mail`
    friend bool operator==(ArticleAttachment const&, ArticleAttachment const&) = default;
};

struct Article {
    std::int64_t number = 0;  // in the ticket, from 1; 0 in a new article: the store gives it
    ArticleKind kind = ArticleKind::customer;
    Direction direction = Direction::in;
    std::string from;
    std::vector<std::string> to, cc;
    std::string subject;
    TimePoint date;
    std::string message_id;  // may be empty
    std::string text, full_text;
    std::string authentication = "none";
    std::vector<ArticleAttachment> attachments;
    friend bool operator==(Article const&, Article const&) = default;
};

struct TicketEvent {
    TimePoint at;
    // opened appended noted status severity assigned split merged folded unfolded released admitted claimed
    // receipt-sent …
    std::string what;
    std::string by;      // an address, "postern" or "operator"
    std::string detail;  // for people: "open -> resolved"
};

struct TicketHistory {
    Ticket ticket;
    std::vector<Article> articles;    // oldest first
    std::vector<TicketEvent> events;  // oldest first
};

struct TicketFilter {
    std::optional<TicketStatus> status;
    std::optional<std::string> organization, severity, assignee;  // organization: name or id, without case
    std::optional<std::string> search;  // found in subject, article text or sender, without case
};

}  // namespace postern
