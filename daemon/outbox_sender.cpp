#include "daemon/outbox_sender.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/fault_point.h"
#include "daemon/outbox_claims.h"
#include "daemon/relay.h"
#include "daemon/retry_schedule.h"

namespace postern {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::steady_clock;

// As many as one commit of the writer can settle without holding up the mail that comes in meanwhile.
constexpr std::size_t claim_mails = 64;
// A connection that nobody uses for so long is given back; servers begin to close theirs after ten.
constexpr auto rest_after = std::chrono::seconds{5};
// What a mail that is being sent still gets when the daemon stops: the session before it may take 6 of 10 seconds.
constexpr auto stop_grace = std::chrono::seconds{3};
// One mail that breaks the connection may be to blame; after so many in a row it is the relay.
constexpr unsigned broken_in_a_row = 2;
// In the log, and in `status` while it lasts.
constexpr std::string_view relay_trouble = "relay";

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

class OutboxSender::State {
  public:
    State(RelayOptions options, std::string const& helo, StoreWriter& writer, Log& log, Alarms alarms,
          OutboxTimes const& times)
        : options_(std::move(options)), times_(times), alarms_(std::move(alarms)), log_(log), claims_(writer) {
        relay_ = make_relay(
            options_, helo, [this] { return must_stop(); }, times_);
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
    // The slowest relay, over a kept connection and once more over a fresh one: a claim that ends sooner is not used
    // any more.
    OutboxTimes::Milliseconds longest_send() const { return 2 * times_.mail; }
    bool must_stop() const { return stopping_ && steady_clock::now() >= stop_at_; }

    void run() {
        // Signals are the main thread's; a connection that breaks is an error of that write.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!stopping_) {
            try {
                step();
            } catch (StoreError const&) {
                // The writer told of it. What is to be settled is kept.
                wait_until(steady_clock::now() + times_.look_again, WakeUp::stop);
            } catch (std::exception const& failure) {
                log_.error("outbox-waits", {{"error", failure.what()}});
                wait_until(steady_clock::now() + times_.look_again, WakeUp::stop);
            }
        }
        leave();
    }

    void step() {
        // A relay that did not answer is tried with one mail.
        bool const is_down = relay_failures_ > 0;
        if (is_down && !claims_.has_begun()) wait_for_relay();
        if (!claims_.has_begun()) claims_.begin(is_down ? 1 : claim_mails);
        auto const claimed = claims_.finish();
        if (claimed.mails.empty()) return wait_for_work(claimed.next_due);
        fault_point("sending.claimed");
        // More of them, it seems: claimed while these are sent.
        if (claimed.mails.size() == claim_mails) claims_.begin(claim_mails);
        send_all(claimed);
        if (relay_failures_ > 0 && claims_.has_begun()) release(claims_.finish());
    }

    void release(OutboxClaims::Claimed const& claimed) {
        for (auto const& mail : claimed.mails) claims_.settle(mail.id, std::nullopt);
    }

    void send_all(OutboxClaims::Claimed const& claimed) {
        bool go_on = true;
        for (auto const& mail : claimed.mails) {
            go_on = go_on && !stopping_ && claimed.ends - steady_clock::now() > longest_send();
            if (go_on) {
                go_on = send(mail);
            } else {
                claims_.settle(mail.id, std::nullopt);
            }
            claims_.settle_if_due();
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
            claims_.settle(mail.id, std::nullopt);
            return false;
        }
        settle(mail, result);
        if (is_down) {
            relay_failed(result.detail);
        } else if (relay_failures_ > 0 && result.kind != Kind::broke_off) {
            relay_failures_ = 0;
            log_.is_over(relay_trouble);
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
            outcome.next_attempt = outcome.at + times_.mail_again.delay(mail.attempts + 1, chance_(random_));
            if (outcome.at - mail.created >= options_.give_up_after) {
                outcome.result = SendOutcome::Result::failed;
                outcome.detail = "given up: " + outcome.detail;
            }
        }
        say(mail, outcome, result.kind);
        fault_point("sending.before-settle");
        auto alarm = alarm_about(mail, outcome);
        claims_.settle(mail.id, std::move(outcome), std::move(alarm));
    }

    // Of an alarm that can't be delivered nobody is told by mail.
    std::optional<Alarms::Mail> alarm_about(OutboxMail const& mail, SendOutcome const& outcome) const {
        if (outcome.result != SendOutcome::Result::failed || mail.kind == OutgoingKind::alarm) return std::nullopt;
        return alarms_.about("outgoing mail was given up",
                             "A mail could not be delivered and was given up.\n\nTo: " + mail.recipient +
                                 "\nKind: " + std::string(to_string(mail.kind)) + "\nTicket: " +
                                 (mail.ticket ? mail.ticket->text() : "none") + "\nThe relay: " + outcome.detail +
                                 "\n\n`postern outbox list` shows what was given up; `postern outbox retry " +
                                 std::to_string(mail.id.value) + "` tries this one again.\n",
                             outcome.at);
    }

    void say(OutboxMail const& mail, SendOutcome const& outcome, RelayResult::Kind kind) {
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
                // Told of once, by relay_failed(), and not with each mail that asks.
                if (kind == RelayResult::Kind::relay_down) return log_.debug("send-again-later", fields);
                return log_.warn("send-again-later", fields);
            case SendOutcome::Result::failed:
                return log_.error("send-failed", fields);
        }
    }

    // All mail waits, not each for itself: a relay that is down is asked once.
    void relay_failed(std::string const& why) {
        ++relay_failures_;
        broken_ = 0;
        auto const wait = times_.relay_again.delay(relay_failures_, chance_(random_));
        relay_retry_at_ = steady_clock::now() + wait;
        log_.begins(relay_trouble, why, options_.url + ": " + why);
        log_.debug("relay-again", {{"relay", options_.url}, {"in_ms", std::to_string(wait.count())}});
    }

    // Until the relay is due, or somebody else worked on the store: that may be an operator who mended it.
    void wait_for_relay() {
        auto const seen = claims_.data_version();
        while (!stopping_ && steady_clock::now() < relay_retry_at_) {
            wait_until(std::min(relay_retry_at_, steady_clock::now() + times_.look_again), WakeUp::stop);
            if (!stopping_ && claims_.data_version() != seen) return;
        }
    }

    void wait_for_work(std::optional<TimePoint> next_due) {
        if (steady_clock::now() - last_sent_ >= rest_after) relay_->rest();
        auto wait = std::chrono::duration_cast<TimePoint::duration>(times_.look_again);
        if (next_due) wait = std::clamp(*next_due - clock_now(), TimePoint::duration{1}, wait);
        wait_until(steady_clock::now() + wait, WakeUp::work);
    }

    enum class WakeUp { work, stop };
    void wait_until(SteadyTime until, WakeUp by) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, until, [&] { return stopping_ || (by == WakeUp::work && woken_); });
        if (by == WakeUp::work) woken_ = false;
    }

    void leave() {
        try {
            if (claims_.has_begun()) release(claims_.finish());
            claims_.flush();
        } catch (std::exception const& failure) {
            // They stay claimed until the next start, and go out again with the Message-ID they have.
            log_.error("outbox-not-settled", {{"error", failure.what()}});
        }
        relay_.reset();
        log_.is_over(relay_trouble);  // the next one, of another configuration, begins anew
    }

    RelayOptions options_;
    OutboxTimes const times_;
    Alarms const alarms_;
    Log& log_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;  // with mutex_
    std::atomic<bool> stopping_ = false;
    SteadyTime stop_at_;  // written before stopping_

    // The thread's own.
    OutboxClaims claims_;
    std::unique_ptr<Relay> relay_;
    SteadyTime last_sent_ = steady_clock::now();
    unsigned relay_failures_ = 0, broken_ = 0;
    SteadyTime relay_retry_at_;
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> chance_{0.0, 1.0};
    std::thread thread_;
};

OutboxSender::OutboxSender(RelayOptions options, std::string helo, StoreWriter& writer, Log& log, Alarms alarms,
                           OutboxTimes const& times)
    : state_(std::make_unique<State>(std::move(options), helo, writer, log, std::move(alarms), times)) {}

OutboxSender::~OutboxSender() = default;

void OutboxSender::request_stop() {
    state_->request_stop();
}

void OutboxSender::wake() {
    state_->wake();
}

}  // namespace postern
