// What was done about a held mail whose sender an organisation's point of contact may let in, for people and for tools.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/cli/context.h"
#include "store/question.h"

namespace postern {

// A sentence's worth, without its full stop: "lnd@northwind.example was asked on …, and can answer until …".
[[nodiscard]] std::string petition_in_words(Petition const& petition, TimePoint now);
// In few words, for a column: "lnd@northwind.example was asked".
[[nodiscard]] std::string petition_in_short(Petition const& petition, TimePoint now);
// Null: nobody is to be asked.
[[nodiscard]] Json petition_json(std::optional<Petition> const& petition);

}  // namespace postern
