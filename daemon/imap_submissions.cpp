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

void wait_for(ImapSubmissions::Clock::time_point until, WakeEvent const* one, WakeEvent const* other) {
    std::array<pollfd, 2> look{
        {{one ? one->descriptor() : -1, POLLIN, 0}, {other ? other->descriptor() : -1, POLLIN, 0}}};
    for (;;) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - ImapSubmissions::Clock::now()).count();
        if (left <= 0) return;
        if (poll(look.data(), look.size(), static_cast<int>(std::min<long long>(left, 3'600'000))) > 0) return;
    }
}

}  // namespace postern
