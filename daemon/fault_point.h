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

enum class Mutant {
    reply_before_commit  // "reply-before-commit": the way in is answered while the transaction is open
};

// A name of the list: any other does not compile.
class FaultPoint {
  public:
    consteval FaultPoint(char const* name)
        : index_(static_cast<std::size_t>(std::ranges::find(fault_points, std::string_view(name)) -
                                          fault_points.begin())) {
        if (index_ == fault_points.size()) throw "no such fault point";
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
