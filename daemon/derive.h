// derive: what a ticket shows of a mail, made of its octets alone. The same when the mail is taken in and when a better
// parser looks at it again. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/policy.h"
#include "parsers/message.h"
#include "store/derived.h"

namespace postern {

// To, cc, subject, date, texts and attachments; the rest of the article stays. A mail without a date has that of its
// arrival.
void derive(Article& article, ParsedMessage const& message, TimePoint arrived);

// The subject without ticket numbers of ours: `[JIRA-12]` is the customer's own business.
[[nodiscard]] std::string ticket_subject(std::string_view subject, Policy const& policy);

// The mail with everything derived again, as the store will have it; attachments keep their numbers where they can. The
// ticket's subject follows only where this mail opened the ticket and nobody has changed it since.
[[nodiscard]] ShownMail derived_again(ShownMail const& shown, ParsedMessage const& message, Policy const& policy);

// What differs, in the words of the interface: ticket_subject subject to cc date text full_text attachments.
[[nodiscard]] std::vector<std::string> differing_fields(ShownMail const& one, ShownMail const& other);

}  // namespace postern
