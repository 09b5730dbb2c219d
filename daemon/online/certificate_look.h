// A look at the certificates that [smtp] and [lmtp] offer: whether they load, whose they are and when they end.
#pragma once

#include "config/options.h"
#include "daemon/online/remark.h"
#include "parsers/time_point.h"

namespace postern {

[[nodiscard]] Remarks look_at_certificates(Options const& options, TimePoint now);

}  // namespace postern
