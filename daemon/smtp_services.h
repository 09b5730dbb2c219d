// What all SMTP and LMTP sessions share.
#pragma once

#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/refusals.h"

namespace boost::asio {
class thread_pool;
}

namespace postern {

// Outlives them.
struct SmtpServices {
    IntakeDesk& desk;
    InFlight& in_flight;
    Refusals& refusals;
    Log& log;
    boost::asio::thread_pool& disk;  // where large mail is written out: the sessions' own thread never waits for a disk
};

}  // namespace postern
