// ImapPoller: one folder, one thread. Takes what is new since its cursor, hands it to the desk, marks it after the
// commit, waits for the next poll or IDLE's word. Reconnects with backoff; one folder's trouble touches no other.
#pragma once

#include <cstdint>
#include <memory>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/alarms.h"
#include "daemon/imap_folder_key.h"
#include "daemon/imap_times.h"
#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/store_writer.h"

namespace postern {

class ImapPoller {
  public:
    ImapPoller(ImapOptions options, std::uint64_t max_message_octets, IntakeDesk& desk, StoreWriter& writer,
               InFlight& in_flight, Log& log, ImapTimes const& times = {}, Alarms alarms = {},
               std::shared_ptr<AccessTokens> tokens = nullptr);  // null: logs in by its password
    // Stops, waits for what was handed to the desk, joins the thread; within 10 s.
    ~ImapPoller();
    void request_stop();
    void poll_now();  // from any thread; ends a wait for the next poll or for the next try

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
