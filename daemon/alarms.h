// Alarms: mail to [site] postmaster about what only an operator can mend, at most one an hour for the same cause. Pure;
// a value, of one configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/operator_mail.h"
#include "parsers/time_point.h"
#include "store/outbox.h"
#include "store/store.h"

namespace postern {

class Alarms {
  public:
    Alarms() = default;  // nobody is told
    explicit Alarms(Options const& options);

    struct Mail {
        OutgoingMail mail;
        std::string of_hour_before;  // the Message-ID that the same cause had then
    };
    // cause: what makes two alarms the same, and their subject; text: what happened, in lines for people. None where no
    // postmaster is named.
    [[nodiscard]] std::optional<Mail> about(std::string_view cause, std::string const& text, TimePoint now) const;

    friend bool operator==(Alarms const&, Alarms const&) = default;

  private:
    std::optional<OperatorRoute> route_;
};

// For the writer's thread.
void queue_alarm(Store& store, Alarms::Mail const& alarm, TimePoint now);

}  // namespace postern
