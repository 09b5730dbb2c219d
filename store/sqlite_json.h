// Lists of texts as JSON columns. Internal to the SQLite store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"

namespace postern {

[[nodiscard]] std::string story_to_json(std::vector<StoryStep> const& story);
// Throws StoreError (broken).
[[nodiscard]] std::vector<StoryStep> story_from_json(std::string_view json);

// [["to", …], ["cc", …]]
struct Recipients {
    std::vector<std::string> to, cc;
};
[[nodiscard]] std::string recipients_to_json(std::vector<std::string> const& to, std::vector<std::string> const& cc);
[[nodiscard]] Recipients recipients_from_json(std::string_view json);

}  // namespace postern
