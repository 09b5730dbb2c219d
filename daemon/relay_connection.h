// RelayConnection: one connection to the relay with a thread of its own, which sends one mail at a time and gives the
// connection back when it has had nothing to do for a while.
#pragma once

#include <functional>
#include <memory>

#include "daemon/relay.h"
#include "store/outbox.h"

namespace postern {

class RelayConnection {
  public:
    // Called on the connection's thread; must not throw and not destroy the connection.
    using Done = std::function<void(OutboxMail const& mail, RelayResult const& result)>;

    RelayConnection(std::unique_ptr<Relay> relay, Done done);
    // Waits for the mail that is being sent.
    ~RelayConnection();
    RelayConnection(RelayConnection const&) = delete;
    RelayConnection& operator=(RelayConnection const&) = delete;

    // Never before the mail before it is done.
    void send(OutboxMail mail);

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
