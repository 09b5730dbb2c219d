// Fault points: places at which a test makes the daemon die or misbehave, to prove that nothing is lost there. Only in
// builds with POSTERN_FAULT_POINTS (the presets that test); in all others a call is nothing, and no name is in the
// program.
//
// $POSTERN_FAULT is "NAME:N": at the Nth time the point is reached the process kills itself with SIGKILL.
// $POSTERN_MUTANT names a defect that the torture must find. Thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace postern {

// All of them, in the order in which a mail comes by. The torture goes through this list, and fails at one it can't
// reach.
inline constexpr std::array fault_points = std::to_array<std::string_view>({
    // intake
    "smtp.spooled",  // a piece of a large mail
    "smtp.octets-complete",
    "intake.submitted",
    "intake.read-back",  // from the spool
    "intake.parsed",
    "intake.looked-up",
    "intake.decided",
    "intake.composed",
    "intake.written",        // its rows, in the open transaction
    "writer.before-commit",  // of all the work that shares the transaction
    "writer.committed",
    "intake.committed",  // the way in does not know yet
    "smtp.before-reply",
    "lmtp.half-replied",  // the first recipient's reply is out, the others' are not
    "smtp.replied",
    // sending
    "sending.claimed",
    "sending.connected",
    "sending.mail-said",
    "sending.data-said",
    "sending.octets-given",
    "sending.taken",  // the relay's 250 is here
    "sending.before-settle",
    "sending.settling",  // in the open transaction
    "sending.settled",
    // IMAP
    "imap.fetched",
    "imap.attempt-counted",
    "imap.handed-over",
    "imap.committed",
    "imap.before-mark",
    "imap.marked",  // on the server, and not yet here
    "imap.mark-done",
    "imap.before-cursor",
    "imap.cursor-saved",
});

// Of logins by access tokens, which the torture's site has none of: their own tests go through these.
inline constexpr std::array token_fault_points = std::to_array<std::string_view>({
    "tokens.answered",  // the provider has exchanged the refresh token, and we know it by heart only
    "tokens.written",   // under another name
    "tokens.kept",
});

inline constexpr std::size_t all_fault_points = fault_points.size() + token_fault_points.size();

// all_fault_points: there is no such name.
[[nodiscard]] constexpr std::size_t fault_point_index(std::string_view name) {
    auto const found = std::ranges::find(fault_points, name) - fault_points.begin();
    auto const index = static_cast<std::size_t>(found);
    if (index < fault_points.size()) return index;
    return index + static_cast<std::size_t>(std::ranges::find(token_fault_points, name) - token_fault_points.begin());
}

enum class Mutant {
    reply_before_commit  // "reply-before-commit": the way in is answered while the transaction is open
};

// A name of the lists: any other does not compile.
class FaultPoint {
  public:
    consteval FaultPoint(char const* name) : index_(fault_point_index(name)) {
        if (index_ == all_fault_points) throw "no such fault point";
    }
    [[nodiscard]] constexpr std::size_t index() const noexcept { return index_; }

  private:
    std::size_t index_;
};

#ifdef POSTERN_FAULT_POINTS
inline constexpr bool has_fault_points = true;
void fault_point(FaultPoint point) noexcept;
[[nodiscard]] bool is_mutant(Mutant mutant) noexcept;
#else
inline constexpr bool has_fault_points = false;
constexpr void fault_point(FaultPoint) noexcept {}
[[nodiscard]] constexpr bool is_mutant(Mutant) noexcept {
    return false;
}
#endif

}  // namespace postern
