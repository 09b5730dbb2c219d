#include "daemon/housekeeping.h"

#include <atomic>
#include <chrono>
#include <utility>

namespace postern {

namespace {

// What expires is kept for a day or for 30: an hour more is nothing.
constexpr std::chrono::hours pause{1};

}  // namespace

// Outlives the object while the writer still has a job of it.
struct Housekeeping::Work {
    StoreWriter& writer;
    Clock clock;
    std::atomic<bool> ending = false;
    Work(StoreWriter& the_writer, Clock the_clock) : writer(the_writer), clock(std::move(the_clock)) {}
};

Housekeeping::Housekeeping(boost::asio::io_context& io, StoreWriter& writer, Clock clock)
    : work_(std::make_shared<Work>(writer, std::move(clock))), timer_(io) {
    forget_expired(work_);
    wait();
}

Housekeeping::~Housekeeping() {
    work_->ending = true;
}

void Housekeeping::wait() {
    timer_.expires_after(pause);
    timer_.async_wait([this](boost::system::error_code const& error) {
        if (error) return;
        forget_expired(work_);
        wait();
    });
}

// One transaction after the other, so that mail comes in between. What fails is logged by the writer and tried again
// in an hour.
void Housekeeping::forget_expired(std::shared_ptr<Work> const& work) {
    auto const more = std::make_shared<bool>(false);
    work->writer.post([work, more](Store& store) { *more = store.forget_expired(work->clock()); },
                      [work, more](std::exception_ptr const& failure) {
                          if (!failure && *more && !work->ending) forget_expired(work);
                      });
}

}  // namespace postern
