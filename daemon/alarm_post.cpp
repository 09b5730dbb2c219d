#include "daemon/alarm_post.h"

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace postern {

AlarmPost::AlarmPost(StoreWriter& writer, Alarms alarms) : writer_(writer), alarms_(std::move(alarms)) {}

void AlarmPost::set(Alarms alarms) {
    std::lock_guard const lock(mutex_);
    alarms_ = std::move(alarms);
}

void AlarmPost::raise(std::string const& cause, std::string const& text) {
    auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    std::optional<Alarms::Mail> alarm;
    {
        std::lock_guard const lock(mutex_);
        alarm = alarms_.about(cause, text, now);
    }
    if (!alarm) return;
    writer_.post([alarm, now](Store& store) { queue_alarm(store, *alarm, now); }, [](std::exception_ptr const&) {});
}

}  // namespace postern
