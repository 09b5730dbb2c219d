// Summaries: where an address got as many receipts as [limits] receipts_per_address lets it have, one mail names the
// tickets that its further mails opened, when the oldest of those receipts has left the count. What is owed lies in the
// store, with the commit of each of the mails; the summary is made and queued in one transaction, so that a crash
// neither loses nor doubles it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "daemon/policy.h"
#include "daemon/store_writer.h"
#include "parsers/time_point.h"
#include "store/store.h"

namespace postern {

// Pure.
[[nodiscard]] OutgoingMail summary_mail(OwedSummary const& owed, Policy const& policy, TimePoint now);

struct QueuedSummaries {
    std::size_t count = 0;
    bool more = false;  // are due
};
// Queues what is due, so much as a short transaction takes. In the caller's Store::atomically().
[[nodiscard]] QueuedSummaries queue_due_summaries(Store& store, Policy const& policy, TimePoint now);

// Looks for them again and again on the io_context, and has the store's writer queue them.
class Summaries {
  public:
    using Clock = std::function<TimePoint()>;

    // Begins at once. `mail_queued` is called after a commit that put mail into the outbox; never once the object is
    // gone. The writer has to outlive it; the io_context may not run any more when it is destroyed.
    Summaries(boost::asio::io_context& io, StoreWriter& writer, std::shared_ptr<Policy const> policy, Clock clock,
              std::function<void()> mail_queued);
    ~Summaries();
    Summaries(Summaries const&) = delete;
    Summaries& operator=(Summaries const&) = delete;

    void set_policy(std::shared_ptr<Policy const> policy);  // on reload

  private:
    struct Work;
    void wait();
    static void queue_due(std::shared_ptr<Work> const& work);

    std::shared_ptr<Work> work_;
    boost::asio::steady_timer timer_;
};

}  // namespace postern
