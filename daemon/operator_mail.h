// Mail of Postern itself to who runs it, [site] postmaster: alarms, and what was written to the postmaster. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/options.h"
#include "parsers/time_point.h"
#include "store/outbox.h"

namespace postern {

// From whom to whom, of one configuration.
struct OperatorRoute {
    Mailbox postmaster;
    std::optional<Mailbox> reverse_path;
    std::string hostname, site_name;
    friend bool operator==(OperatorRoute const&, OperatorRoute const&) = default;
};

// None where no postmaster is named.
[[nodiscard]] std::optional<OperatorRoute> operator_route(Options const& options);

struct OperatorNote {
    OutgoingKind kind = OutgoingKind::alarm;
    std::string message_id;  // with its brackets
    std::string subject;     // without the site's name
    std::string text;        // in lines for people
    std::string enclosed;    // as OutgoingParts has it
};

[[nodiscard]] OutgoingMail operator_mail(OperatorRoute const& route, OperatorNote note, TimePoint now);

}  // namespace postern
