// A look at [relay]: connects and logs in as the sender does, asks whether the reverse-path is taken, and tells what it
// found. Sends no mail.
#pragma once

#include <memory>
#include <string>

#include "config/options.h"
#include "daemon/online/remark.h"
#include "daemon/outbox_times.h"
#include "daemon/relay.h"
#include "parsers/time_point.h"

namespace postern {

// Blocks for times.connect and two replies, at most until `must_stop` says so.
[[nodiscard]] Remarks look_at_relay(Options const& options, RelayTokens tokens, Relay::MustStop must_stop,
                                    OutboxTimes const& times, TimePoint now);

}  // namespace postern
