#include "daemon/admissions.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/held_mail.h"
#include "daemon/questions.h"

namespace postern {

namespace {

using std::chrono::steady_clock;

// A person waits for what follows from an answer, as little as for a receipt; the look costs two index entries.
constexpr std::chrono::seconds pause{2};
// Mails taken from the store at once: each lies in memory whole until it has gone its way.
constexpr std::size_t mails_at_once = 4;
// One that did not go its way is tried again after twice as long each time, up to an hour. Past so many tries, half a
// day, it is left for an operator; a restart tries anew.
constexpr std::chrono::seconds first_pause{4};
constexpr std::chrono::hours longest_pause{1};
constexpr unsigned most_tries = 20;

// A mail that was handed to the desk.
struct Try {
    unsigned count = 0;
    bool under_way = false;
    steady_clock::time_point next;
};

}  // namespace

RawMessage admitted_mail(Admission const& admission, LedgerEntry const& entry, std::string octets) {
    auto raw = held_as_it_came(entry, std::move(octets));
    raw.arrived = entry.arrived;
    raw.admitted = std::make_shared<Admitted const>(
        Admitted{admission.organization_id, admission.by, authentication_as_recorded(entry)});
    return raw;
}

// Outlives the object while the writer still has a job of it.
struct Admissions::Work : std::enable_shared_from_this<Work> {
    Services services;
    std::mutex mutex;
    // With mutex.
    std::shared_ptr<Policy const> policy;
    bool ended = false;
    unsigned jobs = 0;                 // of this look that the writer has yet to do
    std::map<std::string, Try> tries;  // by the mail's id; of mails admitted and still held

    explicit Work(Services given) : services(std::move(given)) {}

    std::shared_ptr<Policy const> policy_in_force() {
        std::lock_guard const lock(mutex);
        return policy;
    }

    // Not before the last look is over: where the store is slow, nothing piles up before the writer.
    void look() {
        {
            std::lock_guard const lock(mutex);
            if (ended || jobs > 0) return;
            jobs = 2;
        }
        send_questions();
        let_go();
    }
    void job_done() {
        std::lock_guard const lock(mutex);
        --jobs;
    }

    void send_questions();
    void let_go();
    [[nodiscard]] std::vector<RawMessage> take_due(Store& store);
    [[nodiscard]] bool may_try(MailId const& mail);
    void forget_others(std::vector<Admission> const& admissions);
    void hand_over(RawMessage raw);
    void went(MailId const& mail, Receipt const& receipt);
    void failed(MailId const& mail);
    void log_questions(QueuedQuestions const& queued);
    [[nodiscard]] bool tell(QueuedQuestions const& queued);
};

void Admissions::Work::log_questions(QueuedQuestions const& queued) {
    for (auto const& question : queued.questions) {
        services.log.info("asked", {{"organization", question.organization_id},
                                    {"to", question.asked},
                                    {"mails", std::to_string(question.items.size())},
                                    {"first", question.items.front().mail.text}});
    }
}

// False: the daemon leaves.
bool Admissions::Work::tell(QueuedQuestions const& queued) {
    log_questions(queued);
    std::lock_guard const lock(mutex);
    if (!ended && !queued.questions.empty()) services.mail_queued();
    return !ended;
}

// What fails is logged by the writer, and tried again with the next look.
void Admissions::Work::send_questions() {
    auto const queued = std::make_shared<QueuedQuestions>();
    services.writer.post(
        [self = shared_from_this(), queued](Store& store) {
            *queued = queue_owed_questions(store, *self->policy_in_force(), self->services.clock());
        },
        [self = shared_from_this(), queued](std::exception_ptr const& failure) {
            bool const goes_on = !failure && self->tell(*queued);
            if (goes_on && queued->more) return self->send_questions();
            self->job_done();
        });
}

// With mutex.
bool Admissions::Work::may_try(MailId const& mail) {
    auto& each = tries[mail.text];
    if (each.under_way || each.count >= most_tries || steady_clock::now() < each.next) return false;
    ++each.count;
    return each.under_way = true;
}

// An operator may have been faster. With mutex.
void Admissions::Work::forget_others(std::vector<Admission> const& admissions) {
    std::erase_if(tries, [&](auto const& each) {
        return !each.second.under_way && std::ranges::none_of(admissions, [&](Admission const& admission) {
            return admission.mail.text == each.first;
        });
    });
}

// On the writer's thread, which may come to this when all but the writer is gone.
std::vector<RawMessage> Admissions::Work::take_due(Store& store) {
    std::vector<RawMessage> due;
    std::lock_guard const lock(mutex);
    if (ended) return due;
    constexpr std::size_t looked_at = 100;
    auto const admissions = store.admissions(looked_at);
    forget_others(admissions);
    for (auto const& admission : admissions) {
        if (due.size() == mails_at_once) break;
        auto const entry = store.ledger_entry(admission.mail.text);
        auto room = services.in_flight.reserve();
        // No room now: it waits for the next look, as mail in a folder does.
        if (!entry || !room.grow_to(entry->size) || !may_try(admission.mail)) continue;
        auto octets = store.raw_octets(admission.mail);
        if (!octets) {
            services.log.error("held-without-octets", {{"mail", entry->id.text}, {"cure", "postern audit"}});
            continue;  // it stays under way: told once
        }
        auto raw = admitted_mail(admission, *entry, *std::move(octets));
        raw.in_flight = std::move(room);
        due.push_back(std::move(raw));
    }
    return due;
}

void Admissions::Work::let_go() {
    auto const due = std::make_shared<std::vector<RawMessage>>();
    services.writer.post([self = shared_from_this(), due](Store& store) { *due = self->take_due(store); },
                         [self = shared_from_this(), due](std::exception_ptr const& failure) {
                             for (auto& raw : *due) {
                                 if (failure) {
                                     self->failed(raw.id);
                                 } else {
                                     self->hand_over(std::move(raw));
                                 }
                             }
                             self->job_done();
                         });
}

void Admissions::Work::hand_over(RawMessage raw) {
    auto const id = raw.id;
    std::lock_guard const lock(mutex);
    if (ended) return;
    services.desk.submit(std::move(raw),
                         [self = shared_from_this(), id](Receipt const& receipt) { self->went(id, receipt); });
}

void Admissions::Work::went(MailId const& mail, Receipt const& receipt) {
    if (receipt.outcome == Receipt::Outcome::deferred) return failed(mail);
    std::lock_guard const lock(mutex);
    tries.erase(mail.text);
}

void Admissions::Work::failed(MailId const& mail) {
    std::lock_guard const lock(mutex);
    auto& each = tries[mail.text];
    each.under_way = false;
    auto const doubled = first_pause * (1U << std::min(each.count, 12U));
    each.next = steady_clock::now() + std::min<std::chrono::seconds>(doubled, longest_pause);
    if (each.count == most_tries) {
        services.log.error("admission-given-up", {{"mail", mail.text}, {"cure", "postern held release " + mail.text}});
    }
}

Admissions::Admissions(boost::asio::io_context& io, Services services, std::shared_ptr<Policy const> policy)
    : work_(std::make_shared<Work>(std::move(services))), timer_(io) {
    work_->policy = std::move(policy);
    work_->look();
    wait();
}

Admissions::~Admissions() {
    std::lock_guard const lock(work_->mutex);
    work_->ended = true;
}

void Admissions::set_policy(std::shared_ptr<Policy const> policy) {
    std::lock_guard const lock(work_->mutex);
    work_->policy = std::move(policy);
}

void Admissions::wait() {
    timer_.expires_after(pause);
    timer_.async_wait([this](boost::system::error_code const& error) {
        if (error) return;
        work_->look();
        wait();
    });
}

}  // namespace postern
