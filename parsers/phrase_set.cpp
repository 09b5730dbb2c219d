#include "parsers/phrase_set.h"

#include <algorithm>
#include <string>

#include "parsers/ascii.h"

namespace postern {
namespace {

bool begins_word(std::string_view text, std::size_t at) noexcept {
    return at == 0 || is_8bit(text[at]) || !(is_letter(text[at - 1]) || is_digit(text[at - 1]));
}

// Lower case, every run of white space one space.
std::string folded(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (auto const c : text) {
        if (!is_space(c))
            line += lower(c);
        else if (!line.ends_with(' '))
            line += ' ';
    }
    return line;
}

}  // namespace

PhraseSet::PhraseSet(std::span<char const* const> phrases) {
    for (std::string_view const phrase : phrases)
        by_first_octet_[static_cast<unsigned char>(phrase.front())].push_back(phrase);
}

std::size_t PhraseSet::count(std::string_view text, std::size_t examined_octets, std::size_t enough) const {
    auto const line = folded(text.substr(0, examined_octets));
    std::string_view const view = line;
    std::vector<std::string_view> seen;
    for (std::size_t at = 0; at < view.size() && seen.size() < enough; ++at) {
        auto const& candidates = by_first_octet_[static_cast<unsigned char>(view[at])];
        if (candidates.empty() || !begins_word(view, at)) continue;
        for (auto const phrase : candidates) {
            if (view.compare(at, phrase.size(), phrase) == 0 && std::ranges::find(seen, phrase) == seen.end())
                seen.push_back(phrase);
        }
    }
    return std::min(seen.size(), enough);
}

}  // namespace postern
