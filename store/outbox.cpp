#include "store/outbox.h"

#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<7> kinds{"receipt", "referral", "notification", "reply", "summary", "alarm", "question"};
constexpr EnumNames<4> states{"queued", "sent", "failed", "dropped"};

}  // namespace

std::string_view to_string(OutgoingKind kind) noexcept {
    return enum_name(kinds, kind);
}
std::optional<OutgoingKind> parse_outgoing_kind(std::string_view text) noexcept {
    return enum_value<OutgoingKind>(kinds, text);
}

std::string_view to_string(OutboxState state) noexcept {
    return enum_name(states, state);
}
std::optional<OutboxState> parse_outbox_state(std::string_view text) noexcept {
    return enum_value<OutboxState>(states, text);
}

}  // namespace postern
