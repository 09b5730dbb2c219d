// A flood: many mails from one sender with one subject, whose digits are ignored. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/decide.h"

namespace postern {

// What subjects of one flood have in common: without reply and forward prefixes and ticket tags, in lower case, each
// run of white space one space, each run of digits one "#" together with the dots, colons and the like between them:
// "Re: Disk 91.5% at 10:42" and "disk 92% at 11:00" are both "disk #% at #". At most flood_subject_octets.
inline constexpr std::size_t flood_subject_octets = 256;  // what tells subjects apart stands at their beginning
[[nodiscard]] std::string flood_subject(std::string_view subject);

// What makes mails one flood: the support address, the sender and the flood_subject, as a digest. Nullopt: the mail is
// none that could be folded.
[[nodiscard]] std::optional<std::string> flood_key(RawMessage const& raw, ParsedMessage const& message,
                                                   SupportMailbox const& mailbox, Policy const& policy);

}  // namespace postern
