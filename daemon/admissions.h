// Admissions: has the questions sent that are owed, and lets the mails go their way that a point of contact admitted.
// What is owed and what was admitted lies in the store, with the commits of the mails; so nothing of it is lost or done
// twice by a crash, and all of it is found again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/store_writer.h"
#include "parsers/time_point.h"
#include "store/question.h"

namespace postern {

// A mail that was admitted, as it is handed to the desk. Pure.
[[nodiscard]] RawMessage admitted_mail(Admission const& admission, LedgerEntry const& entry, std::string octets);

class Admissions {
  public:
    using Clock = std::function<TimePoint()>;
    struct Services {
        StoreWriter& writer;
        IntakeDesk& desk;
        InFlight const& in_flight;
        Log& log;
        Clock clock;
        std::function<void()> mail_queued;  // called after a commit that put mail into the outbox
    };

    // Begins at once, and looks again every other second. The writer and the log have to outlive the object, and the
    // desk is used no more once it is gone; the io_context may not run any more when it is destroyed.
    Admissions(boost::asio::io_context& io, Services services, std::shared_ptr<Policy const> policy);
    ~Admissions();
    Admissions(Admissions const&) = delete;
    Admissions& operator=(Admissions const&) = delete;

    void set_policy(std::shared_ptr<Policy const> policy);  // on reload

  private:
    struct Work;
    void wait();

    std::shared_ptr<Work> work_;
    boost::asio::steady_timer timer_;
};

}  // namespace postern
