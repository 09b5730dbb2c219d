#include "daemon/summaries.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "daemon/outgoing_mail.h"

namespace postern {

namespace {

// Who waited an hour for it waits these seconds more; the question costs next to nothing.
constexpr std::chrono::seconds pause{10};
// Of one transaction: each is rendered in it, which takes a good millisecond.
constexpr std::size_t summaries_at_once = 16;
// Numbers in one summary: a screenful or two. Who had more opened in an hour learns how many.
constexpr std::size_t tickets_listed = 100;

}  // namespace

OutgoingMail summary_mail(OwedSummary const& owed, Policy const& policy, TimePoint now) {
    auto const& options = policy.options();
    auto const address = parse_mailbox(owed.mailbox);
    auto const* mailbox = address ? policy.mailbox(*address) : nullptr;
    // A reload may have taken the mailbox away since.
    if (mailbox == nullptr) mailbox = &options.mailboxes.front();
    auto const recipient = parse_mailbox(owed.recipient);
    auto const listed = recipient ? options.contact_list.find(*recipient) : std::nullopt;
    ResponseHeader header;
    header.from = {mailbox->name, mailbox->address};
    if (recipient) header.to = {{}, *recipient};
    header.message_id = "<" + owed.first.text + ".summary@" + options.site.hostname + ">";
    header.date = now;
    SummaryFields fields;
    fields.site_name = options.site.name;
    for (auto const& ticket : owed.tickets) fields.tickets.push_back(ticket.text());
    fields.not_listed = owed.not_listed;
    bool const own_language = listed && listed->organization->language;
    auto rendered =
        policy.templates().summary(header, fields, own_language ? *listed->organization->language : mailbox->language);
    auto mail = outgoing_mail(options, OutgoingKind::summary, header, std::move(rendered));
    mail.recipient = owed.recipient;
    return mail;
}

QueuedSummaries queue_due_summaries(Store& store, Policy const& policy, TimePoint now) {
    auto const due = store.summaries_due(now, summaries_at_once, tickets_listed);
    QueuedSummaries queued;
    for (auto const& owed : due) queued.count += store.queue_summary(owed.id, summary_mail(owed, policy, now), now);
    queued.more = due.size() == summaries_at_once;
    return queued;
}

// Outlives the object while the writer still has a job of it.
struct Summaries::Work {
    StoreWriter& writer;
    Clock clock;
    std::mutex mutex;
    std::shared_ptr<Policy const> policy;  // with mutex
    std::function<void()> mail_queued;     // with mutex; empty: the object is gone
    Work(StoreWriter& the_writer, Clock the_clock) : writer(the_writer), clock(std::move(the_clock)) {}

    std::shared_ptr<Policy const> policy_in_force() {
        std::lock_guard const lock(mutex);
        return policy;
    }
    // Whether to go on.
    bool tell_of_mail() {
        std::lock_guard const lock(mutex);
        if (mail_queued) mail_queued();
        return mail_queued != nullptr;
    }
};

Summaries::Summaries(boost::asio::io_context& io, StoreWriter& writer, std::shared_ptr<Policy const> policy,
                     Clock clock, std::function<void()> mail_queued)
    : work_(std::make_shared<Work>(writer, std::move(clock))), timer_(io) {
    work_->policy = std::move(policy);
    work_->mail_queued = std::move(mail_queued);
    queue_due(work_);
    wait();
}

Summaries::~Summaries() {
    std::lock_guard const lock(work_->mutex);
    work_->mail_queued = nullptr;
}

void Summaries::set_policy(std::shared_ptr<Policy const> policy) {
    std::lock_guard const lock(work_->mutex);
    work_->policy = std::move(policy);
}

void Summaries::wait() {
    timer_.expires_after(pause);
    timer_.async_wait([this](boost::system::error_code const& error) {
        if (error) return;
        queue_due(work_);
        wait();
    });
}

// What fails is logged by the writer, and tried again with the next look.
void Summaries::queue_due(std::shared_ptr<Work> const& work) {
    auto const queued = std::make_shared<QueuedSummaries>();
    work->writer.post(
        [work, queued](Store& store) { *queued = queue_due_summaries(store, *work->policy_in_force(), work->clock()); },
        [work, queued](std::exception_ptr const& failure) {
            if (failure || queued->count == 0) return;
            if (work->tell_of_mail() && queued->more) queue_due(work);
        });
}

}  // namespace postern
