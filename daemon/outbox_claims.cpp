#include "daemon/outbox_claims.h"

#include <mutex>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

namespace {

using std::chrono::steady_clock;

// Longer than the slowest relay may take for a mail (relay_smtp.cpp) and the one before it.
constexpr auto claim_length = std::chrono::minutes{60};
// What was sent and is not yet settled goes out again after a crash: it is settled at least this often.
constexpr std::size_t settle_mails = 16;
constexpr auto settle_after = std::chrono::milliseconds{50};

struct Settlement {
    OutboxId id;
    std::optional<SendOutcome> outcome;
    std::optional<Alarms::Mail> alarm;
};
using Settlements = std::vector<Settlement>;

void settle_all(Store& store, Settlements const& settlements) {
    for (auto const& [id, outcome, alarm] : settlements) {
        if (outcome) {
            store.settle(id, *outcome);
            if (alarm) queue_alarm(store, *alarm, outcome->at);
        } else {
            store.release_claim(id);
        }
    }
    if (!settlements.empty()) fault_point("sending.settling");
}

}  // namespace

struct OutboxClaims::Unsettled {
    std::mutex mutex;
    Settlements settlements;
    steady_clock::time_point since;

    std::shared_ptr<Settlements const> take() {
        std::lock_guard const lock(mutex);
        return std::make_shared<Settlements const>(std::exchange(settlements, {}));
    }
    void give_back(Settlements const& taken) {
        std::lock_guard const lock(mutex);
        settlements.insert(settlements.begin(), taken.begin(), taken.end());
    }
};

OutboxClaims::OutboxClaims(StoreWriter& writer, std::function<void()> arrived)
    : writer_(writer), arrived_(std::move(arrived)), unsettled_(std::make_shared<Unsettled>()) {}

void OutboxClaims::begin(std::size_t max) {
    struct Job {
        Claimed claimed;
        std::promise<Claimed> promise;
    };
    auto const job = std::make_shared<Job>();
    claim_ = job->promise.get_future();
    auto const settlements = unsettled_->take();
    writer_.post(
        [=](Store& store) {
            settle_all(store, *settlements);
            // Read here: the job may have waited for others.
            auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            job->claimed.ends = steady_clock::now() + claim_length;
            job->claimed.mails = store.claim_due(now, now + claim_length, max);
            if (job->claimed.mails.empty()) job->claimed.next_due = store.next_due();
        },
        [=, unsettled = unsettled_, arrived = arrived_](std::exception_ptr const& failure) {
            if (!failure && !settlements->empty()) fault_point("sending.settled");
            if (failure) {
                unsettled->give_back(*settlements);
                job->promise.set_exception(failure);
            } else {
                job->promise.set_value(std::move(job->claimed));
            }
            arrived();
        });
}

bool OutboxClaims::has_arrived() const {
    return claim_.valid() && claim_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

OutboxClaims::Claimed OutboxClaims::finish() {
    return claim_.get();
}

void OutboxClaims::settle(OutboxId id, std::optional<SendOutcome> outcome, std::optional<Alarms::Mail> alarm) {
    std::lock_guard const lock(unsettled_->mutex);
    if (unsettled_->settlements.empty()) unsettled_->since = steady_clock::now();
    unsettled_->settlements.push_back({id, std::move(outcome), std::move(alarm)});
}

steady_clock::time_point OutboxClaims::settle_if_due() {
    {
        std::lock_guard const lock(unsettled_->mutex);
        auto const gathered = unsettled_->settlements.size();
        if (gathered == 0) return steady_clock::time_point::max();
        auto const due = unsettled_->since + settle_after;
        if (gathered < settle_mails && steady_clock::now() < due) return due;
    }
    auto const settlements = unsettled_->take();
    writer_.post([=](Store& store) { settle_all(store, *settlements); },
                 [settlements, unsettled = unsettled_](std::exception_ptr const& failure) {
                     if (failure) return unsettled->give_back(*settlements);
                     fault_point("sending.settled");
                 });
    return steady_clock::time_point::max();
}

void OutboxClaims::flush() {
    // The writer keeps the order of its jobs: after an empty one nothing of ours is under way that could come back.
    writer_.run([](Store&) {});
    auto const settlements = unsettled_->take();
    if (settlements->empty()) return;
    try {
        writer_.run([&](Store& store) { settle_all(store, *settlements); });
    } catch (...) {
        unsettled_->give_back(*settlements);
        throw;
    }
}

std::optional<std::int64_t> OutboxClaims::data_version() try {
    flush();
    std::int64_t version = 0;
    writer_.run([&](Store& store) { version = store.data_version(); });
    return version;
} catch (std::exception const&) {
    return std::nullopt;
}

}  // namespace postern
