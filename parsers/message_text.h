// The readable text of a mail, put together from its text parts. Pure and total.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parsers/locator.h"
#include "parsers/mime_tree.h"
#include "parsers/part_roles.h"
#include "parsers/readable_text.h"

namespace postern {

// A file that a plain text holds uuencoded.
struct EmbeddedFile {
    std::string name;    // as written
    std::string octets;  // decoded
    Locator locator;     // of these
};

struct MessageText {
    ReadableText readable;  // at most limits::body_text_octets
    std::vector<EmbeddedFile> files;
    bool is_cut = false;  // there was more
};

// LF for every line end and page break; of other controls but TAB U+FFFD shows that they were there.
void normalize_lines(std::string& text);

[[nodiscard]] MessageText read_text(MimeTree const& tree, std::vector<TextPart> const& texts);

// The HTML versions, where there are any beside the plain text and they bear marks of quoting; else nothing. Clients
// that leave no sign of it in plain text do so in HTML.
[[nodiscard]] std::optional<ReadableText> read_marked_html(MimeTree const& tree, std::vector<TextPart> const& texts);

// What raw 8-bit header fields are in, as far as the mail's text declares it: a charset's label, or nothing.
[[nodiscard]] std::string declared_charset(MimeTree const& tree, std::vector<TextPart> const& texts);

}  // namespace postern
