// A rendered automatic mail as the outbox takes it. Pure.
#pragma once

#include "config/options.h"
#include "store/outbox.h"
#include "templates/templates.h"

namespace postern {

// To the one mailbox of the header, under [relay] reverse_path (RFC 3834 3.3: the null one unless a relay refuses it).
[[nodiscard]] OutgoingMail outgoing_mail(Options const& options, OutgoingKind kind, ResponseHeader const& header,
                                         RenderedMail rendered);

}  // namespace postern
