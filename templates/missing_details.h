// Which helpful details a mail does not seem to hold. Cautious: where there is a sign of one it is not asked for. Pure,
// linear in the text.
#pragma once

#include <string_view>
#include <vector>

namespace postern {

enum class MissingDetail {
    link,      // to where it happens
    steps,     // to reproduce it
    system,    // and browser
    affected,  // how many users
    place      // office or home
};

// body_text: what the mail says, in English or German. has_image: a screenshot may have come with it, so that a page
// named in words is enough.
[[nodiscard]] std::vector<MissingDetail> missing_details(std::string_view body_text, bool has_image);

}  // namespace postern
