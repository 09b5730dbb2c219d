// The words by which missing_details knows that a mail holds a detail, in English and German.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern {

// Signs found in the text. Some are details by themselves, others only together.
enum class Sign : std::uint8_t { link, page_named, steps, moment, action, system, affected, place, sign_count };

struct PhraseList {
    Sign sign;
    // Parted by '|'. Words in lower case with one space between; '*' at the end: the last word may go on.
    std::string_view phrases;
};

[[nodiscard]] std::span<PhraseList const> detail_phrases() noexcept;

}  // namespace postern
