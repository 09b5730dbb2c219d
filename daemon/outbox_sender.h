// OutboxSender: takes outgoing mail that is due and brings it to the relay over a kept connection; retries with
// backoff, gives up after give_up_after or at a permanent refusal, and keeps what it gave up visible. One thread.
#pragma once

#include <memory>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/alarms.h"
#include "daemon/dkim_signer.h"
#include "daemon/log.h"
#include "daemon/outbox_times.h"
#include "daemon/store_writer.h"

namespace postern {

// What it works with. Both may be null: where it logs in by a password or not at all, and where mail goes out unsigned.
struct OutboxMeans {
    OutboxTimes times{};
    std::shared_ptr<AccessTokens> tokens{};
    std::shared_ptr<DkimSigner const> signer{};
};

class OutboxSender {
  public:
    OutboxSender(RelayOptions options, std::string const& helo, StoreWriter& writer, Log& log, Alarms alarms = {},
                 OutboxMeans means = {});
    // Finishes the mail it is sending, releases the rest, joins the thread; within 10 s.
    ~OutboxSender();
    void request_stop();
    void wake();  // something may be due now; from any thread

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
