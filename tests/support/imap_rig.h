// What a poller needs around it in a test: a desk that records and commits to a real store, times that are short.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/imap_times.h"
#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/store_writer.h"
#include "tests/support/captured_log.h"
#include "tests/support/daemon_process.h"

namespace postern::testing {

// Takes every mail: the first with its octets is held, any other a duplicate of it.
class RecordingDesk : public IntakeDesk {
  public:
    struct Taken {
        std::uint32_t uid = 0, uid_validity = 0;
        std::string octets;
        TimePoint arrived;
        std::optional<std::string> unread;
        bool only_header = false;
        Disposition disposition = Disposition::held;
    };

    explicit RecordingDesk(StoreWriter& writer, bool keep_octets = true) : writer_(writer), keep_octets_(keep_octets) {}

    void submit(RawMessage message, Done done) override;
    // Keeps what comes until release(): nothing is committed.
    void hold();
    void release();
    // Mails of which this is true are deferred.
    void defer(std::function<bool(RawMessage const&)> which, Receipt answer = {});

    [[nodiscard]] std::vector<Taken> taken() const;  // committed, in order
    // Those that were no duplicates.
    [[nodiscard]] std::size_t first_time() const;
    [[nodiscard]] std::size_t submitted() const;
    // False: after 60 s there are not so many.
    [[nodiscard]] bool wait_for_taken(std::size_t count) const;
    [[nodiscard]] bool wait_for_first_time(std::size_t count) const;
    [[nodiscard]] bool wait_for_submitted(std::size_t count) const;

  private:
    struct Waiting {
        RawMessage message;
        Done done;
    };
    void commit(RawMessage message, Done done);

    StoreWriter& writer_;
    bool keep_octets_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool holding_ = false;
    std::vector<Waiting> held_;
    std::function<bool(RawMessage const&)> defers_;
    Receipt deferral_;
    std::vector<Taken> taken_;
    std::size_t first_time_ = 0, submitted_ = 0;
};

// One [[imap]] and all it stands on; the store is SQLite in a temporary folder.
class ImapRig {
  public:
    ImapRig();
    ImapRig(ImapRig const&) = delete;
    ImapRig& operator=(ImapRig const&) = delete;

    [[nodiscard]] ImapFolderState state();  // of the one folder
    // False: after 60 s it never was so.
    [[nodiscard]] bool wait_for_state(std::function<bool(ImapFolderState const&)> const& wanted);
    [[nodiscard]] std::size_t marks_owed();
    [[nodiscard]] std::string log_text() const;
    [[nodiscard]] std::size_t log_count(std::string_view event) const;

    TemporaryFolder folder;
    CapturedLog captured;
    ImapOptions options;
    ImapTimes times;
    InFlight in_flight{256ULL << 20U};
    Log log;
    StoreWriter writer;
    RecordingDesk desk;
};

// Waits for something that can only be asked for; false: not within 60 s.
[[nodiscard]] bool eventually(std::function<bool()> const& so);

}  // namespace postern::testing
