// UidSet: which mails of an IMAP folder (RFC 9051 4.1.1, sequence-set), kept as ranges: what a hostile "1:4294967295"
// costs is one range, not four thousand million numbers. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace postern {

struct UidRange {
    std::uint32_t first = 1, last = 1;  // both inclusive; 1 <= first <= last
    friend bool operator==(UidRange const&, UidRange const&) = default;
};

class UidSet {
  public:
    UidSet() = default;
    // In any order, overlapping or not.
    explicit UidSet(std::vector<UidRange> ranges);
    [[nodiscard]] static UidSet of(std::vector<std::uint32_t> const& uids);

    [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
    [[nodiscard]] std::uint64_t size() const noexcept;
    [[nodiscard]] bool contains(std::uint32_t uid) const noexcept;
    [[nodiscard]] std::vector<UidRange> const& ranges() const noexcept { return ranges_; }  // ascending, with gaps
    // The lowest `max` of them, which leave the set.
    [[nodiscard]] std::vector<std::uint32_t> take(std::size_t max);
    void remove_below(std::uint32_t uid);
    // "2,4:7,9", cut into pieces of at most `max_octets` each (at least one range a piece).
    [[nodiscard]] std::vector<std::string> texts(std::size_t max_octets) const;

  private:
    std::vector<UidRange> ranges_;
};

// A set as a server writes it: no "*"; "9:4" is 4:9.
[[nodiscard]] Parsed<UidSet> parse_uid_set(std::string_view text);

}  // namespace postern
