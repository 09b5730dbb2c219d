// Articles and attachments as they lie in their tables. Internal to the SQLite store.
#pragma once

#include "store/sqlite_connection.h"
#include "store/ticket.h"

// Columns that give an Article without its attachments, of an `article a`: see article_in().
#define POSTERN_ARTICLE_COLUMNS                                                                       \
    "a.number, a.kind, a.direction, a.sender, a.recipients, a.subject, a.date, a.message_id, a.text," \
    " coalesce(a.full_text, a.text), a.authentication"

// Columns that give an ArticleAttachment, of an `attachment f`: see attachment_in().
#define POSTERN_ATTACHMENT_COLUMNS "f.number, f.name, f.media_type, f.size, f.sha256, f.inline, f.content_id, f.locator"

namespace postern {

// From the column `at` on. Throws StoreError (broken) at a word that this program does not know.
[[nodiscard]] Article article_in(Query const& row, int at);
[[nodiscard]] ArticleAttachment attachment_in(Query const& row, int at);

}  // namespace postern
