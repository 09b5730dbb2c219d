#include "daemon/imap_handover.h"

#include <algorithm>
#include <utility>

#include "daemon/fault_point.h"
#include "daemon/imap_folder_key.h"

namespace postern {

namespace {

// The daemon leaves within 10 s; the rest of it is for closing.
constexpr std::chrono::seconds last_answers{6};

TimePoint now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

ImapHandover::ImapHandover(ImapOptions const& options, ImapTimes const& times, IntakeDesk& desk, StoreWriter& writer,
                           WakeEvent const& stop)
    : options_(options),
      times_(times),
      key_(imap_folder_key(options)),
      writer_(writer),
      stop_(stop),
      submissions_(desk) {}

void ImapHandover::begin_poll(ImapCursor& cursor, std::uint32_t uid_validity) {
    if (uid_validity != uid_validity_) {
        ended_attempts_.clear();
        deferred_alone_.clear();
        put_off_.clear();
    }
    cursor_ = &cursor;
    uid_validity_ = uid_validity;
    taken_ = 0;
    deferred_.clear();
    refuses_.reset();
}

void ImapHandover::hand_over(std::vector<ImapFetched> mails) {
    if (mails.empty()) return;
    auto const unfinished = count_attempts(mails);
    fault_point("imap.attempt-counted");
    for (std::size_t i = 0; i < mails.size(); ++i) {
        auto const uid = mails[i].facts.uid;
        bool const alone = unfinished[i] > 0;
        if (refuses_ || !wait_until_in_work_below(alone ? 1 : ImapSubmissions::most_in_work)) {
            if (!alone) ++ended_attempts_[uid];  // it was counted and not begun
            continue;
        }
        if (alone) writer_.run([&](Store& store) { static_cast<void>(store.imap_attempt(place(uid))); });
        in_work_.insert(place_in_work(uid));
        submissions_.submit(message(std::move(mails[i]), unfinished[i]));
        fault_point("imap.handed-over");
        if (alone) static_cast<void>(wait_until_in_work_below(1));
    }
}

// How many attempts at each were begun before and never finished. Where none, one is counted now, with all the others
// in one commit. Where there were some, the mail may have broken the process: it is counted when it goes, alone, so
// that the mails that were in work beside it are not taken for it.
std::vector<unsigned> ImapHandover::count_attempts(std::vector<ImapFetched> const& mails) {
    struct Undo {};
    std::vector<unsigned> unfinished(mails.size());
    writer_.run([&](Store& store) {
        for (std::size_t i = 0; i < mails.size(); ++i) {
            auto const uid = mails[i].facts.uid;
            auto const ended = ended_attempts_.find(uid);
            auto const ended_before = ended == ended_attempts_.end() ? 0 : ended->second;
            try {
                store.atomically([&] {
                    auto const before = store.imap_attempt(place(uid));
                    unfinished[i] = before - std::min(before, ended_before);
                    if (unfinished[i] > 0) throw Undo{};
                });
            } catch (Undo const&) {
                // Known, and not counted.
            }
        }
    });
    return unfinished;
}

RawMessage ImapHandover::message(ImapFetched mail, unsigned attempts) const {
    RawMessage raw;
    raw.received = now();
    raw.id = new_mail_id(raw.received);
    raw.source = Source::imap;
    raw.envelope.forward_path = {options_.mailbox};
    raw.octets = std::move(mail.octets);
    // A server's clock may be ahead of ours.
    raw.arrived = std::min(mail.facts.internal_date.value_or(raw.received), raw.received);
    raw.imap = place(mail.facts.uid);
    if (mail.mark) raw.mark = mark_of(*raw.imap);
    raw.in_flight = std::move(mail.room);
    raw.unread = std::move(mail.unread);
    raw.only_header = mail.only_header;
    if (!raw.unread && attempts >= most_attempts) {
        raw.unread = std::string(never_finished) + std::to_string(attempts) + " times and never finished";
    }
    auto const alone = deferred_alone_.find(mail.facts.uid);
    if (!raw.unread && alone != deferred_alone_.end() && alone->second >= most_deferred_alone) {
        raw.unread = std::string(never_committed) + std::to_string(alone->second) + " times while other mail was";
    }
    return raw;
}

std::optional<ImapMark> ImapHandover::mark_of(ImapPlace const& place) const {
    switch (options_.after) {
        case ImapOptions::After::seen:
            return ImapMark{place, MarkAction::seen, {}};
        case ImapOptions::After::move:
            return ImapMark{place, MarkAction::move, options_.move_to};
        case ImapOptions::After::remove:
            return ImapMark{place, MarkAction::remove, {}};
        case ImapOptions::After::keep:
            break;
    }
    return std::nullopt;
}

// False: the desk has taken nothing for long, or we are to stop.
bool ImapHandover::wait_until_in_work_below(std::size_t count) {
    auto const until = ImapSubmissions::Clock::now() + times_.room;
    while (submissions_.in_work() >= count) {
        if (stop_.raised() || ImapSubmissions::Clock::now() >= until) {
            refuses_ = "the desk answers nothing";
            return false;
        }
        hear(until);
    }
    hear();
    return !refuses_;
}

void ImapHandover::hear(ImapSubmissions::Clock::time_point until, WakeEvent const* stop) {
    for (auto const& [of, receipt] : submissions_.take_answers(until, stop)) {
        in_work_.erase(of);
        if (of.uid_validity != uid_validity_) continue;  // late, and of UIDs that mean nothing any more
        if (receipt.outcome == Receipt::Outcome::committed) {
            fault_point("imap.committed");
            cursor_->settle(of.uid);
            ended_attempts_.erase(of.uid);
            deferred_alone_.erase(of.uid);
            put_off_.erase(of.uid);
            ++taken_;
        } else if (receipt.this_one_alone && put_off_.size() < most_put_off) {
            ++ended_attempts_[of.uid];
            put_off_[of.uid] = ImapSubmissions::Clock::now() + times_.held_again;
        } else {
            ++ended_attempts_[of.uid];
            deferred_.push_back(of.uid);
        }
    }
    if (deferred_.size() >= most_deferred) refuses_ = "the desk can take nothing now";
}

bool ImapHandover::is_put_off(std::uint32_t uid) const {
    auto const found = put_off_.find(uid);
    return found != put_off_.end() && ImapSubmissions::Clock::now() < found->second;
}

void ImapHandover::end_poll() {
    auto until = ImapSubmissions::Clock::now() + times_.room;
    bool stopping = false;
    while (submissions_.in_work() > 0 && ImapSubmissions::Clock::now() < until) {
        if (!stopping && stop_.raised()) {
            stopping = true;
            until = std::min(until, ImapSubmissions::Clock::now() + last_answers);
        }
        hear(until, stopping ? nullptr : &stop_);
    }
    hear();
    if (taken_ > 0) {
        for (auto const uid : deferred_) ++deferred_alone_[uid];
    }
}

}  // namespace postern
