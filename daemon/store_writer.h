// StoreWriter: the one thread that owns the daemon's Store. Jobs run in the order they were posted, as many to a
// transaction as have gathered, each under a savepoint of its own; their `done` is called after the commit. Where the
// store fails, the log tells it once as trouble "store", and again when it takes something in: the writer tries by
// itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/log.h"
#include "store/store.h"

namespace postern {

// What shows from outside that the writer's thread goes round: called on it, between jobs, about each `every`. A job
// that hangs, hangs it, too.
struct Heartbeat {
    std::chrono::milliseconds every{};  // zero: never
    std::function<void()> beat = {};    // must not block or throw
};

class StoreWriter {
  public:
    using Work = std::function<void(Store&)>;
    // Null: the work is committed and durable. Else: undone, whatever it did; a StoreError or what the work threw.
    // Called once, on the writer's thread; must not block or throw.
    using Done = std::function<void(std::exception_ptr failure)>;

    // How soon a store that failed is tried again, and found to be well.
    static constexpr std::chrono::seconds probe_after{1};
    // More jobs than this in one transaction gain nothing: the sync is shared by then.
    static constexpr std::size_t jobs_per_commit = 64;

    StoreWriter(std::unique_ptr<Store> store, Log& log, Heartbeat heartbeat = {});
    // Runs what was posted, then ends.
    ~StoreWriter();
    StoreWriter(StoreWriter const&) = delete;
    StoreWriter& operator=(StoreWriter const&) = delete;

    void post(Work work, Done done);
    // For threads that may wait: posts, waits for the commit, throws what went wrong.
    void run(Work work);

  private:
    struct Job {
        Work work;
        Done done;
    };
    void loop();
    // None: it is time to end, or to probe.
    [[nodiscard]] std::vector<Job> next_jobs();
    void commit(std::vector<Job>& jobs);
    void tell_failure(std::exception_ptr const& failure);
    void probe();
    void beat_if_due();
    [[nodiscard]] std::optional<std::chrono::milliseconds> longest_wait() const;

    std::unique_ptr<Store> store_;
    Log& log_;
    Heartbeat const heartbeat_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Job> waiting_;
    bool ending_ = false;
    // The thread's own.
    bool ails_ = false;
    std::chrono::steady_clock::time_point failed_at_, last_beat_;
    std::thread thread_;
};

}  // namespace postern
