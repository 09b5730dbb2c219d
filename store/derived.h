// What the store keeps of a mail that was made of its octets, so that a better parser can make it again. Values, and
// what every back end does with them in the same way. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/ledger.h"
#include "store/ticket.h"

namespace postern {

// One mail with what is shown of it. Derived from its octets, and exchanged by Store::rederive: entry.subject,
// ticket_subject, and of the article to, cc, subject, date, text, full_text and attachments. The rest is what happened
// to the mail and stays.
struct ShownMail {
    std::int64_t place = 0;  // in the order of taking in, from 1; those of a store may leave gaps
    LedgerEntry entry;
    std::string ticket_subject;      // of entry.ticket; empty where there is none
    std::optional<Article> article;  // that shows it; attachments by their number
};

// Whether nothing has happened to the mail in between, and nobody has derived it anew.
[[nodiscard]] bool is_still(ShownMail const& before, ShownMail const& now);

// The derived texts as a store will have them: equal to what it then reads back.
void make_storable(ShownMail& mail);

// Gives the attachments that a parser found the numbers they had: they are promised stable. In this order the same are
// those equal in everything, in content and name, in place within the octets, in name, and at last in their turn. The
// others have number 0, and stand last.
[[nodiscard]] std::vector<ArticleAttachment> with_numbers_of(std::vector<ArticleAttachment> const& before,
                                                             std::vector<ArticleAttachment> found);

}  // namespace postern
