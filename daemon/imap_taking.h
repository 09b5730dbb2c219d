// ImapTaking: one poll of one folder. Finds what is new above the cursor, fetches it in batches that fit the memory
// there is, and hands it over. An object lives for one poll, on the poller's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/imap_client.h"
#include "daemon/imap_cursor.h"
#include "daemon/imap_handover.h"
#include "daemon/imap_suspects.h"
#include "daemon/in_flight.h"
#include "daemon/log.h"
#include "daemon/store_writer.h"
#include "daemon/wake_event.h"

namespace postern {

// A folder as it is kept between polls.
struct ImapTakingPlace {
    std::string const& key;
    std::uint64_t max_message_octets;
    ImapTimes const& times;
    StoreWriter& writer;
    InFlight& in_flight;
    Log& log;
    WakeEvent const& stop;
    ImapCursor& cursor;
    ImapSuspects& suspects;
    ImapHandover& handover;
    bool rows_count;  // a ledger row of a place says that its mail was taken
};

class ImapTaking {
  public:
    // One search names at most so many UIDs: 6 MiB of text where the server has no ESEARCH.
    static constexpr std::uint32_t search_window = 500'000;
    // Mails whose size is asked for at once.
    static constexpr std::size_t facts_at_once = 1000;
    // Mails in one FETCH: their number is the work that a broken connection repeats, and one commit's worth or so.
    static constexpr std::size_t mails_at_once = 256;
    // Their octets: what lies in memory beside the mails that are with the desk already. A larger mail comes alone.
    static constexpr std::uint64_t octets_at_once = 8ULL * 1024 * 1024;

    ImapTaking(ImapClient& client, ImapSelected const& selected, ImapTakingPlace const& place);

    // Throws ImapError, StoreError; what was handed over by then goes its way.
    void take_new();
    // Why the rest is left to the next poll; none where all was looked at.
    [[nodiscard]] std::optional<std::string> const& cut_short() const noexcept { return cut_short_; }
    // What an operator should look at: mails that were taken by their header.
    [[nodiscard]] std::string const& notice() const noexcept { return notice_; }
    // Found and not looked at yet.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_.size(); }

  private:
    // One FETCH: mails whose octets are counted already.
    struct Wanted {
        ImapMailFacts facts;
        InFlight::Reservation room;
    };
    using Group = std::map<std::uint32_t, Wanted>;

    [[nodiscard]] std::optional<std::uint32_t> window_end(std::uint32_t from) const;
    void take_window();
    void leave_out_taken(std::vector<std::uint32_t>& uids);
    [[nodiscard]] std::deque<ImapMailFacts> facts_of(std::vector<std::uint32_t> const& uids);
    void find_facts(std::vector<std::uint32_t> const& uids, std::map<std::uint32_t, ImapMailFacts>& found);
    void note_refusal(bool others_came);
    void tell_refused(std::size_t mails, ImapCondition const& answer);
    void suspect(std::uint32_t uid, std::string const& why);
    [[nodiscard]] Group next_group(std::deque<ImapMailFacts>& pending);
    [[nodiscard]] bool wait_for_room(InFlight::Reservation& room, std::uint64_t octets);
    void take_group(Group group);
    void receive(Group& wanted, std::vector<ImapFetched>& fetched, std::uint32_t uid, std::string octets);
    void look_for(Group missing, bool others_came, ImapCondition const& answer);
    void take_by_header(ImapMailFacts const& facts, std::string const& why);
    void tell_held(std::uint32_t uid, std::string const& why);
    void take_suspects();
    void take_suspect(std::uint32_t uid);
    [[nodiscard]] bool ends();

    ImapClient& client_;
    ImapSelected selected_;
    ImapTakingPlace place_;
    UidSet left_;
    unsigned refused_fetches_ = 0;
    bool delivered_ = false, told_refused_ = false;
    std::optional<std::string> cut_short_;
    std::string notice_;
};

}  // namespace postern
