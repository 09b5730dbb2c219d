// ImapCursor: how far a folder was taken. It passes a UID only once that is settled: it has a ledger row, or the mail
// has vanished. Pure; a value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace postern {

class ImapCursor {
  public:
    explicit ImapCursor(std::uint32_t last_uid = 0) : reached_(last_uid) {}

    // Mails that are there and above the cursor; up to the highest of them, no others are.
    void look_at(std::vector<std::uint32_t> const& uids) {
        open_.insert(uids.begin(), uids.end());
        if (!uids.empty()) reach(uids.back());
    }
    // Nothing is there up to this UID but what was looked at.
    void reach(std::uint32_t uid) { reached_ = std::max(reached_, uid); }
    void settle(std::uint32_t uid) { open_.erase(uid); }

    [[nodiscard]] std::uint32_t last_uid() const { return open_.empty() ? reached_ : *open_.begin() - 1; }
    [[nodiscard]] bool is_open(std::uint32_t uid) const { return open_.contains(uid); }
    [[nodiscard]] std::set<std::uint32_t> const& open() const noexcept { return open_; }

  private:
    std::uint32_t reached_;
    std::set<std::uint32_t> open_;
};

}  // namespace postern
