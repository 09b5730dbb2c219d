// Ticket tags, `[ACME-1042]`, in subjects. Which of them exist is the store's to know. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

struct TicketNumber {
    std::string tag;  // upper case: "ACME"
    std::int64_t number = 0;

    [[nodiscard]] std::string text() const { return tag + "-" + std::to_string(number); }  // "ACME-1042"
    friend auto operator<=>(TicketNumber const&, TicketNumber const&) = default;
};

// Every `[TAG-number]` in a decoded subject, in order, each once, whatever a mail client did to it: case, spaces
// inside the brackets, full-width forms. A tag is a letter followed by up to 15 letters or digits.
[[nodiscard]] std::vector<TicketNumber> find_ticket_tags(std::string_view subject);

// "ACME-1042" or "[ACME-1042]", as an operator types it. An empty tag means it is none.
[[nodiscard]] TicketNumber parse_ticket_number(std::string_view text);

// The subject without the ticket tags that `which` names (by default all) and without the spaces they leave behind.
using WhichTags = std::function<bool(TicketNumber const&)>;
[[nodiscard]] std::string without_ticket_tags(std::string_view subject, WhichTags const& which = {});

// The subject without reply and forward prefixes in any language ("Re:", "AW:", "RV:", "回复："), nor ticket tags.
[[nodiscard]] std::string base_subject(std::string_view subject);

}  // namespace postern
