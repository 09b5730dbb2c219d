#include "daemon/cli/petition_words.h"

#include <nlohmann/json.hpp>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"

namespace postern {

std::string petition_in_words(Petition const& petition, TimePoint now) {
    if (petition.asked.empty()) return "the point of contact is going to be asked";
    auto const asked = petition.asked + " was asked on " + human_time(petition.created);
    auto const by = petition.answered ? " by mail " + petition.answered->text : "";
    switch (petition.state) {
        case PetitionState::owed:
        case PetitionState::asked:
            return asked + (now < petition.expires ? ", and can answer until " : "; the time to answer ended on ") +
                   human_time(petition.expires);
        case PetitionState::admitted:
            return asked + ", and let it in" + by + "; it goes its way now";
        case PetitionState::done:
            return asked + ", and let it in" + by;
        case PetitionState::closed:
            break;
    }
    return asked + "; no answer counts any more";
}

std::string petition_in_short(Petition const& petition, TimePoint now) {
    if (petition.asked.empty()) return "the point of contact is going to be asked";
    switch (petition.state) {
        case PetitionState::owed:
        case PetitionState::asked:
            return petition.asked + (now < petition.expires ? " was asked" : " did not let it in");
        case PetitionState::admitted:
        case PetitionState::done:
            return petition.asked + " let it in";
        case PetitionState::closed:
            break;
    }
    return petition.asked + " was asked, and is no longer";
}

Json petition_json(std::optional<Petition> const& petition) {
    if (!petition) return {};
    bool const was_asked = !petition->asked.empty();
    return {{"state", to_string(petition->state)},
            {"to", text_or_null(petition->asked)},
            {"sent", was_asked ? Json(to_iso8601(petition->created)) : Json()},
            {"until", was_asked ? Json(to_iso8601(petition->expires)) : Json()},
            {"answered_by", petition->answered ? Json(petition->answered->text) : Json()}};
}

}  // namespace postern
