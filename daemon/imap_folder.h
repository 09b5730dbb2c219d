// ImapFolder: one folder over one session after the other: where its cursor stands, what it owes, how it is doing.
// Belongs to the poller's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "config/options.h"
#include "daemon/imap_client.h"
#include "daemon/imap_cursor.h"
#include "daemon/imap_handover.h"
#include "daemon/imap_marks.h"
#include "daemon/imap_suspects.h"
#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/log.h"
#include "daemon/store_writer.h"
#include "daemon/wake_event.h"

namespace postern {

class ImapFolder {
  public:
    struct Surroundings {
        IntakeDesk& desk;
        StoreWriter& writer;
        InFlight& in_flight;
        Log& log;
        WakeEvent const& stop;
    };
    // How long `status` shows that a mail was taken by its header: until somebody has come to work again.
    static constexpr std::chrono::hours notice_time{24};
    // A poll that changed nothing else is not worth a commit of its own.
    static constexpr std::chrono::seconds save_success_every{30};
    // A quiet poll is one NOOP. So often it is a SEARCH too, for servers that forget to tell what came.
    static constexpr std::chrono::minutes search_every{10};

    ImapFolder(ImapOptions const& options, std::uint64_t max_message_octets, ImapTimes const& times,
               Surroundings around);

    // SELECTs it and finds where to begin.
    void open(ImapClient& client);
    // Takes what is new. Throws ImapError or StoreError where it could not be done; what was done by then is kept.
    void poll(ImapClient& client);
    // How many mails the last poll took, however it ended.
    [[nodiscard]] std::uint64_t taken() const noexcept { return handover_.taken(); }
    // Something is left that a later try may take.
    [[nodiscard]] bool wants_again() const noexcept { return !cursor_.open().empty(); }
    // For `status`: why it can't be polled now. Throws StoreError.
    void save_error(std::string const& error);

  private:
    void load();
    [[nodiscard]] std::uint32_t first_cursor(ImapClient& client);
    [[nodiscard]] std::uint32_t cursor_after_change(ImapClient& client);
    [[nodiscard]] bool has_news(ImapClient& client);
    void take(ImapClient& client);
    void save_progress(std::uint64_t left);
    void save_success(std::optional<std::string> const& trouble);
    void save();

    ImapOptions options_;
    std::uint64_t max_message_octets_;
    ImapTimes times_;
    Surroundings around_;
    ImapFolderState state_;
    std::optional<ImapFolderState> saved_;  // as the store has it
    bool loaded_ = false;
    ImapHandover handover_;
    ImapMarks marks_;
    ImapSelected selected_;
    ImapCursor cursor_;
    ImapSuspects suspects_;
    bool rows_count_ = true;  // a ledger row of a place says that its mail was taken
    std::optional<std::chrono::steady_clock::time_point> searched_;  // in this session
    std::optional<std::string> cut_short_;
    std::optional<std::string> told_trouble_;  // with marks; the log knows of it
    std::string notice_;
    std::chrono::steady_clock::time_point notice_ends_;
};

}  // namespace postern
