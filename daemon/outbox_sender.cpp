#include "daemon/outbox_sender.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/fault_point.h"
#include "daemon/outbox_claims.h"
#include "daemon/relay.h"
#include "daemon/relay_connections.h"
#include "daemon/relay_signing.h"
#include "daemon/retry_schedule.h"

namespace postern {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::steady_clock;

// As many as one commit of the writer can settle without holding up the mail that comes in meanwhile.
constexpr std::size_t claim_mails = 64;
// So few left: the next are claimed while these are sent.
constexpr std::size_t claim_at = claim_mails / 2;
// What a mail that is being sent still gets when the daemon stops: the session before it may take 6 of 10 seconds.
constexpr auto stop_grace = std::chrono::seconds{3};
// One mail that breaks the connection may be to blame; after so many in a row it is the relay.
constexpr unsigned broken_in_a_row = 2;
// In the log, and in `status` while it lasts.
constexpr std::string_view relay_trouble = "relay";

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// Rung by any thread, for the one that waits.
class Bell {
  public:
    void ring() {
        {
            std::lock_guard const lock(mutex_);
            rung_ = true;
        }
        changed_.notify_one();
    }
    void wait_until(SteadyTime until) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, until, [this] { return rung_; });
        rung_ = false;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

}  // namespace

class OutboxSender::State {
  public:
    State(RelayOptions options, std::string const& helo, StoreWriter& writer, Log& log, Alarms alarms,
          OutboxMeans means)
        : options_(std::move(options)),
          means_(std::move(means)),
          alarms_(std::move(alarms)),
          log_(log),
          claims_(writer, [bell = bell_] { bell->ring(); }),
          connections_([this, helo] { return relay(helo); }, [bell = bell_] { bell->ring(); }, times_) {
        thread_ = std::thread([this] { run(); });
    }
    ~State() {
        request_stop();
        thread_.join();
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    void request_stop() {
        if (stop_requested_.exchange(true)) return;
        stop_at_ = steady_clock::now() + stop_grace;
        stopping_ = true;
        stop_wait_->raise();
        bell_->ring();
    }

    void wake() {
        woken_ = true;
        bell_->ring();
    }

  private:
    std::unique_ptr<Relay> relay(std::string const& helo) const {
        auto plain = make_relay(options_, helo, [this] { return must_stop(); }, times_, {means_.tokens, stop_wait_});
        if (!means_.signer) return plain;
        auto sign = [signer = means_.signer](std::string_view octets) {
            return signer->signature_field(octets, clock_now());
        };
        return std::make_unique<SigningRelay>(std::move(plain), std::move(sign));
    }

    // The slowest relay, over a kept connection and once more over a fresh one: a claim that ends sooner is not used
    // any more.
    OutboxTimes::Milliseconds longest_send() const { return 2 * times_.mail; }
    bool must_stop() const { return stopping_ && steady_clock::now() >= stop_at_; }
    bool relay_is_down() const { return relay_failures_ > 0; }

    void run() {
        // Signals are the main thread's; a connection that breaks is an error of that write.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!stopping_ || connections_.busy() > 0) {
            try {
                bell_->wait_until(step());
            } catch (StoreError const&) {
                pause();  // the writer told of it; what is to be settled is kept
            } catch (std::exception const& failure) {
                log_.error("outbox-waits", {{"error", failure.what()}});
                pause();
            }
        }
        leave();
    }

    // Ends at a time until which there is nothing to do, unless the bell rings.
    SteadyTime step() {
        for (auto const& result : connections_.take_results()) take_result(result);
        if (claims_.has_arrived()) take_claim();
        if (stopping_ || waiting_ends_ - steady_clock::now() <= longest_send()) release_waiting();
        connections_.hand_out(waiting_);
        if (!stopping_) claim();
        auto until = std::min(claims_.settle_if_due(), steady_clock::now() + times_.look_again);
        if (!claims_.has_begun()) until = std::min(until, relay_is_down() ? relay_retry_at_ : look_at_);
        return waiting_.empty() ? until : std::min(until, connections_.hand_out_again());
    }

    void pause() {
        claim_not_before_ = steady_clock::now() + times_.look_again;
        bell_->wait_until(claim_not_before_);
    }

    // ---- claiming

    // A relay that is down is asked by one mail: the probe.
    void claim() {
        auto const now = steady_clock::now();
        if (claims_.has_begun() || now < claim_not_before_) return;
        bool const probes = relay_is_down();
        if (probes ? probes_ || !is_time_to_probe() : !is_time_to_claim()) return;
        woken_ = claimed_some_ = claimed_all_it_asked_for_ = false;
        probes_ = probes;
        claims_.begin(probes ? 1 : claim_mails);
    }

    bool is_time_to_claim() const {
        if (claimed_all_it_asked_for_ && waiting_.size() <= claim_at) return true;
        if (!waiting_.empty()) return false;
        // What was sent may have been in the way of others of its ticket.
        bool const all_sent = claimed_some_ && connections_.busy() == 0;
        return woken_ || all_sent || steady_clock::now() >= look_at_;
    }

    // When its time has come, or somebody else worked on the store: that may be an operator who mended it.
    bool is_time_to_probe() {
        auto const now = steady_clock::now();
        if (now >= relay_retry_at_) return true;
        if (now < look_at_) return false;
        look_at_ = now + times_.look_again;
        auto const version = claims_.data_version();
        if (!version) return false;
        return std::exchange(seen_version_, version).value_or(*version) != *version;
    }

    void take_claim() {
        auto const claimed = claims_.finish();
        auto const now = steady_clock::now();
        claimed_some_ = !claimed.mails.empty();
        claimed_all_it_asked_for_ = claimed.mails.size() == claim_mails;
        auto wait = std::chrono::duration_cast<TimePoint::duration>(times_.look_again);
        if (claimed.next_due) wait = std::clamp(*claimed.next_due - clock_now(), TimePoint::duration{1}, wait);
        look_at_ = now + wait;
        if (!claimed_some_) {
            if (probes_) relay_retry_at_ = look_at_;
            probes_ = false;
            return;
        }
        fault_point("sending.claimed");
        waiting_ends_ = waiting_.empty() ? claimed.ends : std::min(waiting_ends_, claimed.ends);
        waiting_.insert(waiting_.end(), claimed.mails.begin(), claimed.mails.end());
        if (!relay_is_down()) return;
        if (claimed.mails.size() == 1 && probes_) {
            probe_ = claimed.mails.front().id;
        } else {
            release_waiting();  // asked for before it was down
        }
    }

    void release_waiting() {
        for (auto const& mail : waiting_) release(mail);
        waiting_.clear();
    }

    // It was not tried.
    void release(OutboxMail const& mail) {
        if (probe_ == mail.id) end_probe();
        claims_.settle(mail.id, std::nullopt);
    }

    void end_probe() {
        probe_.reset();
        probes_ = false;
    }

    // ---- what became of it

    void take_result(RelayConnections::Result const& of) {
        using Kind = RelayResult::Kind;
        auto const& [mail, result, one_too_many] = of;
        if (one_too_many && !relay_is_down() && !stopping_) {
            log_.info("relay-connection-refused", {{"relay", options_.url}, {"why", result.detail}});
            return waiting_.push_front(mail);
        }
        if (result.kind == Kind::interrupted) return release(mail);
        broken_ = result.kind == Kind::broke_off ? broken_ + 1 : 0;
        bool const is_down = result.kind == Kind::relay_down || broken_ >= broken_in_a_row;
        // Of several that were on their way when it went down, the first tells.
        bool const tells = !relay_is_down() || probe_ == mail.id;
        if (probe_ == mail.id) end_probe();
        settle(mail, result);
        if (is_down) {
            if (tells) relay_failed(result.detail);
        } else if (relay_is_down() && result.kind != Kind::broke_off) {
            relay_failures_ = 0;
            log_.is_over(relay_trouble);
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
        seen_version_.reset();
        release_waiting();
        log_.begins(relay_trouble, why, options_.url + ": " + why);
        log_.debug("relay-again", {{"relay", options_.url}, {"in_ms", std::to_string(wait.count())}});
    }

    void leave() {
        try {
            if (claims_.has_begun()) {
                for (auto const& mail : claims_.finish().mails) release(mail);
            }
            release_waiting();
            claims_.flush();
        } catch (std::exception const& failure) {
            // They stay claimed until the next start, and go out again with the Message-ID they have.
            log_.error("outbox-not-settled", {{"error", failure.what()}});
        }
        log_.is_over(relay_trouble);  // the next one, of another configuration, begins anew
    }

    RelayOptions options_;
    OutboxMeans const means_;
    OutboxTimes const& times_ = means_.times;
    Alarms const alarms_;
    Log& log_;

    std::shared_ptr<Bell> const bell_ = std::make_shared<Bell>();
    // Ends a wait for an access token: no mail is on its way yet.
    std::shared_ptr<WakeEvent> const stop_wait_ = std::make_shared<WakeEvent>();
    std::atomic<bool> woken_ = false, stop_requested_ = false, stopping_ = false;
    SteadyTime stop_at_;  // written before stopping_

    // The thread's own.
    OutboxClaims claims_;
    std::deque<OutboxMail> waiting_;  // claimed, for a connection to be free
    SteadyTime waiting_ends_{};       // their claim
    SteadyTime look_at_{}, claim_not_before_{};
    bool claimed_some_ = false, claimed_all_it_asked_for_ = false;  // by the last claim
    unsigned relay_failures_ = 0, broken_ = 0;
    SteadyTime relay_retry_at_;
    bool probes_ = false;  // a probe is claimed or on its way
    std::optional<OutboxId> probe_;
    std::optional<std::int64_t> seen_version_;
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> chance_{0.0, 1.0};
    RelayConnections connections_;
    std::thread thread_;
};

OutboxSender::OutboxSender(RelayOptions options, std::string const& helo, StoreWriter& writer, Log& log, Alarms alarms,
                           OutboxMeans means)
    : state_(std::make_unique<State>(std::move(options), helo, writer, log, std::move(alarms), std::move(means))) {}

OutboxSender::~OutboxSender() = default;

void OutboxSender::request_stop() {
    state_->request_stop();
}

void OutboxSender::wake() {
    state_->wake();
}

}  // namespace postern
