// Which entities of a mail are its text, and which are attachments (RFC 2046 5.1, 2183, 2387, 1847, 6522). Pure, no
// recursion.
#pragma once

#include <cstddef>
#include <vector>

#include "parsers/mime_tree.h"

namespace postern {

// A stretch of the body, of which there may be two versions, in one part or more each. Indices in MimeTree::entities.
struct TextPart {
    std::vector<std::size_t> plain;
    std::vector<std::size_t> html;
};

struct AttachedPart {
    std::size_t entity = Entity::none;
    bool is_related = false;  // beside the root of a multipart/related: shown within the text
};

struct PartRoles {
    std::vector<TextPart> texts;  // in the order in which they are read
    std::vector<AttachedPart> attachments;
};

// Of the mail itself. Nested messages are attachments, whole; where there is nothing else to read, the text of the
// first one is the mail's.
[[nodiscard]] PartRoles assign_part_roles(MimeTree const& tree);

}  // namespace postern
