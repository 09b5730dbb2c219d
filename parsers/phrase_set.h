// Finds which of a fixed set of phrases a text holds, in one pass over it. Pure; immutable once made, so shared by
// threads.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace postern {

class PhraseSet {
  public:
    // Phrases are lower case with single spaces, and outlive the set (string literals).
    explicit PhraseSet(std::span<char const* const> phrases);

    // How many of the phrases the text's first `examined_octets` hold, any case and white space; stops counting at
    // `enough`. A phrase begins with a word; those that begin with a letter outside of US-ASCII may stand anywhere.
    [[nodiscard]] std::size_t count(std::string_view text, std::size_t examined_octets, std::size_t enough) const;

  private:
    std::array<std::vector<std::string_view>, 256> by_first_octet_;
};

}  // namespace postern
