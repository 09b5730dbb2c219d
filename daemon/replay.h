// Replay: what the policy at hand would have made of mail that was taken in before, held against what became of it. By
// the rules that intake asks; no server is asked, and nothing is written.
//
// Each mail is judged by itself, at the time at which it was judged then: by its octets, its envelope as the ledger has
// it, what DNS said then of its sender, and the tickets and mails of ours that were there (Store::lookup_at). What the
// store forgets, or what hangs on other mail's outcome, is taken as it was recorded, so that nothing changes under the
// policy that decided:
//   that it was a mail of ours that came back, and which ticket a reply joined;
//   that it was one of a flood, where no rule before that one decides otherwise: floods are not counted anew;
//   that enough had been forwarded to the postmaster within the hour.
// Nor is [limits] held counted. What is sent in answer is no outcome: neither receipts_per_address nor answer_within
// changes one. The ledger knows a mail's mailbox and not by which alias it came.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/policy.h"
#include "store/store.h"

namespace postern {

// What became of a mail, or would.
struct ReplayOutcome {
    Disposition disposition = Disposition::held;
    std::string rule;             // "recipient" and "size" of what would not come in at all
    std::string organization_id;  // of opened, appended, noted: the ticket's; empty: nobody's
    // Its name; of refused and held that of who is no contact but writes from its domain, "": a stranger. nullopt: the
    // ledger doesn't say.
    std::optional<std::string> organization;
    std::string config;  // where what decided stands: "contacts.toml:12"; may be empty
};

struct ReplayChange {
    LedgerEntry entry;
    ReplayOutcome was, would_be;
};

enum class NotReplayed {
    duplicate,         // of a mail that is replayed
    dropped,           // by an operator
    erased,            // for good
    released,          // an operator's or a point of contact's word let it in
    answer,            // to a question to a point of contact: its word was taken
    unread,            // nobody may parse it but at an operator's word
    not_kept,          // its octets: refused by SMTP, or expired
    unreadable,        // its octets: the store can't give them
    not_authenticated  // it hangs on whether its sender is authentic, and nobody asked then
};
[[nodiscard]] std::string_view to_string(NotReplayed why) noexcept;  // as --json has it: "not_authenticated"

struct ReplayCounts {
    std::uint64_t replayed = 0, changed = 0;
    // Of those changed: another configuration decided them than the newest mail, so not only this one makes the change.
    std::uint64_t changed_of_earlier = 0;
    // Of those replayed: nobody asked then whether the sender is authentic, so that nothing speaks against them.
    std::uint64_t as_if_authentic = 0;
    std::map<NotReplayed, std::uint64_t> not_replayed;
};

struct ReplayListener {
    std::function<void(ReplayChange const&)> changed;  // in the order of taking in
    // After each mail, replayed or not.
    std::function<void(std::int64_t done, std::int64_t total)> reached;
};

// The mails received at `since` or later. One thread; holds the octets of one mail at a time. Throws StoreError.
[[nodiscard]] ReplayCounts replay(Store& store, Policy const& policy, TimePoint since, ReplayListener const& listener);

}  // namespace postern
