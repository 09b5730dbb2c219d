#include "daemon/online/look_online.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/access_tokens.h"
#include "daemon/dkim_record.h"
#include "daemon/dkim_signer.h"
#include "daemon/imap_times.h"
#include "daemon/online/certificate_look.h"
#include "daemon/online/domain_facts.h"
#include "daemon/online/domain_standing.h"
#include "daemon/online/imap_look.h"
#include "daemon/online/relay_look.h"
#include "daemon/outbox_times.h"

namespace postern {
namespace {

using std::chrono::seconds;

// Somebody waits at a terminal: less than the daemon's patience, and still more than what Dovecot holds its answer back
// after failed logins (8 s), or what some relays make strangers wait.
constexpr seconds connect_time{25}, answer_time{15};
// All of it. What is not done then is told as having given no answer.
constexpr seconds whole_time{60};
// Of the canary beside its wait: sending, login, and the look at what came back.
constexpr seconds canary_time{150};
// All that the DNS is asked. A resolver that works needs a second of it.
constexpr seconds dns_time{40};

ImapTimes imap_times() {
    ImapTimes times;
    times.connect = connect_time;
    times.silence = times.command = answer_time;
    return times;
}

OutboxTimes relay_times() {
    OutboxTimes times;
    times.connect = connect_time;
    times.reply = answer_time;
    times.mail = connect_time + answer_time;
    return times;
}

// Raised when the time is over.
class Deadline {
  public:
    explicit Deadline(seconds time)
        : thread_([this, time](std::stop_token const& over) {
              std::unique_lock lock(mutex_);
              wake_.wait_for(lock, over, time, [] { return false; });
              if (!over.stop_requested()) event_->raise();
          }) {}

    [[nodiscard]] WakeEvent const& event() const { return *event_; }
    [[nodiscard]] std::shared_ptr<WakeEvent const> shared() const { return event_; }

  private:
    std::shared_ptr<WakeEvent> event_ = std::make_shared<WakeEvent>();
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // ended first
};

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// One subject that fails in a way nobody thought of does not spoil the others.
std::future<Remarks> begin(ConfigKey about, std::function<Remarks()> look) {
    return std::async(std::launch::async, [about = std::move(about), look = std::move(look)]() -> Remarks {
        try {
            return look();
        } catch (std::exception const& error) {
            Remarks remarks;
            remarks.error(about, std::string("could not be looked at: ") + error.what(), "try again");
            return remarks;
        }
    });
}

class Looking {
  public:
    Looking(Options const& options, LookOnlineRequest const& request, Log& log)
        : options_(options), request_(request), log_(log), tokens_(options.site.state_dir, log) {
        load_signer();
    }

    void look(std::function<void(Remark const&)> const& tell) {
        std::vector<std::future<Remarks>> looks;
        for (std::size_t i = 0; i < options_.imap.size(); ++i)
            looks.push_back(begin({"imap", "url", i}, [this, i] { return imap(i); }));
        looks.push_back(begin({"relay", "url"}, [this] { return relay(); }));
        looks.push_back(begin({"smtp", "listen"}, [this] { return look_at_certificates(options_, clock_now()); }));
        auto facts = std::async(std::launch::async, [this] { return dns_facts(); });
        for (auto& each : looks)
            for (auto const& remark : each.get()) tell(remark);
        auto const proved = canary(tell);
        auto of_domains = begin({"authentication", "resolver"}, [&] { return domains(facts, proved); });
        for (auto const& remark : of_domains.get()) tell(remark);
        for (auto const& remark : of_tokens()) tell(remark);
    }

  private:
    Remarks imap(std::size_t index) {
        auto const& folder = options_.imap[index];
        auto const tokens = tokens_.of(folder.oauth2);
        return look_at_imap(folder, index, tokens, imap_times(), deadline_.event(), clock_now());
    }

    Remarks relay() {
        RelayTokens tokens;
        if (options_.relay && options_.relay->oauth2)
            tokens = {tokens_.of(*options_.relay->oauth2), deadline_.shared()};
        return look_at_relay(
            options_, std::move(tokens), [this] { return deadline_.event().raised(); }, relay_times(), clock_now());
    }

    [[nodiscard]] DnsFacts dns_facts() const {
        return gather_dns_facts(options_, request_.verifier, log_, DnsResolver::Clock::now() + dns_time);
    }

    [[nodiscard]] Remarks domains(std::future<DnsFacts>& facts, std::optional<ProvedSignature> const& proved) const {
        Remarks remarks;
        std::optional<OwnDkimKey> key;
        if (signer_) key = OwnDkimKey{dkim_record(signer_->key()), signer_->key().bits()};
        if (!unusable_key_.what.empty())
            remarks.add(unusable_key_.kind, unusable_key_.about, unusable_key_.what, unusable_key_.cure);
        remarks.add(domain_standing(options_, facts.get(), key, proved));
        return remarks;
    }

    // A token that is not granted was told where it was wanted; clocks that differ and an end that comes are told here.
    [[nodiscard]] Remarks of_tokens() const {
        Remarks remarks;
        for (auto const& trouble : log_.lasting()) {
            if (trouble.starts_with("oauth2 clock ") || trouble.starts_with("oauth2 end "))
                remarks.notice({}, trouble, "mend it before tokens are refused");
        }
        return remarks;
    }

    // After the looks: it uses what they may have found wanting, and is told apart from them.
    std::optional<ProvedSignature> canary(std::function<void(Remark const&)> const& tell) {
        if (!request_.canary) return std::nullopt;
        Deadline const deadline(request_.canary->wait + canary_time);
        CanaryMeans means;
        for (auto const& folder : options_.imap) means.of_folders.push_back(tokens_.of(folder.oauth2));
        if (options_.relay) means.of_relay = tokens_.of(options_.relay->oauth2);
        means.signer = signer_;
        means.verifier = request_.verifier;
        means.stop = deadline.shared();
        auto const result = send_canary(options_, *request_.canary, means, log_);
        for (auto const& remark : result.remarks) tell(remark);
        return result.proved;
    }

    void load_signer() try { signer_ = load_dkim_signer(options_.dkim); } catch (DkimKeyError const& error) {
        unusable_key_ = {Remark::Kind::error, {"dkim", "key_file"}, error.what(), error.cure()};
    }

    Options const& options_;
    LookOnlineRequest const& request_;
    Log& log_;
    AccessTokenSources tokens_;
    std::shared_ptr<DkimSigner const> signer_;
    Remark unusable_key_;  // empty: nothing is wrong with it
    Deadline deadline_{whole_time};
};

}  // namespace

void look_online(Options const& options, LookOnlineRequest const& request, Log& log,
                 std::function<void(Remark const&)> const& tell) {
    Looking(options, request, log).look(tell);
}

}  // namespace postern
