// LookOnline: what `check --online` does: logs in to the folders and the relay, asks the DNS about our domains, reads
// the certificates, and with a canary sends one mail to ourselves and waits for it. Changes nothing but that; each wait
// is bounded, and what hangs costs the rest nothing.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/online/canary.h"
#include "daemon/online/remark.h"

namespace postern {

struct LookOnlineRequest {
    std::optional<CanaryRequest> canary;
    std::filesystem::path verifier;  // postern-verifier; "": SPF is not evaluated
};

// `tell` is called by this thread, for each thing as soon as it and those before it are known.
void look_online(Options const& options, LookOnlineRequest const& request, Log& log,
                 std::function<void(Remark const&)> const& tell);

}  // namespace postern
