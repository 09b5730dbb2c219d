#include "store/ticket.h"

#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<3> statuses{"open", "in-progress", "resolved"};
constexpr EnumNames<5> article_kinds{"customer", "agent", "receipt", "note", "automatic"};
constexpr EnumNames<2> directions{"in", "out"};

}  // namespace

std::string_view to_string(TicketStatus status) noexcept {
    return enum_name(statuses, status);
}
std::optional<TicketStatus> parse_ticket_status(std::string_view text) noexcept {
    return enum_value<TicketStatus>(statuses, text);
}

std::string_view to_string(ArticleKind kind) noexcept {
    return enum_name(article_kinds, kind);
}
std::optional<ArticleKind> parse_article_kind(std::string_view text) noexcept {
    return enum_value<ArticleKind>(article_kinds, text);
}

std::string_view to_string(Direction direction) noexcept {
    return enum_name(directions, direction);
}
std::optional<Direction> parse_direction(std::string_view text) noexcept {
    return enum_value<Direction>(directions, text);
}

}  // namespace postern
