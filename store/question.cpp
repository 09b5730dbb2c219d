#include "store/question.h"

#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<5> states{"owed", "asked", "admitted", "done", "closed"};

}  // namespace

std::string_view to_string(PetitionState state) noexcept {
    return enum_name(states, state);
}
std::optional<PetitionState> parse_petition_state(std::string_view text) noexcept {
    return enum_value<PetitionState>(states, text);
}

}  // namespace postern
