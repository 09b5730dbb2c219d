// OutboxClaims: the sender's side of the store. Claims what is due, one claim ahead of what is being sent, and settles
// in batches what became of it, without making the sender wait for a commit. What the store could not settle is kept
// and settled with the next job. One thread's; talks to the writer's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/alarms.h"
#include "daemon/store_writer.h"
#include "store/outbox.h"

namespace postern {

class OutboxClaims {
  public:
    struct Claimed {
        std::vector<OutboxMail> mails;
        std::optional<TimePoint> next_due;           // where there is no mail
        std::chrono::steady_clock::time_point ends;  // of the claim
    };

    // `arrived` is called on the writer's thread when finish() would wait no longer; it must not throw.
    OutboxClaims(StoreWriter& writer, std::function<void()> arrived);

    // Asks for up to so many mails; at most one claim at a time. finish() waits for it, and throws what the store
    // threw.
    void begin(std::size_t max);
    [[nodiscard]] bool has_begun() const noexcept { return claim_.valid(); }
    [[nodiscard]] bool has_arrived() const;
    [[nodiscard]] Claimed finish();

    // No outcome: the mail was not tried, and is due as before. An alarm is queued in the same transaction.
    void settle(OutboxId id, std::optional<SendOutcome> outcome, std::optional<Alarms::Mail> alarm = {});
    // Posts what has gathered, where it is enough or old enough. Returns when the rest will be.
    std::chrono::steady_clock::time_point settle_if_due();
    // Settles all; throws where the store can't.
    void flush();
    // Store::data_version; nullopt where the store can't tell now.
    [[nodiscard]] std::optional<std::int64_t> data_version();

  private:
    struct Unsettled;
    StoreWriter& writer_;
    std::function<void()> arrived_;
    std::shared_ptr<Unsettled> unsettled_;  // shared with the writer's thread, which gives back what it could not do
    std::future<Claimed> claim_;
};

}  // namespace postern
