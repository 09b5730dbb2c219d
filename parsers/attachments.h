// The attachments of a mail: what they are called, their digests, and where they lie. Pure and total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/message.h"
#include "parsers/message_text.h"
#include "parsers/mime_tree.h"
#include "parsers/part_roles.h"

namespace postern {

struct AttachmentList {
    std::vector<Attachment>
        attachments;          // those that stand in the mail first, then those within a text or a winmail.dat
    std::string packed_text;  // the text that a winmail.dat holds; may be empty
};

// `raw_charset`: see encoded_word.h. `embedded`: the files that the mail's texts hold.
[[nodiscard]] AttachmentList read_attachments(MimeTree const& tree, PartRoles const& roles,
                                              std::vector<EmbeddedFile> const& embedded, std::string_view raw_charset);

}  // namespace postern
