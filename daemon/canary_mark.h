// CanaryMark: the Message-IDs of canaries, the mails by which `check --online --canary` proves that mail goes round.
// This site alone can make one, so whoever takes a mail in knows a canary again, whatever else it says and whatever way
// it came, and opens no ticket for it. Pure but for making one; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/site_secret.h"
#include "parsers/time_point.h"

namespace postern {

class CanaryMark {
  public:
    explicit CanaryMark(SiteSecret const& secret);

    // "<canary.06h00xgnrm0m6tp1.9f0c…@support.acme.example>": a fresh id, and its seal.
    [[nodiscard]] std::string new_message_id(TimePoint now, std::string_view hostname) const;
    // Made by new_message_id of this site, under whatever hostname. `message_id`: with or without its brackets.
    [[nodiscard]] bool made(std::string_view message_id) const;

  private:
    SealingKey key_;
};

}  // namespace postern
