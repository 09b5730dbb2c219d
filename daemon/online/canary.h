// Canary: one mail to ourselves through the relay, waited for where it comes back, and looked at as a receiver would.
// Sent by this process and not by way of the outbox: it says something of the relay only if nothing waits in between.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/dkim_signer.h"
#include "daemon/log.h"
#include "daemon/online/domain_standing.h"
#include "daemon/online/remark.h"
#include "daemon/wake_event.h"
#include "parsers/mailbox.h"

namespace postern {

struct CanaryRequest {
    Mailbox to;  // an address of ours
    std::chrono::seconds wait{120};
};

struct CanaryMeans {
    std::vector<std::shared_ptr<AccessTokens>> of_folders;  // of each [[imap]], null where it has no oauth2
    std::shared_ptr<AccessTokens> of_relay;
    std::shared_ptr<DkimSigner const> signer;  // null: unsigned
    std::filesystem::path verifier;
    std::shared_ptr<WakeEvent const> stop;  // raised when there is no more time
};

struct CanaryResult {
    Remarks remarks;
    std::optional<ProvedSignature> proved;
};

[[nodiscard]] CanaryResult send_canary(Options const& options, CanaryRequest const& request, CanaryMeans const& means,
                                       Log& log);

}  // namespace postern
