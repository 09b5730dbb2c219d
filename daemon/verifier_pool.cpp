#include "daemon/verifier_pool.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/verifier_process.h"
#include "daemon/verifier_reasons.h"
#include "daemon/wake_event.h"
#include "parsers/domain_name.h"
#include "parsers/organizational_domain.h"

namespace postern {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
namespace wire = verifier_wire;

// DNS is given up so long before the mail's own deadline, so that the verifier still says what it has; of a short
// deadline a quarter.
constexpr auto time_to_answer = 500ms;
// After a verifier died, the next one starts no sooner, and twice as late each time: a crash a mail costs little.
constexpr auto first_pause = 50ms;
constexpr auto longest_pause = 30s;
constexpr unsigned most_doublings = 10;

constexpr std::string_view trouble_name = "verifier";

// What counts as one domain in sharing the processes out.
std::string owner_of(std::string const& domain) {
    auto organization = organizational_domain(domain);
    return organization.empty() ? domain : organization;
}

// The domain that SPF is asked for, and whether it is HELO's (RFC 7208 2.4).
SpfCheck spf_asked(VerifierQuestion const& question) {
    SpfCheck check;
    check.of_helo = question.mail_from.empty();
    auto const at = question.mail_from.rfind('@');
    auto const domain = normalize_domain(check.of_helo ? question.helo : question.mail_from.substr(at + 1));
    if (domain && domain->front() != '[' && domain->find('.') != std::string::npos) check.domain = *domain;
    return check;
}

struct Job {
    VerifierQuestion question;
    VerifierPool::Done done;
    Clock::time_point dns_deadline;
    std::vector<std::string> owners;
    SpfCheck spf;  // its domain
};

using JobId = std::uint64_t;  // in the order of asking

struct LookedUp {
    std::uint64_t worker = 0;
    unsigned number = 0;  // of the question
    DnsAnswer answer;
};

// What other threads leave for the pool's. It outlives the pool: DnsResolver may answer later.
struct Inbox {
    std::mutex mutex;
    std::vector<std::pair<VerifierQuestion, VerifierPool::Done>> questions;
    std::vector<LookedUp> replies;
    bool is_stopping = false;
    WakeEvent wake;
};

struct Worker {
    explicit Worker(std::filesystem::path const& program) : process(program) {}
    VerifierProcess process;
    std::optional<JobId> job;
    unsigned mails = 0;
    unsigned dns_questions = 0;  // of this mail
    bool waits_for_dns = false;
};

}  // namespace

struct VerifierPool::Impl {
    Impl(std::filesystem::path verifier, unsigned most, DnsResolver& dns, Log& to)
        : program(std::move(verifier)),
          most_processes(std::max(most, 1U)),
          share(std::max(most_processes / 2, 1U)),
          resolver(dns),
          log(to),
          thread([this] { run(); }) {}

    ~Impl() {
        {
            std::lock_guard const lock(inbox->mutex);
            inbox->is_stopping = true;
        }
        inbox->wake.raise();
        thread.join();
    }

    void run();
    [[nodiscard]] bool take_inbox();
    void accept(VerifierQuestion&& question, Done&& done);
    void wait();
    void serve(Worker& worker, short events, std::uint64_t serial);
    [[nodiscard]] bool take_frames(Worker& worker, std::uint64_t serial);
    [[nodiscard]] bool take_question(Worker& worker, std::string_view payload, std::uint64_t serial);
    [[nodiscard]] bool take_result(Worker& worker, std::string_view payload, std::uint64_t serial);
    void pass_on(LookedUp& reply);
    void expire();
    void start_waiting_jobs();
    [[nodiscard]] std::optional<std::uint64_t> idle_worker();
    [[nodiscard]] bool may_start(Job const& job) const;
    void start(JobId id, std::uint64_t serial);
    void count_owners(Job const& job, int change);
    void finish(JobId id, VerifierAnswer answer);
    void fail(JobId id);
    void lose(std::uint64_t serial, std::string const& why);
    void pause_after_failure();

    std::filesystem::path program;
    unsigned most_processes, share;
    DnsResolver& resolver;
    Log& log;
    std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();

    // Of the pool's thread alone.
    std::map<JobId, Job> jobs;
    std::set<JobId> waiting;
    std::set<std::pair<Clock::time_point, JobId>> deadlines;
    std::map<std::string, unsigned> running_of;  // owner -> processes
    std::map<std::uint64_t, Worker> workers;     // by a number that is never used again
    std::uint64_t last_job = 0, last_worker = 0;
    unsigned failures = 0;  // in a row
    Clock::time_point next_start{};

    std::thread thread;
};

void VerifierPool::Impl::run() {
    while (take_inbox()) {
        expire();
        start_waiting_jobs();
        wait();
    }
    workers.clear();
    while (!jobs.empty()) fail(jobs.begin()->first);
}

bool VerifierPool::Impl::take_inbox() {
    decltype(inbox->questions) questions;
    decltype(inbox->replies) replies;
    inbox->wake.clear();
    bool is_stopping = false;
    {
        std::lock_guard const lock(inbox->mutex);
        questions.swap(inbox->questions);
        replies.swap(inbox->replies);
        is_stopping = inbox->is_stopping;
    }
    for (auto& [question, done] : questions) accept(std::move(question), std::move(done));
    for (auto& reply : replies) pass_on(reply);
    return !is_stopping;
}

void VerifierPool::Impl::accept(VerifierQuestion&& question, Done&& done) {
    auto const id = ++last_job;
    auto const left = question.deadline - Clock::now();
    Job job{std::move(question), std::move(done), {}, {}, {}};
    job.dns_deadline = job.question.deadline - std::min<Clock::duration>(time_to_answer, left / 4);
    job.owners.push_back(owner_of(job.question.from_domain));
    if (!job.question.client_ip.empty()) {
        job.spf = spf_asked(job.question);
        if (auto owner = owner_of(job.spf.domain); owner != job.owners.front()) job.owners.push_back(std::move(owner));
    }
    // Without a domain there is nothing that could take more than its share.
    std::erase(job.owners, std::string());
    deadlines.emplace(job.question.deadline, id);
    waiting.insert(id);
    jobs.emplace(id, std::move(job));
}

void VerifierPool::Impl::wait() {
    std::vector<pollfd> descriptors{{inbox->wake.descriptor(), POLLIN, 0}};
    std::vector<std::uint64_t> serials{0};
    for (auto const& [serial, worker] : workers) {
        short const events = worker.process.has_more_to_send() ? POLLIN | POLLOUT : POLLIN;
        descriptors.push_back({worker.process.descriptor(), events, 0});
        serials.push_back(serial);
    }
    auto until = deadlines.empty() ? Clock::time_point::max() : deadlines.begin()->first;
    if (!waiting.empty() && next_start > Clock::now()) until = std::min(until, next_start);
    int milliseconds = -1;
    if (until != Clock::time_point::max()) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        milliseconds = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    if (::poll(descriptors.data(), descriptors.size(), milliseconds) <= 0) return;
    for (std::size_t at = 1; at < descriptors.size(); ++at) {
        auto const worker = workers.find(serials[at]);
        if (descriptors[at].revents != 0 && worker != workers.end())
            serve(worker->second, descriptors[at].revents, serials[at]);
    }
}

void VerifierPool::Impl::serve(Worker& worker, short events, std::uint64_t serial) {
    if ((events & POLLOUT) != 0 && !worker.process.write_some()) return lose(serial, "does not take its mail");
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
    if (!worker.process.read_some()) return lose(serial, "ended");
    if (!take_frames(worker, serial)) lose(serial, "talks nonsense");
}

// False: it says what a verifier does not say. True also where it is not there any more, having done all its mails.
bool VerifierPool::Impl::take_frames(Worker& worker, std::uint64_t serial) {
    while (auto const frame = worker.process.next_frame()) {
        // It speaks of a mail, and only once it has it.
        if (!worker.job || worker.waits_for_dns || worker.process.has_more_to_send()) return false;
        if (frame->type == wire::FrameType::question) {
            if (!take_question(worker, frame->payload, serial)) return false;
        } else if (frame->type == wire::FrameType::result) {
            if (!take_result(worker, frame->payload, serial)) return false;
            if (!workers.contains(serial)) return true;
        } else {
            return false;
        }
    }
    return !worker.process.talks_nonsense();
}

bool VerifierPool::Impl::take_question(Worker& worker, std::string_view payload, std::uint64_t serial) {
    auto const question = wire::read_question(payload);
    if (!question || ++worker.dns_questions > most_dns_questions) return false;
    worker.waits_for_dns = true;
    auto const number = worker.dns_questions;
    resolver.query(question->name, question->type, jobs.at(*worker.job).dns_deadline,
                   [to = inbox, serial, number](DnsAnswer const& answer) {
                       {
                           std::lock_guard const lock(to->mutex);
                           to->replies.push_back({serial, number, answer});
                       }
                       to->wake.raise();
                   });
    return true;
}

bool VerifierPool::Impl::take_result(Worker& worker, std::string_view payload, std::uint64_t serial) {
    auto findings = wire::read_findings(payload);
    auto const id = *worker.job;
    auto const& job = jobs.at(id);
    auto const wants_spf = !job.question.client_ip.empty();
    // Of which domain it speaks is ours to know.
    if (!findings ||
        (wants_spf && (findings->spf.domain != job.spf.domain || findings->spf.of_helo != job.spf.of_helo)) ||
        (!wants_spf && findings->spf != SpfCheck{}) || (job.question.octets.empty() && !findings->dkim.empty()))
        return false;
    failures = 0;
    log.is_over(trouble_name);
    count_owners(job, -1);
    worker.job.reset();
    if (++worker.mails == most_mails_of_a_process) workers.erase(serial);
    finish(id, {std::move(findings->spf), std::move(findings->dkim)});
    return true;
}

void VerifierPool::Impl::pass_on(LookedUp& reply) {
    auto const found = workers.find(reply.worker);
    if (found == workers.end()) return;
    auto& worker = found->second;
    // Of a mail before this one, where its verifier did not wait.
    if (!worker.job || !worker.waits_for_dns || worker.dns_questions != reply.number) return;
    worker.waits_for_dns = false;
    worker.process.send(wire::write(reply.answer));
    if (!worker.process.write_some()) lose(reply.worker, "does not take an answer");
}

void VerifierPool::Impl::expire() {
    auto const now = Clock::now();
    while (!deadlines.empty() && deadlines.begin()->first <= now) {
        auto const id = deadlines.begin()->second;
        auto const busy =
            std::ranges::find_if(workers, [&](auto const& worker) { return worker.second.job == std::optional(id); });
        if (busy == workers.end())
            fail(id);
        else
            lose(busy->first, "is too slow");
    }
}

void VerifierPool::Impl::start_waiting_jobs() {
    for (auto id = waiting.begin(); id != waiting.end();) {
        auto const next = std::next(id);
        if (may_start(jobs.at(*id))) {
            auto const worker = idle_worker();
            if (!worker) return;
            start(*id, *worker);
        }
        id = next;
    }
}

bool VerifierPool::Impl::may_start(Job const& job) const {
    return std::ranges::none_of(job.owners, [&](auto const& owner) {
        auto const running = running_of.find(owner);
        return running != running_of.end() && running->second >= share;
    });
}

std::optional<std::uint64_t> VerifierPool::Impl::idle_worker() {
    for (auto const& [serial, worker] : workers)
        if (!worker.job) return serial;
    if (workers.size() >= most_processes || next_start > Clock::now()) return std::nullopt;
    auto const serial = ++last_worker;
    try {
        workers.try_emplace(serial, program);
    } catch (std::system_error const& error) {
        pause_after_failure();
        log.begins(trouble_name, "start", "no verifier can be started: " + std::string(error.what()));
        return std::nullopt;
    }
    return serial;
}

void VerifierPool::Impl::start(JobId id, std::uint64_t serial) {
    auto& worker = workers.at(serial);
    auto const& job = jobs.at(id);
    waiting.erase(id);
    count_owners(job, 1);
    worker.job = id;
    worker.dns_questions = 0;
    worker.waits_for_dns = false;
    auto const& question = job.question;
    wire::Request request;
    request.now = std::time(nullptr);
    request.most_signatures = most_signatures;
    request.wants_spf = !question.client_ip.empty();
    request.from_domain = question.from_domain;
    request.client_ip = question.client_ip;
    request.helo = question.helo;
    request.mail_from = question.mail_from;
    // What it could not hold is told at its end.
    if (question.octets.size() <= wire::most_mail_octets) request.octets = question.octets;
    worker.process.send(wire::request_without_octets(request), request.octets);
    if (!worker.process.write_some()) lose(serial, "does not take its mail");
}

void VerifierPool::Impl::count_owners(Job const& job, int change) {
    for (auto const& owner : job.owners) {
        auto const running = running_of.try_emplace(owner).first;
        running->second += static_cast<unsigned>(change);
        if (running->second == 0) running_of.erase(running);
    }
}

void VerifierPool::Impl::finish(JobId id, VerifierAnswer answer) {
    auto const found = jobs.find(id);
    auto const job = std::move(found->second);
    jobs.erase(found);
    waiting.erase(id);
    deadlines.erase({job.question.deadline, id});
    if (job.question.octets.size() > wire::most_mail_octets)
        answer.dkim = {{DkimResult::permerror, "", "", "", std::string(reasons::over_bound)}};
    job.done(std::move(answer));
}

// Ends a mail of which nothing is known.
void VerifierPool::Impl::fail(JobId id) {
    auto const& job = jobs.at(id);
    VerifierAnswer answer;
    if (!job.question.client_ip.empty()) {
        answer.spf = job.spf;
        answer.spf.result = SpfResult::temperror;
        answer.spf.why = reasons::no_answer;
    }
    if (!job.question.octets.empty())
        answer.dkim.push_back({DkimResult::temperror, "", "", "", std::string(reasons::no_answer)});
    finish(id, std::move(answer));
}

// Ends a process that is no use any more, and the mail it had.
void VerifierPool::Impl::lose(std::uint64_t serial, std::string const& why) {
    auto const worker = workers.find(serial);
    auto const id = worker->second.job;
    auto const pid = worker->second.process.pid();
    workers.erase(worker);
    pause_after_failure();
    log.warn("verifier", {{"pid", std::to_string(pid)}, {"why", why}});
    if (!id) return;
    count_owners(jobs.at(*id), -1);
    fail(*id);
}

void VerifierPool::Impl::pause_after_failure() {
    auto const doublings = std::min(failures++, most_doublings);
    next_start = Clock::now() + std::min<Clock::duration>(first_pause * (1U << doublings), longest_pause);
}

VerifierPool::VerifierPool(std::filesystem::path program, unsigned processes, DnsResolver& resolver, Log& log)
    : impl_(std::make_unique<Impl>(std::move(program), processes, resolver, log)) {}

VerifierPool::~VerifierPool() = default;

void VerifierPool::verify(VerifierQuestion question, Done done) {
    {
        std::lock_guard const lock(impl_->inbox->mutex);
        impl_->inbox->questions.emplace_back(std::move(question), std::move(done));
    }
    impl_->inbox->wake.raise();
}

std::filesystem::path verifier_program() {
    std::error_code none;
    auto const folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
    if (none) return {};
    for (auto const& file : {folder / "postern-verifier", folder.parent_path() / "libexec/postern/postern-verifier"})
        if (std::filesystem::exists(file, none)) return file;
    return {};
}

}  // namespace postern
