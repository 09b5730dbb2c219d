// Text as the store keeps it, whatever back end: well-formed UTF-8 without NUL. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// Well-formed UTF-8 (Unicode 15, table 3-7) without U+0000: what every text column holds.
[[nodiscard]] bool is_storable_text(std::string_view text) noexcept;

// The text with NUL and every ill-formed sequence replaced by U+FFFD. Many tools and SQL functions take NUL for the
// end: what stands behind it would be kept but never seen.
[[nodiscard]] std::string storable_text(std::string_view text);

// Folds case character by character, so that É finds é and Σ finds ς: Unicode's simple mapping, in any locale.
[[nodiscard]] std::string folded_case(std::string_view text);

// A text to look for without regard to case, prepared once for many texts.
class FoldedNeedle {
  public:
    explicit FoldedNeedle(std::string_view text);
    [[nodiscard]] bool found_in(std::string_view text) const;

  private:
    [[nodiscard]] bool found_in_ascii(std::string_view text) const noexcept;

    std::string folded_;
    bool ascii_;
    char lower_first_, upper_first_;
};

}  // namespace postern
