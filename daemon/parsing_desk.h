// ParsingDesk: the daemon's IntakeDesk. A pool parses (pure, any number at once); SenderAuthenticator asks who the
// sender really is, while no thread waits; the store's writer runs intake; after the commit the way in is answered, the
// outbox sender woken and the one log line about the mail written.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/policy.h"
#include "daemon/sender_authenticator.h"
#include "daemon/store_writer.h"

namespace postern {

class ParsingDesk : public IntakeDesk {
  public:
    using Clock = std::function<TimePoint()>;
    struct Services {
        StoreWriter& writer;
        Log& log;
        Clock clock;
        std::function<void()> mail_queued;  // called after a commit that put mail into the outbox
    };

    // The writer and the log have to outlive the desk. Without an authenticator nobody is asked about.
    ParsingDesk(std::shared_ptr<Policy const> policy, std::shared_ptr<SenderAuthenticator> authenticator,
                Services services, unsigned parsers);
    // Finishes what was submitted.
    ~ParsingDesk() override;

    void submit(RawMessage message, Done done) override;
    // On reload: for mail to come.
    void set_policy(std::shared_ptr<Policy const> policy, std::shared_ptr<SenderAuthenticator> authenticator);

  private:
    struct Job;
    [[nodiscard]] std::shared_ptr<Job> next_job(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] std::shared_ptr<Job> next_spooled_job();
    void parse_loop();
    void parse(std::shared_ptr<Job> const& job, Packer& packer);
    static void pack(RawMessage& raw, Packer& packer);
    void authenticate(std::shared_ptr<Job> const& job);
    void in_order(std::shared_ptr<Job> const& job);
    void take_in(std::shared_ptr<Job> const& job);
    void answer(Job& job, std::exception_ptr const& failure);
    void log_outcome(Job const& job);

    std::shared_ptr<Policy const> policy_;
    std::shared_ptr<SenderAuthenticator> authenticator_;
    Services services_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::deque<std::shared_ptr<Job>> waiting_;  // bounded by InFlight: what is in it was reserved
    // Mail that lies in spool files until there is room to read it; bounded by the sessions, of which each waits for
    // its own, and for longest_wait.
    std::deque<std::shared_ptr<Job>> spooled_;
    // Mail of one folder is taken in as it lies there, so that a reply meets the ticket that the mail before it opens.
    std::mutex lanes_mutex_;  // taken after mutex_, if both are
    std::map<std::string, std::deque<std::shared_ptr<Job>>> lanes_;
    std::size_t unanswered_ = 0;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace postern
