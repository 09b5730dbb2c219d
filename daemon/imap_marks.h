// What a folder owes its committed mails: \Seen, a move or a deletion. Owed by the store since the commit, paid here,
// in batches, and only then forgotten; what fails is paid by a later poll.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/imap_client.h"
#include "daemon/store_writer.h"

namespace postern {

class ImapMarks {
  public:
    ImapMarks(StoreWriter& writer, std::string folder) : writer_(writer), folder_(std::move(folder)) {}

    // Pays what is owed of the folder that is selected. One line of what went wrong, none where all is paid.
    // Throws ImapError where the session ended, StoreError.
    [[nodiscard]] std::optional<std::string> pay(ImapClient& client, ImapSelected const& selected);
    // After UIDVALIDITY changed, what is owed to the UIDs of before can't be paid: they may be other mails' now.
    void forget(std::uint32_t uid_validity);

  private:
    struct Task;
    [[nodiscard]] std::vector<ImapMark> owed(std::uint32_t uid_validity);
    void settle(std::vector<ImapMark> const& paid);
    ImapCondition pay(ImapClient& client, Task const& task, UidSet const& uids);
    ImapCondition move(ImapClient& client, UidSet const& uids, std::string const& to);
    ImapCondition copy_and_remove(ImapClient& client, UidSet const& uids, ImapFolderName const& to);
    std::optional<std::string> pay_or_halve(ImapClient& client, Task const& task, std::vector<ImapMark> const& marks,
                                            std::vector<ImapMark>& paid);

    StoreWriter& writer_;
    std::string folder_;
    // Copied without MOVE, and not deleted yet: a folder that lets us copy and not delete must not fill the other one
    // with a copy at each poll.
    std::set<std::uint32_t> copied_;
};

}  // namespace postern
