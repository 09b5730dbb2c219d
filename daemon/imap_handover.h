// ImapHandover: brings the mails of one folder to the desk and moves the cursor behind what the desk has committed.
// Counts an attempt at each mail before; one whose reading was begun three times and never finished is held unread.
// Belongs to the poller's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/imap_client.h"
#include "daemon/imap_cursor.h"
#include "daemon/imap_submissions.h"
#include "daemon/intake_desk.h"
#include "daemon/store_writer.h"
#include "daemon/wake_event.h"

namespace postern {

// A mail that was fetched.
struct ImapFetched {
    ImapMailFacts facts;
    std::string octets;
    InFlight::Reservation room;
    std::optional<std::string> unread;  // why it can't be judged by its octets
    bool only_header = false;
    bool mark = true;  // false: it is left on the server as it is
};

class ImapHandover {
  public:
    // Deferred in one poll, the desk takes nothing at all, and fetching more of it only burdens everybody.
    static constexpr unsigned most_deferred = 64;
    // Unfinished attempts after which a mail is held unread. The first may have been in a crowd, any of which broke the
    // process; the others were alone. One of these may have met a power cut or a kill: two in a row are believed.
    static constexpr unsigned most_attempts = 3;
    // Mails of a folder that wait for [limits] held, each of them known by its UID; beyond, the desk takes nothing.
    static constexpr std::size_t most_put_off = 100'000;
    // Polls in which the desk deferred a mail while it took others: then it is the mail.
    static constexpr unsigned most_deferred_alone = 10;

    ImapHandover(ImapOptions const& options, ImapTimes const& times, IntakeDesk& desk, StoreWriter& writer,
                 WakeEvent const& stop);

    // The cursor must outlive the poll.
    void begin_poll(ImapCursor& cursor, std::uint32_t uid_validity);
    // Waits while too many are in work. Throws StoreError.
    void hand_over(std::vector<ImapFetched> mails);
    // Takes what answers there are; waits for the first one of them until then, or until stopped.
    void hear(ImapSubmissions::Clock::time_point until = {}) { hear(until, &stop_); }
    // Waits for the answers to all that was handed over, some seconds where we are to stop.
    void end_poll();

    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
    [[nodiscard]] std::size_t in_work() const { return submissions_.in_work(); }
    // The desk has it still, from an earlier poll.
    [[nodiscard]] bool is_in_work(std::uint32_t uid) const { return in_work_.contains(place_in_work(uid)); }
    // [limits] held is reached, and it would be held: it blocks no other, and is not fetched for a while.
    [[nodiscard]] bool is_put_off(std::uint32_t uid) const;
    [[nodiscard]] std::size_t put_off() const noexcept { return put_off_.size(); }
    // Why no more should be handed over in this poll.
    [[nodiscard]] std::optional<std::string> const& refuses() const noexcept { return refuses_; }
    [[nodiscard]] ImapPlace place(std::uint32_t uid) const { return {key_, uid_validity_, uid}; }

  private:
    using Place = ImapSubmissions::Place;
    [[nodiscard]] Place place_in_work(std::uint32_t uid) const { return {uid_validity_, uid}; }
    [[nodiscard]] RawMessage message(ImapFetched mail, unsigned attempts) const;
    [[nodiscard]] std::optional<ImapMark> mark_of(ImapPlace const& place) const;
    [[nodiscard]] std::vector<unsigned> count_attempts(std::vector<ImapFetched> const& mails);
    [[nodiscard]] bool wait_until_in_work_below(std::size_t count);
    void hear(ImapSubmissions::Clock::time_point until, WakeEvent const* stop);

    ImapOptions options_;
    ImapTimes times_;
    std::string key_;
    StoreWriter& writer_;
    WakeEvent const& stop_;
    ImapSubmissions submissions_;
    std::set<Place> in_work_;
    std::map<std::uint32_t, unsigned> ended_attempts_;  // of the store's attempts, those that came back: no crash
    std::map<std::uint32_t, unsigned> deferred_alone_;
    std::map<std::uint32_t, ImapSubmissions::Clock::time_point> put_off_;  // until then

    ImapCursor* cursor_ = nullptr;
    std::uint32_t uid_validity_ = 0;
    std::uint64_t taken_ = 0;
    std::vector<std::uint32_t> deferred_;
    std::optional<std::string> refuses_;
};

}  // namespace postern
