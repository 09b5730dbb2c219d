// A look at one [[imap]] folder: logs in as the daemon does, and tells what it found. Changes nothing there.
#pragma once

#include <cstddef>
#include <memory>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/imap_times.h"
#include "daemon/online/remark.h"
#include "daemon/wake_event.h"
#include "parsers/time_point.h"

namespace postern {

// `index` counts the [[imap]] tables. tokens: where the folder has oauth2, else null. Blocks for times.connect and some
// commands, at most until `stop` is raised.
[[nodiscard]] Remarks look_at_imap(ImapOptions const& options, std::size_t index,
                                   std::shared_ptr<AccessTokens> const& tokens, ImapTimes const& times,
                                   WakeEvent const& stop, TimePoint now);

}  // namespace postern
