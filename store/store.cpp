#include "store/store.h"

#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<4> mark_actions{"none", "seen", "move", "remove"};
constexpr EnumNames<5> error_kinds{"busy", "full", "broken", "schema-newer", "schema-older"};

}  // namespace

std::string_view to_string(StoreError::Kind kind) noexcept {
    return enum_name(error_kinds, kind);
}

std::string_view to_string(MarkAction action) noexcept {
    return enum_name(mark_actions, action);
}
std::optional<MarkAction> parse_mark_action(std::string_view text) noexcept {
    return enum_value<MarkAction>(mark_actions, text);
}

}  // namespace postern
