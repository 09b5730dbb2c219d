// ImapClient: an IMAP session as the poller needs it (RFC 9051; RFC 3501 with IDLE, MOVE, UIDPLUS, ESEARCH where the
// server has them). Every call writes, waits and returns; a lost or lying server is an ImapError, after which
// the session is over. NO and BAD come back as values where the caller can go on. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/imap_connection.h"
#include "parsers/imap_folder_name.h"
#include "parsers/imap_response_reader.h"

namespace postern {

struct ImapSelected {
    std::uint32_t uid_validity = 0;
    std::optional<std::uint32_t> uid_next;
    std::uint32_t exists = 0;
    bool read_only = false;
};

struct ImapMailFacts {
    std::uint32_t uid = 0;
    std::uint64_t size = 0;
    std::optional<TimePoint> internal_date;
};

// What a server answered, for people, in one line: "NO [SERVERBUG] Internal error".
[[nodiscard]] std::string words_of(ImapCondition const& condition);

class ImapClient {
  public:
    using Clock = ImapConnection::Clock;
    using OnMail = std::function<void(std::uint32_t uid, std::string octets)>;

    // A session whose responses to one command are more than this is no IMAP session: the flags of a folder of a
    // million mails, changed at once by another client.
    static constexpr std::size_t untagged_per_command = 1'000'000;
    // RFC 7162 4: servers take command lines of 8192 octets; some old ones 1000 (RFC 2683 3.2.1.5).
    static constexpr std::size_t uid_set_octets = 900;

    ImapClient(ImapOptions const& options, ImapTimes const& times, WakeEvent const& stop,
               std::shared_ptr<AccessTokens> const& tokens = nullptr);

    // In upper case: "MOVE", "IDLE".
    [[nodiscard]] bool can(std::string_view capability) const;

    // Throws Kind::refused with the server's words where it says NO.
    ImapSelected select(ImapFolderName const& folder);
    // The same by EXAMINE: nothing in the folder changes, not even what is new there.
    ImapSelected examine(ImapFolderName const& folder);
    // Whether there is such a folder, as STATUS tells: OK, or NO in the server's words.
    ImapCondition status(ImapFolderName const& folder);
    // NOOP: lets the server tell what came and went.
    void look();
    // What is there from `first` on up to `last` (none: all), never anything below `first`.
    UidSet search(std::uint32_t first, std::optional<std::uint32_t> last);
    // The same, of mails whose INTERNALDATE is not before that day.
    UidSet search_since(TimePoint day);
    // Mails whose Message-ID field holds this one. It is ours: printable US-ASCII without quotes.
    UidSet search_message_id(std::string_view message_id);
    // Something came that the last search did not see.
    [[nodiscard]] bool news() const noexcept { return news_; }
    // Which of them are still there.
    UidSet still_there(UidSet const& uids);

    // UIDs that were not asked for are passed on too; what was asked for need not come. A mail larger than `max_octets`
    // ends the session.
    ImapCondition fetch_facts(UidSet const& uids, std::function<void(ImapMailFacts const&)> const& on_mail);
    ImapCondition fetch_mails(UidSet const& uids, std::uint64_t max_octets, OnMail const& on_mail);
    ImapCondition fetch_header(std::uint32_t uid, std::uint64_t max_octets, OnMail const& on_mail);

    ImapCondition flag(UidSet const& uids, std::string_view flag);
    ImapCondition move(UidSet const& uids, ImapFolderName const& to);
    ImapCondition copy(UidSet const& uids, ImapFolderName const& to);
    ImapCondition expunge(
        UidSet const& uids);  // only where can("UIDPLUS"): EXPUNGE alone would take other people's too
    ImapCondition create(ImapFolderName const& folder);

    enum class IdleEnd { news, time, woken, refused };
    // Waits in IDLE for something to come into the folder.
    IdleEnd idle(Clock::time_point until, WakeEvent const& early);
    // Says goodbye without waiting for an answer.
    void log_out() noexcept;

    // [ALERT]s of the server (RFC 9051 7.1: must be shown), since the last call.
    [[nodiscard]] std::vector<std::string> take_alerts();

    // When the server's certificate ends; nullopt: there is no TLS.
    [[nodiscard]] std::optional<TimePoint> certificate_end() const { return connection_.certificate_end(); }

  private:
    using OnResponse = std::function<void(ImapResponse&)>;

    ImapSelected open(std::string_view verb, ImapFolderName const& folder);
    std::string begin(std::string_view command);
    ImapCondition finish(std::string const& tag, OnResponse const& on_response = {});
    ImapCondition run(std::string_view command, OnResponse const& on_response = {});
    ImapCondition run_on(UidSet const& uids, std::string_view verb, std::string_view rest,
                         OnResponse const& on_response = {});
    UidSet found_by(std::string const& tag, std::string_view what);
    std::string search_command(std::string_view criteria) const;
    std::optional<ImapResponse> next_response(Clock::time_point until, WakeEvent const* early);
    void note(ImapResponse const& response);

    ImapTimes times_;
    ImapConnection connection_;
    ImapResponseReader reader_;
    std::string buffer_;
    std::vector<std::string> capabilities_, alerts_;
    std::string tag_prefix_;
    unsigned commands_ = 0;
    std::uint32_t exists_ = 0;
    bool news_ = false;  // something came since the last search
};

}  // namespace postern
