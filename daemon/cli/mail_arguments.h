// What a command line says of a mail's envelope.
#pragma once

#include <string>

#include "daemon/cli/context.h"

namespace postern {

// An address, or "postmaster" alone (RFC 5321 4.5.1). Throws CommandFailure: usage.
[[nodiscard]] Mailbox mailbox_argument(std::string const& text);

// "" and "<>" are the null reverse-path (RFC 5321 4.5.5): MTAs pass it as their $sender. One that is no address
// ("root", of a local pipe) is as good as unknown: the mail would bounce if it ended the verb.
void take_reverse_path(Context& context, std::string const& text, Envelope& envelope);

}  // namespace postern
