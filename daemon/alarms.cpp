#include "daemon/alarms.h"

#include <chrono>
#include <cstdint>

#include "parsers/digest.h"

namespace postern {

namespace {

// As much of a digest as tells causes apart in a Message-ID.
constexpr std::size_t digest_digits = 16;

}  // namespace

Alarms::Alarms(Options const& options) : route_(operator_route(options)) {}

std::optional<Alarms::Mail> Alarms::about(std::string_view cause, std::string const& text, TimePoint now) const {
    if (!route_) return std::nullopt;
    auto const digest = sha256_hex(cause).substr(0, digest_digits);
    auto const hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
    // One cause has one Message-ID in an hour of the clock: so the store knows it, after a restart too.
    auto const message_id = [&](std::int64_t of_hour) {
        return "<" + digest + "." + std::to_string(of_hour) + ".alarm@" + route_->hostname + ">";
    };
    return Mail{operator_mail(*route_, {OutgoingKind::alarm, message_id(hour), std::string(cause), text, {}}, now),
                message_id(hour - 1)};
}

void queue_alarm(Store& store, Alarms::Mail const& alarm, TimePoint now) {
    store.queue_alarm(alarm.mail, alarm.of_hour_before, now);
}

}  // namespace postern
