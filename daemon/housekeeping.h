// Housekeeping: what has to be forgotten in time, whether mail comes or not. At the start and every hour the store's
// writer forgets what has expired, a little in each of its transactions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "daemon/store_writer.h"
#include "parsers/time_point.h"

namespace postern {

class Housekeeping {
  public:
    using Clock = std::function<TimePoint()>;

    // Begins at once. The writer has to outlive it; the io_context may not run any more when it is destroyed.
    Housekeeping(boost::asio::io_context& io, StoreWriter& writer, Clock clock);
    ~Housekeeping();
    Housekeeping(Housekeeping const&) = delete;
    Housekeeping& operator=(Housekeeping const&) = delete;

  private:
    struct Work;
    void wait();
    static void forget_expired(std::shared_ptr<Work> const& work);

    std::shared_ptr<Work> work_;
    boost::asio::steady_timer timer_;
};

}  // namespace postern
