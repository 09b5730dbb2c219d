#include "daemon/store_writer.h"

#include <algorithm>
#include <future>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

StoreWriter::StoreWriter(std::unique_ptr<Store> store, Log& log, Heartbeat heartbeat)
    : store_(std::move(store)), log_(log), heartbeat_(std::move(heartbeat)) {
    thread_ = std::thread([this] { loop(); });
}

StoreWriter::~StoreWriter() {
    {
        std::lock_guard const lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void StoreWriter::post(Work work, Done done) {
    {
        std::lock_guard const lock(mutex_);
        waiting_.push_back({std::move(work), std::move(done)});
    }
    wake_.notify_one();
}

void StoreWriter::run(Work work) {
    std::promise<void> promise;
    auto committed = promise.get_future();
    post(std::move(work), [&promise](std::exception_ptr const& failure) {
        if (failure) {
            promise.set_exception(failure);
        } else {
            promise.set_value();
        }
    });
    committed.get();
}

void StoreWriter::loop() {
    for (;;) {
        beat_if_due();
        auto jobs = next_jobs();
        if (!jobs.empty()) {
            commit(jobs);
        } else if (std::lock_guard const lock(mutex_); ending_) {
            return;
        }
        if (ails_ && std::chrono::steady_clock::now() - failed_at_ >= probe_after) probe();
    }
}

void StoreWriter::beat_if_due() {
    auto const now = std::chrono::steady_clock::now();
    if (heartbeat_.every.count() == 0 || now - last_beat_ < heartbeat_.every) return;
    last_beat_ = now;
    heartbeat_.beat();
}

// Nullopt: until there is a job.
std::optional<std::chrono::milliseconds> StoreWriter::longest_wait() const {
    bool const beats = heartbeat_.every.count() > 0;
    if (ails_) return beats ? std::min<std::chrono::milliseconds>(probe_after, heartbeat_.every) : probe_after;
    return beats ? std::optional(heartbeat_.every) : std::nullopt;
}

std::vector<StoreWriter::Job> StoreWriter::next_jobs() {
    std::vector<Job> jobs;
    std::unique_lock lock(mutex_);
    auto const is_wanted = [this] { return ending_ || !waiting_.empty(); };
    if (auto const longest = longest_wait()) {
        wake_.wait_for(lock, *longest, is_wanted);
    } else {
        wake_.wait(lock, is_wanted);
    }
    if (waiting_.size() <= jobs_per_commit) {
        jobs.swap(waiting_);
        return jobs;
    }
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(jobs_per_commit);
    jobs.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return jobs;
}

// What is no StoreError is one job's own fault.
void StoreWriter::tell_failure(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (StoreError const& error) {
        ails_ = true;
        failed_at_ = std::chrono::steady_clock::now();
        log_.begins("store", to_string(error.kind()), error.what());
    } catch (std::exception const& error) {
        log_.error("store-job-failed", {{"error", error.what()}});
    }
}

// A job that only reads proves nothing of a full disk.
void StoreWriter::probe() {
    try {
        store_->atomically([this] { store_->prove_writable(); });
        ails_ = false;
        log_.is_over("store");
    } catch (std::exception const&) {
        tell_failure(std::current_exception());
    }
}

// One bad job undoes itself alone; where the transaction itself fails, every job of it does.
void StoreWriter::commit(std::vector<Job>& jobs) {
    std::vector<std::exception_ptr> failures(jobs.size());
    try {
        store_->atomically([&] {
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                try {
                    store_->atomically([&] { jobs[i].work(*store_); });
                } catch (...) {
                    failures[i] = std::current_exception();
                }
            }
            fault_point("writer.before-commit");
        });
        fault_point("writer.committed");
    } catch (std::exception const&) {
        // The first failure is the cause: where it undid the whole transaction, what follows only says that it is gone.
        auto const first = std::ranges::find_if(failures, [](auto const& each) { return each != nullptr; });
        auto const cause = first == failures.end() ? std::current_exception() : *first;
        for (auto& each : failures) each = cause;
    }
    auto const failed = std::ranges::find_if(failures, [](auto const& each) { return each != nullptr; });
    if (failed != failures.end()) tell_failure(*failed);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].done) jobs[i].done(failures[i]);
    }
}

}  // namespace postern
