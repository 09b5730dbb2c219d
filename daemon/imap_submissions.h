// ImapSubmissions: the mails of one folder that are with the desk, and the desk's answers to them. Belongs to the
// poller's thread; the desk answers from its own.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/intake_desk.h"
#include "daemon/wake_event.h"

namespace postern {

class ImapSubmissions {
  public:
    using Clock = std::chrono::steady_clock;
    // With the desk at once: enough for a few commits' worth while the next batch is fetched.
    static constexpr std::size_t most_in_work = 256;

    struct Place {
        std::uint32_t uid_validity = 0, uid = 0;
        friend auto operator<=>(Place const&, Place const&) = default;
    };
    struct Answer {
        Place of;
        Receipt receipt;
    };

    explicit ImapSubmissions(IntakeDesk& desk);

    void submit(RawMessage message);  // its imap place is set
    [[nodiscard]] std::size_t in_work() const;
    // Answers that have come since the last call; waits for the first one until then, or until `stop` is raised.
    [[nodiscard]] std::vector<Answer> take_answers(Clock::time_point until, WakeEvent const* stop);

  private:
    struct Shared;  // outlives us where the desk answers late
    IntakeDesk& desk_;
    std::shared_ptr<Shared> shared_;
};

}  // namespace postern
