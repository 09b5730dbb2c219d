#include "daemon/parsing_desk.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/fault_point.h"
#include "daemon/held_mail.h"
#include "daemon/intake.h"
#include "parsers/message.h"

namespace postern {

namespace {

using std::chrono::steady_clock;

// A client waits ten minutes for its answer (RFC 5321 4.5.3.2.6): so long we look for room for its mail, and then say
// that there is none.
constexpr auto longest_wait = std::chrono::minutes{4};
// Room comes as other mail goes, which tells nobody; how soon it is noticed.
constexpr auto look_again = std::chrono::milliseconds{50};
// A spooled mail is read, and its text decoded and made readable beside that, or an attachment decoded and all packed.
constexpr std::uint64_t copies = 3;

class NoRoom : public std::runtime_error {
  public:
    NoRoom() : std::runtime_error("no room for a large mail in [limits] in_flight") {}
};

// False: there is none now. A quarter of all is left to what is coming in; where a mail would need nearly all there is,
// it gets along with less.
bool make_room_for(RawMessage& spooled) {
    auto const size = spooled.spool->size();
    auto const limit = spooled.in_flight.limit();
    auto const wanted = std::min(size * copies, limit / 2);
    return wanted < size ? spooled.in_flight.grows_to(size, 0) : spooled.in_flight.grows_to(wanted, limit / 4);
}

}  // namespace

struct ParsingDesk::Job {
    RawMessage raw;
    Done done;
    std::shared_ptr<Policy const> policy;  // the one in force when the mail came
    ParsedMessage message;
    SenderAuthentication authentication;
    std::exception_ptr failure;  // of parsing
    steady_clock::time_point submitted;
    bool parsed = false;
    Receipt receipt;
};

ParsingDesk::ParsingDesk(std::shared_ptr<Policy const> policy, std::shared_ptr<SenderAuthenticator> authenticator,
                         Services services, unsigned parsers)
    : policy_(std::move(policy)), authenticator_(std::move(authenticator)), services_(std::move(services)) {
    for (unsigned i = 0; i < parsers; ++i) threads_.emplace_back([this] { parse_loop(); });
}

ParsingDesk::~ParsingDesk() {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
    idle_.wait(lock, [this] { return unanswered_ == 0; });
    lock.unlock();
    for (auto& thread : threads_) thread.join();
}

void ParsingDesk::submit(RawMessage message, Done done) {
    auto job = std::make_shared<Job>();
    job->raw = std::move(message);
    job->done = std::move(done);
    {
        std::lock_guard const lock(mutex_);
        job->policy = policy_;
        if (job->raw.imap) {
            std::lock_guard const lanes_lock(lanes_mutex_);
            lanes_[job->raw.imap->folder].push_back(job);
        }
        job->submitted = steady_clock::now();
        (job->raw.spool ? spooled_ : waiting_).push_back(std::move(job));
        ++unanswered_;
    }
    wake_.notify_one();
}

void ParsingDesk::set_policy(std::shared_ptr<Policy const> policy, std::shared_ptr<SenderAuthenticator> authenticator) {
    {
        std::lock_guard const lock(mutex_);
        policy_ = std::move(policy);
        std::swap(authenticator_, authenticator);
    }
    // The old one ends here, outside of the lock: what it was asked is answered on its threads.
}

// The next one to parse; null: the desk ends, and all that it had is in work.
std::shared_ptr<ParsingDesk::Job> ParsingDesk::next_job(std::unique_lock<std::mutex>& lock) {
    for (;;) {
        if (auto job = next_spooled_job()) return job;
        if (!waiting_.empty()) {
            auto job = std::move(waiting_.front());
            waiting_.pop_front();
            return job;
        }
        if (!spooled_.empty())
            wake_.wait_for(lock, look_again);
        else if (ending_)
            return nullptr;
        else
            wake_.wait(lock);
    }
}

// The first of the spooled ones, if there is room for it now or never will be in time.
std::shared_ptr<ParsingDesk::Job> ParsingDesk::next_spooled_job() {
    if (spooled_.empty()) return nullptr;
    auto& first = *spooled_.front();
    if (!make_room_for(first.raw)) {
        if (!ending_ && steady_clock::now() - first.submitted < longest_wait) return nullptr;
        first.failure = std::make_exception_ptr(NoRoom{});
    }
    auto job = std::move(spooled_.front());
    spooled_.pop_front();
    return job;
}

// Here and not in the writer's transaction, so that others need not wait for it. The packed copy counts as in flight;
// where there is little room, the writer packs, one mail at a time.
void ParsingDesk::pack(RawMessage& raw, Packer& packer) {
    auto const with_copy = raw.octets.size() + Packer::most_packed(raw.octets.size());
    if (raw.in_flight.grows_to(with_copy, raw.in_flight.limit() / 4)) raw.packed = packer.pack(raw.octets);
}

void ParsingDesk::parse_loop() {
    Packer packer;
    for (;;) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(mutex_);
            job = next_job(lock);
        }
        if (!job) return;
        parse(job, packer);
    }
}

// parse_message is total; what can fail is memory. Then the peer keeps its mail and tries again.
void ParsingDesk::parse(std::shared_ptr<Job> const& job, Packer& packer) {
    fault_point("intake.submitted");
    try {
        if (job->failure) std::rethrow_exception(job->failure);
        if (job->raw.spool) {
            job->raw.octets = job->raw.spool->read();
            job->raw.spool.reset();
            fault_point("intake.read-back");
        }
        if (!job->raw.unread || job->raw.only_header) job->message = parse_message(job->raw.octets);
        pack(job->raw, packer);
    } catch (std::exception const&) {
        job->failure = std::current_exception();
    }
    fault_point("intake.parsed");
    authenticate(job);
}

// No thread waits meanwhile; what the mail takes stays counted as in flight.
void ParsingDesk::authenticate(std::shared_ptr<Job> const& job) {
    std::shared_ptr<SenderAuthenticator> authenticator;
    {
        std::lock_guard const lock(mutex_);
        authenticator = authenticator_;
    }
    if (job->raw.admitted) job->authentication = job->raw.admitted->authentication;
    if (!authenticator || job->failure || job->raw.admitted) return in_order(job);
    authenticator->authenticate(job->raw, job->message, *job->policy, [this, job](SenderAuthentication found) {
        job->authentication = std::move(found);
        in_order(job);
    });
}

void ParsingDesk::in_order(std::shared_ptr<Job> const& job) {
    if (!job->raw.imap) return take_in(job);
    std::lock_guard const lock(lanes_mutex_);
    job->parsed = true;
    auto const found = lanes_.find(job->raw.imap->folder);
    auto& lane = found->second;
    for (; !lane.empty() && lane.front()->parsed; lane.pop_front()) take_in(lane.front());
    if (lane.empty()) lanes_.erase(found);
}

void ParsingDesk::take_in(std::shared_ptr<Job> const& job) {
    if (job->failure) return answer(*job, job->failure);
    services_.writer.post(
        [this, job](Store& store) {
            job->receipt = intake(job->raw, job->message, job->authentication, *job->policy, store, services_.clock());
            if (is_mutant(Mutant::reply_before_commit)) answer(*job, nullptr);
        },
        [this, job](std::exception_ptr const& failure) {
            if (is_mutant(Mutant::reply_before_commit) && !failure) return;
            answer(*job, failure);
        });
}

void ParsingDesk::answer(Job& job, std::exception_ptr const& failure) {
    if (failure) {
        job.receipt = {};
        try {
            std::rethrow_exception(failure);
        } catch (StoreError const& error) {
            job.receipt.no_space = error.kind() == StoreError::Kind::full;
            // The writer told of it, once; this would be a line a mail.
            services_.log.debug("deferred", {{"mail", job.raw.id.text}, {"error", error.what()}});
        } catch (NoRoom const& error) {
            job.receipt.no_space = true;
            services_.log.warn("deferred", {{"mail", job.raw.id.text}, {"error", error.what()}});
        } catch (std::exception const& error) {
            services_.log.error("deferred", {{"mail", job.raw.id.text}, {"error", error.what()}});
        }
    } else {
        fault_point("intake.committed");
        log_outcome(job);
        if (job.receipt.queued_mail) services_.mail_queued();
    }
    job.done(job.receipt);
    std::lock_guard const lock(mutex_);
    if (--unanswered_ == 0) idle_.notify_all();
}

void ParsingDesk::log_outcome(Job const& job) {
    bool const committed = job.receipt.outcome == Receipt::Outcome::committed;
    services_.log.info(committed ? to_string(job.receipt.disposition) : "deferred",
                       {{"mail", job.raw.id.text},
                        {"source", std::string(to_string(job.raw.source))},
                        {"from", job.message.from.empty() ? "" : job.message.from.front().mailbox.address()},
                        {"authentication", job.authentication.word()},
                        {"ticket", job.receipt.ticket ? job.receipt.ticket->text() : ""},
                        {"rule", job.receipt.rule},
                        {"size", std::to_string(job.raw.octets.size())}});
}

}  // namespace postern
