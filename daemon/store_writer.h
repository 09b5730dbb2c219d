// StoreWriter: the one thread that owns the daemon's Store. Jobs run in the order they were posted, as many to a
// transaction as have gathered, each under a savepoint of its own; their `done` is called after the commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/log.h"
#include "store/store.h"

namespace postern {

class StoreWriter {
  public:
    using Work = std::function<void(Store&)>;
    // Null: the work is committed and durable. Else: undone, whatever it did; a StoreError or what the work threw.
    // Called once, on the writer's thread; must not block or throw.
    using Done = std::function<void(std::exception_ptr failure)>;

    // More jobs than this in one transaction gain nothing: the sync is shared by then.
    static constexpr std::size_t jobs_per_commit = 64;

    StoreWriter(std::unique_ptr<Store> store, Log& log);
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
    void commit(std::vector<Job>& jobs);

    std::unique_ptr<Store> store_;
    Log& log_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Job> waiting_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace postern
