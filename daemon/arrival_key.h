// Arrival keys: by which a mail that was taken in is known again, however it comes the second time. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/raw_message.h"
#include "parsers/message.h"
#include "store/store.h"

namespace postern {

// The keys of a mail, to be looked up before it is judged and stored with what was decided:
//   its Message-ID with a digest of From, To, Subject, Date and the body, without an end;
//   where it has no Message-ID, a digest of all octets, for 24 hours;
//   by IMAP also folder, INTERNALDATE and all octets, which a changed UIDVALIDITY leaves alone.
// Line ends and trailing blank lines don't count: a pipe turns CRLF into LF, a relay adds a line end.
[[nodiscard]] std::vector<ArrivalKey> arrival_keys(RawMessage const& raw, ParsedMessage const& message, TimePoint now);

}  // namespace postern
