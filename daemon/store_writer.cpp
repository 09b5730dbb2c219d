#include "daemon/store_writer.h"

#include <algorithm>
#include <future>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

namespace {

std::string what(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& error) {
        return error.what();
    } catch (...) {
        return "unknown";
    }
}

}  // namespace

StoreWriter::StoreWriter(std::unique_ptr<Store> store, Log& log) : store_(std::move(store)), log_(log) {
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
        std::vector<Job> jobs;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            if (waiting_.size() <= jobs_per_commit) {
                jobs.swap(waiting_);
            } else {
                auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(jobs_per_commit);
                jobs.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
                waiting_.erase(waiting_.begin(), end);
            }
        }
        commit(jobs);
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
    } catch (std::exception const& failure) {
        // The first failure is the cause: where it undid the whole transaction, what follows only says that it is gone.
        auto const first = std::ranges::find_if(failures, [](auto const& each) { return each != nullptr; });
        auto const cause = first == failures.end() ? std::current_exception() : *first;
        log_.error("store-commit-failed",
                   {{"jobs", std::to_string(jobs.size())}, {"error", failure.what()}, {"cause", what(cause)}});
        for (auto& each : failures) each = cause;
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].done) jobs[i].done(failures[i]);
    }
}

}  // namespace postern
