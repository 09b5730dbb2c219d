#include "daemon/outbox_sender.h"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/relay.h"
#include "daemon/retry_schedule.h"

namespace postern {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::steady_clock;

// As many as one commit of the writer can settle without holding up the mail that comes in meanwhile.
constexpr std::size_t claim_mails = 64;
// Longer than the slowest relay may take for one mail (relay_smtp.cpp), so that no claim ends while its mail is sent.
constexpr auto claim_length = std::chrono::minutes{60};
constexpr auto longest_send = std::chrono::minutes{20};
// What was sent and is not yet settled goes out again after a crash: it is settled at least this often.
constexpr std::size_t settle_mails = 16;
constexpr auto settle_after = std::chrono::milliseconds{50};
// How soon an operator's `outbox retry`, in a process of its own, is noticed.
constexpr auto look_again = std::chrono::seconds{1};
// A connection that nobody uses for so long is given back; servers begin to close theirs after ten.
constexpr auto rest_after = std::chrono::seconds{5};
// What a mail that is being sent still gets when the daemon stops: the session before it may take 6 of 10 seconds.
constexpr auto stop_grace = std::chrono::seconds{3};
// One mail that breaks the connection may be to blame; after so many in a row it is the relay.
constexpr unsigned broken_in_a_row = 2;

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// What became of one claimed mail.
struct Settlement {
    OutboxId id;
    std::optional<SendOutcome> outcome;  // none: it was not tried
};
using Settlements = std::vector<Settlement>;

void settle_all(Store& store, Settlements const& settlements) {
    for (auto const& [id, outcome] : settlements) {
        if (outcome) {
            store.settle(id, *outcome);
        } else {
            store.release_claim(id);
        }
    }
}

}  // namespace

class OutboxSender::State {
  public:
    State(RelayOptions options, std::string const& helo, StoreWriter& writer, Log& log)
        : options_(std::move(options)), writer_(writer), log_(log) {
        relay_ = make_relay(options_, helo, [this] { return must_stop(); });
        thread_ = std::thread([this] { run(); });
    }
    ~State() {
        request_stop();
        thread_.join();
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    void request_stop() {
        {
            std::lock_guard const lock(mutex_);
            if (stopping_) return;
            stop_at_ = steady_clock::now() + stop_grace;
            stopping_ = true;
        }
        changed_.notify_all();
    }

    void wake() {
        {
            std::lock_guard const lock(mutex_);
            woken_ = true;
        }
        changed_.notify_all();
    }

  private:
    bool must_stop() const { return stopping_ && steady_clock::now() >= stop_at_; }

    void run() {
        // Signals are the main thread's; a connection that breaks is an error of that write.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!stopping_) {
            if (relay_failures_ > 0) wait_for_relay();
            if (stopping_) break;
            try {
                auto const mails = claim();
                if (mails.empty()) {
                    wait_for_work();
                } else {
                    send_all(mails);
                }
            } catch (std::exception const& failure) {
                // The store cannot do it now; what is to be settled is kept.
                log_.error("outbox-waits", {{"error", failure.what()}});
                wait_until(steady_clock::now() + look_again, WakeUp::stop);
            }
        }
        leave();
    }

    // Of what is claimed and settled here nothing is in flight at the writer any more.
    std::vector<OutboxMail> claim() {
        std::vector<OutboxMail> mails;
        auto const settlements = take_settlements();
        // A relay that did not answer is tried with one mail.
        auto const max = relay_failures_ > 0 ? 1 : claim_mails;
        try {
            writer_.run([&](Store& store) {
                settle_all(store, settlements);
                auto const now = clock_now();
                mails = store.claim_due(now, now + claim_length, max);
                next_due_ = mails.empty() ? store.next_due() : std::nullopt;
            });
        } catch (...) {
            give_back(settlements);
            throw;
        }
        claim_ends_ = steady_clock::now() + claim_length;
        return mails;
    }

    void send_all(std::vector<OutboxMail> const& mails) {
        bool go_on = true;
        for (auto const& mail : mails) {
            go_on = go_on && !stopping_ && claim_ends_ - steady_clock::now() > longest_send;
            if (go_on) {
                go_on = send(mail);
            } else {
                add({mail.id, std::nullopt});
            }
            settle_if_due();
        }
        last_sent_ = steady_clock::now();
    }

    // False: no other mail would fare better now.
    bool send(OutboxMail const& mail) {
        using Kind = RelayResult::Kind;
        auto const result = try_send(mail);
        broken_ = result.kind == Kind::broke_off ? broken_ + 1 : 0;
        bool const is_down = result.kind == Kind::relay_down || broken_ >= broken_in_a_row;
        if (result.kind == Kind::interrupted) {
            add({mail.id, std::nullopt});
            return false;
        }
        settle(mail, result);
        if (is_down) {
            relay_failed(result.detail);
        } else if (relay_failures_ > 0 && result.kind != Kind::broke_off) {
            relay_failures_ = 0;
            log_.info("relay-is-back", {{"relay", options_.url}});
        }
        return !is_down;
    }

    RelayResult try_send(OutboxMail const& mail) {
        try {
            return relay_->send(mail);
        } catch (std::exception const& failure) {
            return {RelayResult::Kind::relay_down, failure.what()};
        }
    }

    void settle(OutboxMail const& mail, RelayResult const& result) {
        SendOutcome outcome{SendOutcome::Result::sent, result.detail, clock_now(), {}};
        if (result.kind == RelayResult::Kind::refused) {
            outcome.result = SendOutcome::Result::failed;
        } else if (result.kind != RelayResult::Kind::sent) {
            outcome.result = SendOutcome::Result::try_again;
            outcome.next_attempt = outcome.at + mail_retry.delay(mail.attempts + 1, chance_(random_));
            if (outcome.at - mail.created >= options_.give_up_after) {
                outcome.result = SendOutcome::Result::failed;
                outcome.detail = "given up: " + outcome.detail;
            }
        }
        say(mail, outcome);
        add({mail.id, std::move(outcome)});
    }

    void say(OutboxMail const& mail, SendOutcome const& outcome) {
        std::initializer_list<Log::Field> const fields{{"id", mail.caused_by.text},
                                                       {"outbox", std::to_string(mail.id.value)},
                                                       {"kind", std::string(to_string(mail.kind))},
                                                       {"to", mail.recipient},
                                                       {"message_id", mail.message_id},
                                                       {"attempt", std::to_string(mail.attempts + 1)},
                                                       {"relay", outcome.detail}};
        switch (outcome.result) {
            case SendOutcome::Result::sent:
                return log_.info("sent", fields);
            case SendOutcome::Result::try_again:
                return log_.warn("send-again-later", fields);
            case SendOutcome::Result::failed:
                return log_.error("send-failed", fields);
        }
    }

    // All mail waits, not each for itself: a relay that is down is asked once.
    void relay_failed(std::string const& why) {
        ++relay_failures_;
        broken_ = 0;
        auto const wait = relay_retry.delay(relay_failures_, chance_(random_));
        relay_retry_at_ = steady_clock::now() + wait;
        log_.warn("relay-down",
                  {{"relay", options_.url}, {"error", why}, {"next_try_ms", std::to_string(wait.count())}});
    }

    // Until the relay is due, or somebody else worked on the store: that may be an operator who mended it.
    void wait_for_relay() {
        auto seen = data_version();
        while (!stopping_ && steady_clock::now() < relay_retry_at_) {
            wait_until(std::min(relay_retry_at_, steady_clock::now() + look_again), WakeUp::stop);
            auto const now = stopping_ ? seen : data_version();
            if (now != seen) return;
        }
    }

    std::int64_t data_version() {
        std::int64_t version = 0;
        auto const settlements = take_settlements();
        try {
            writer_.run([&](Store& store) {
                settle_all(store, settlements);
                version = store.data_version();
            });
        } catch (std::exception const&) {
            give_back(settlements);
        }
        return version;
    }

    void wait_for_work() {
        if (steady_clock::now() - last_sent_ >= rest_after) relay_->rest();
        auto until = steady_clock::now() + look_again;
        if (next_due_)
            until = std::min(until, steady_clock::now() + std::max(*next_due_ - clock_now(), TimePoint::duration{1}));
        wait_until(until, WakeUp::work);
    }

    enum class WakeUp { work, stop };
    void wait_until(SteadyTime until, WakeUp by) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, until, [&] { return stopping_ || (by == WakeUp::work && woken_); });
        if (by == WakeUp::work) woken_ = false;
    }

    // What is sent and not yet known to the store.
    void add(Settlement settlement) {
        std::lock_guard const lock(mutex_);
        if (unsettled_.empty()) unsettled_since_ = steady_clock::now();
        unsettled_.push_back(std::move(settlement));
    }
    Settlements take_settlements() {
        std::lock_guard const lock(mutex_);
        return std::exchange(unsettled_, {});
    }
    void give_back(Settlements const& settlements) {
        std::lock_guard const lock(mutex_);
        unsettled_.insert(unsettled_.begin(), settlements.begin(), settlements.end());
    }

    // Without waiting for the commit: the next mail is on its way meanwhile. The writer keeps the order of its jobs.
    void settle_if_due() {
        {
            std::lock_guard const lock(mutex_);
            if (unsettled_.empty()) return;
            if (unsettled_.size() < settle_mails && steady_clock::now() - unsettled_since_ < settle_after) return;
        }
        auto const settlements = std::make_shared<Settlements const>(take_settlements());
        writer_.post([settlements](Store& store) { settle_all(store, *settlements); },
                     [this, settlements](std::exception_ptr const& failure) {
                         if (failure) give_back(*settlements);
                     });
    }

    // The writer's jobs run in their order: when this one is done, none of ours is left that would call us.
    void leave() {
        try {
            writer_.run([](Store&) {});
            auto const settlements = take_settlements();
            if (!settlements.empty()) writer_.run([&](Store& store) { settle_all(store, settlements); });
        } catch (std::exception const& failure) {
            // They stay claimed until the next start, and go out again with the Message-ID they have.
            log_.error("outbox-not-settled", {{"error", failure.what()}});
        }
        relay_.reset();
    }

    RelayOptions options_;
    StoreWriter& writer_;
    Log& log_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    std::atomic<bool> stopping_ = false;
    SteadyTime stop_at_;     // written before stopping_
    Settlements unsettled_;  // with mutex_: the writer's thread gives back what it could not do
    SteadyTime unsettled_since_;

    // The thread's own.
    std::unique_ptr<Relay> relay_;
    SteadyTime claim_ends_, last_sent_ = steady_clock::now();
    std::optional<TimePoint> next_due_;
    unsigned relay_failures_ = 0, broken_ = 0;
    SteadyTime relay_retry_at_;
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> chance_{0.0, 1.0};
    std::thread thread_;
};

OutboxSender::OutboxSender(RelayOptions options, std::string helo, StoreWriter& writer, Log& log)
    : state_(std::make_unique<State>(std::move(options), helo, writer, log)) {}

OutboxSender::~OutboxSender() = default;

void OutboxSender::request_stop() {
    state_->request_stop();
}

void OutboxSender::wake() {
    state_->wake();
}

}  // namespace postern
