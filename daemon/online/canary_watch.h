// CanaryWatch: waits for the canary to come back, where the daemon takes mail in and in the IMAP folders themselves:
// whichever sees it first. Changes nothing at either.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/wake_event.h"
#include "parsers/mailbox.h"
#include "store/ledger.h"

namespace postern {

struct CanarySighting {
    std::string where;                       // "imaps://imap.acme.example:993/INBOX", "the ledger, by smtp"
    std::string octets;                      // as it came; "": they could not be had
    std::optional<Disposition> disposition;  // what the daemon made of it, where it has seen it
    std::string rule;
    std::chrono::milliseconds after{};  // since the watch began
};

class CanaryWatch {
  public:
    // tokens: of each [[imap]], null where it has no oauth2. Looks at the folders of the mailbox. `stop` must outlive
    // it.
    CanaryWatch(Options const& options, SupportMailbox const& mailbox,
                std::vector<std::shared_ptr<AccessTokens>> tokens, WakeEvent const& stop);
    ~CanaryWatch();
    CanaryWatch(CanaryWatch const&) = delete;
    CanaryWatch& operator=(CanaryWatch const&) = delete;

    // nullopt: not seen in this time, or stopped.
    [[nodiscard]] std::optional<CanarySighting> wait_for(std::string const& message_id, std::chrono::seconds time);
    // What it could look at, for people; empty: nothing, since no daemon runs and no folder let us in.
    [[nodiscard]] std::vector<std::string> const& watched() const noexcept { return watched_; }
    [[nodiscard]] bool daemon_is_up() const noexcept { return daemon_is_up_; }

  private:
    class Folder;
    [[nodiscard]] std::optional<CanarySighting> look_into_ledger(std::string const& message_id);

    Options const& options_;
    WakeEvent const& stop_;
    bool daemon_is_up_;
    std::vector<std::string> watched_;
    std::vector<std::unique_ptr<Folder>> folders_;
};

}  // namespace postern
