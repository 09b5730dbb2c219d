// The store's values as JSON, with the keys of the interface: scripts rely on them, so add to them and never rename.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"
#include "daemon/cli/context.h"
#include "store/store.h"

namespace postern {

[[nodiscard]] Json ticket_json(Ticket const& ticket);           // of `ticket list`
[[nodiscard]] Json history_json(TicketHistory const& history);  // of `ticket show`
[[nodiscard]] Json attachment_json(ArticleAttachment const& attachment);
[[nodiscard]] Json ledger_json(LedgerEntry const& entry);            // of `message list`
[[nodiscard]] Json story_json(std::vector<StoryStep> const& steps);  // the array of `message show`
[[nodiscard]] Json held_json(LedgerEntry const& entry);              // of `held list`
[[nodiscard]] Json outbox_json(OutboxMail const& mail);              // of `outbox list`
[[nodiscard]] Json finding_json(Finding const& finding);             // of `check`

// Null where it is empty: unknown.
[[nodiscard]] Json text_or_null(std::string const& text);

}  // namespace postern
