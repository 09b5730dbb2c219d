// The canary: a mail of ours to ourselves, made as receipts are, under a Message-ID that only this site could make.
// Pure.
#pragma once

#include <string>

#include "config/options.h"
#include "parsers/mailbox.h"
#include "parsers/time_point.h"
#include "store/outbox.h"

namespace postern {

// The mailbox with this address or alias; null: none of ours.
[[nodiscard]] SupportMailbox const* mailbox_of(Options const& options, Mailbox const& address);

// From the mailbox of `to` to `to`, under [relay] reverse_path.
[[nodiscard]] OutboxMail canary_mail(Options const& options, Mailbox const& to, std::string const& message_id,
                                     TimePoint now);

}  // namespace postern
