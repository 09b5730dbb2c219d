// IntakeDesk: where every way in hands its mail over and learns what became of it. Parses in a pool, hands to the one
// writer, answers after the commit. Thread-safe; never blocks the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/raw_message.h"
#include "store/ledger.h"

namespace postern {

// What a way in needs to answer its peer.
struct Receipt {
    enum class Outcome {
        committed,  // durable: SMTP says 250 or the refusal, IMAP marks
        deferred    // not taken: 451 or 452, leave it on the server, exit 75
    } outcome = Outcome::deferred;
    Disposition disposition = Disposition::held;
    std::string refusal;           // of `refused`: the text after "550 5.7.1 ", one line of printable US-ASCII
    bool unauthenticated = false;  // of `refused`: 550 5.7.26 and its constant text instead
    bool may_bounce = false;       // of `refused`: our own MTA may be told so, too
    bool no_space = false;         // of `deferred`: no room for it now (452 4.3.1)
    // Of `deferred`: for this mail alone, others may go on: [limits] held is reached, or DNS has trouble with its
    // sender.
    bool this_one_alone = false;
    bool awaits_dns = false;  // of `deferred`: its sender can't be authenticated now (451 4.7.0)
    std::string rule;
    std::optional<TicketNumber> ticket;
    bool queued_mail = false;  // the commit put mail into the outbox
};

class IntakeDesk {
  public:
    using Done =
        std::function<void(Receipt const&)>;  // called once, on a thread of the desk's; must not block or throw

    IntakeDesk() = default;
    IntakeDesk(IntakeDesk const&) = delete;
    IntakeDesk& operator=(IntakeDesk const&) = delete;
    virtual ~IntakeDesk() = default;

    virtual void submit(RawMessage message, Done done) = 0;
};

}  // namespace postern
