#include "daemon/relay_connection.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace postern {

namespace {

// Nobody used it for so long: servers begin to close theirs after ten seconds.
constexpr auto rest_after = std::chrono::seconds{5};

}  // namespace

class RelayConnection::State {
  public:
    State(std::unique_ptr<Relay> relay, Done done)
        : relay_(std::move(relay)), done_(std::move(done)), thread_([this] { run(); }) {}
    ~State() {
        {
            std::lock_guard const lock(mutex_);
            ending_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    void send(OutboxMail mail) {
        {
            std::lock_guard const lock(mutex_);
            next_ = std::move(mail);
        }
        changed_.notify_one();
    }

  private:
    void run() {
        // Signals are the main thread's; a connection that breaks is an error of that write.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (auto const mail = wait_for_mail()) done_(*mail, try_send(*mail));
        relay_.reset();
    }

    // nullopt: it is over.
    std::optional<OutboxMail> wait_for_mail() {
        std::unique_lock lock(mutex_);
        auto const called = [this] { return ending_ || next_; };
        if (!changed_.wait_for(lock, rest_after, called)) {
            lock.unlock();
            relay_->rest();
            lock.lock();
            changed_.wait(lock, called);
        }
        return ending_ ? std::nullopt : std::exchange(next_, std::nullopt);
    }

    RelayResult try_send(OutboxMail const& mail) {
        try {
            return relay_->send(mail);
        } catch (std::exception const& failure) {
            return {RelayResult::Kind::relay_down, failure.what()};
        }
    }

    std::unique_ptr<Relay> relay_;
    Done const done_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<OutboxMail> next_;  // with mutex_
    bool ending_ = false;             // with mutex_
    std::thread thread_;
};

RelayConnection::RelayConnection(std::unique_ptr<Relay> relay, Done done)
    : state_(std::make_unique<State>(std::move(relay), std::move(done))) {}

RelayConnection::~RelayConnection() = default;

void RelayConnection::send(OutboxMail mail) {
    state_->send(std::move(mail));
}

}  // namespace postern
