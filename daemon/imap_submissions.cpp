#include "daemon/imap_submissions.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace postern {

struct ImapSubmissions::Shared {
    std::mutex mutex;
    std::vector<Answer> answers;
    std::size_t in_work = 0;
    WakeEvent answered;
};

ImapSubmissions::ImapSubmissions(IntakeDesk& desk) : desk_(desk), shared_(std::make_shared<Shared>()) {}

void ImapSubmissions::submit(RawMessage message) {
    Place const of{message.imap.value().uid_validity, message.imap.value().uid};
    {
        std::lock_guard const lock(shared_->mutex);
        ++shared_->in_work;
    }
    desk_.submit(std::move(message), [shared = shared_, of](Receipt const& receipt) {
        std::lock_guard const lock(shared->mutex);
        --shared->in_work;
        shared->answers.push_back({of, receipt});
        if (shared->answers.size() == 1) shared->answered.raise();
    });
}

std::size_t ImapSubmissions::in_work() const {
    std::lock_guard const lock(shared_->mutex);
    return shared_->in_work;
}

std::vector<ImapSubmissions::Answer> ImapSubmissions::take_answers(Clock::time_point until, WakeEvent const* stop) {
    if (until > Clock::now()) wait_for(until, &shared_->answered, stop);
    std::lock_guard const lock(shared_->mutex);
    shared_->answered.clear();
    return std::exchange(shared_->answers, {});
}

}  // namespace postern
