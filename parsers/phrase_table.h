// A set of known phrases, found in text in one pass: what clients and servers write in many languages would cost a
// search each otherwise. Built when the code is compiled; pure.
//
// US-ASCII letters compare without case, and a space in a phrase stands for any white space in the text.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/ascii.h"

namespace postern {

class PhraseTable {
  public:
    // "one phrase|another|…", of a string literal: each of two octets at least, except for equals().
    consteval explicit PhraseTable(std::string_view phrases) {
        while (!phrases.empty()) {
            auto const phrase = phrases.substr(0, phrases.find('|'));
            phrases.remove_prefix(std::min(phrases.size(), phrase.size() + 1));
            if (phrase.empty() || size_ == capacity) throw "an empty phrase, or too many of them";
            phrases_[size_++] = phrase;
            if (phrase.size() < 2) continue;
            auto const hash = pair_hash(folded(phrase[0]), folded(phrase[1]));
            pairs_[hash / 64] |= std::uint64_t{1} << hash % 64;
        }
        auto const by_first = [](std::string_view a, std::string_view b) { return octet(a[0]) < octet(b[0]); };
        std::sort(phrases_.begin(), phrases_.begin() + size_, by_first);
        for (std::size_t first = 0, i = 0; first <= 256; ++first) {
            while (i < size_ && octet(phrases_[i][0]) < first) ++i;
            begin_[first] = static_cast<std::uint16_t>(i);
        }
    }

    // The text is one of them.
    [[nodiscard]] bool equals(std::string_view text) const noexcept {
        if (text.empty()) return false;
        for (auto each = begin_[octet(text[0])]; each < begin_[octet(text[0]) + 1U]; ++each)
            if (matched(text, phrases_[each]) == text.size()) return true;
        return false;
    }

    // One of them stands at the beginning of the text.
    [[nodiscard]] bool begins(std::string_view text) const noexcept {
        if (text.size() < 2 || !may_begin(text[0], text[1])) return false;
        for (auto each = begin_[octet(text[0])]; each < begin_[octet(text[0]) + 1U]; ++each)
            if (matched(text, phrases_[each]) != 0) return true;
        return false;
    }

    [[nodiscard]] bool is_in(std::string_view text) const noexcept { return count_in(text, 1) > 0; }

    // How many different ones stand anywhere in the text; stops at `most`.
    [[nodiscard]] std::size_t count_in(std::string_view text, std::size_t most = capacity) const noexcept {
        std::bitset<capacity> found;
        std::size_t count = 0;
        for (std::size_t i = 0; i + 1 < text.size() && count < most; ++i) {
            if (!may_begin(text[i], text[i + 1])) continue;
            for (auto each = begin_[octet(text[i])]; each < begin_[octet(text[i]) + 1U] && count < most; ++each) {
                if (found[each] || matched(text.substr(i), phrases_[each]) == 0) continue;
                found[each] = true;
                ++count;
            }
        }
        return count;
    }

  private:
    static constexpr std::size_t capacity = 192;
    static constexpr std::size_t pair_bits = 2048;

    static constexpr char folded(char c) noexcept { return is_space(c) ? ' ' : lower(c); }
    static constexpr std::uint8_t octet(char c) noexcept { return static_cast<std::uint8_t>(folded(c)); }
    static constexpr std::size_t pair_hash(char a, char b) noexcept {
        return (static_cast<std::uint8_t>(a) * 37U + static_cast<std::uint8_t>(b)) % pair_bits;
    }

    [[nodiscard]] bool may_begin(char a, char b) const noexcept {
        auto const hash = pair_hash(folded(a), folded(b));
        return (pairs_[hash / 64] >> hash % 64 & 1) != 0;
    }

    // How much of the text the phrase takes at its beginning; 0: it does not stand there.
    static std::size_t matched(std::string_view text, std::string_view phrase) noexcept {
        std::size_t at = 0;
        for (char const c : phrase) {
            if (at >= text.size() || folded(text[at]) != folded(c)) return 0;
            ++at;
            if (c == ' ')
                while (at < text.size() && is_space(text[at])) ++at;
        }
        return at;
    }

    std::array<std::string_view, capacity> phrases_{};  // by first octet
    std::size_t size_ = 0;
    std::array<std::uint16_t, 257> begin_{};
    std::array<std::uint64_t, pair_bits / 64>
        pairs_{};  // of the first two octets of each: most text is passed over by them
};

}  // namespace postern
