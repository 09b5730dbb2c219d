#include "config/spelling.h"

#include <algorithm>
#include <cstddef>

#include "parsers/header_fields.h"

namespace postern {
namespace {

// No key of ours is half as long; a longer word is no slip of the finger.
constexpr std::size_t longest_word = 64;

std::string folded(std::string_view word) {
    auto result = lower_ascii(word);
    std::replace(result.begin(), result.end(), '-', '_');
    return result;
}

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view word, std::vector<std::string> const& known) {
    if (word.size() > longest_word) return std::nullopt;
    auto const wanted = folded(word);
    std::optional<std::string> best;
    auto best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;  // a third of it mistyped is another word
    for (auto const& candidate : known) {
        auto const distance = edit_distance(wanted, folded(candidate));
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    if (best || wanted.size() < 3) return best;
    // "message_size" for "message", "client" for "client_id".
    for (auto const& candidate : known) {
        auto const name = folded(candidate);
        if (name.starts_with(wanted) || (name.size() >= 3 && wanted.starts_with(name))) return candidate;
    }
    return std::nullopt;
}

}  // namespace postern
