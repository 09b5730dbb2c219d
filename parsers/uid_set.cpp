#include "parsers/uid_set.h"

#include <algorithm>
#include <charconv>

namespace postern {

UidSet::UidSet(std::vector<UidRange> ranges) : ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end(), [](UidRange a, UidRange b) { return a.first < b.first; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
        auto const range = ranges_[i];
        // 64 bits: last + 1 of the highest UID is no UID.
        if (kept > 0 && std::uint64_t{ranges_[kept - 1].last} + 1 >= range.first) {
            ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
        } else {
            ranges_[kept++] = range;
        }
    }
    ranges_.resize(kept);
}

UidSet UidSet::of(std::vector<std::uint32_t> const& uids) {
    std::vector<UidRange> ranges;
    ranges.reserve(uids.size());
    for (auto const uid : uids) ranges.push_back({uid, uid});
    return UidSet(std::move(ranges));
}

std::uint64_t UidSet::size() const noexcept {
    std::uint64_t count = 0;
    for (auto const range : ranges_) count += std::uint64_t{range.last} - range.first + 1;
    return count;
}

bool UidSet::contains(std::uint32_t uid) const noexcept {
    auto const behind = std::upper_bound(ranges_.begin(), ranges_.end(), uid,
                                         [](std::uint32_t wanted, UidRange range) { return wanted < range.first; });
    return behind != ranges_.begin() && uid <= std::prev(behind)->last;
}

std::vector<std::uint32_t> UidSet::take(std::size_t max) {
    std::vector<std::uint32_t> taken;
    std::size_t used_up = 0;
    while (taken.size() < max && used_up < ranges_.size()) {
        auto& range = ranges_[used_up];
        auto const room = max - taken.size();
        auto const here = std::min<std::uint64_t>(room, std::uint64_t{range.last} - range.first + 1);
        for (std::uint64_t i = 0; i < here; ++i) taken.push_back(static_cast<std::uint32_t>(range.first + i));
        if (taken.back() == range.last) {
            ++used_up;
        } else {
            range.first = taken.back() + 1;
        }
    }
    ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(used_up));
    return taken;
}

void UidSet::remove_below(std::uint32_t uid) {
    auto const first_kept =
        std::find_if(ranges_.begin(), ranges_.end(), [uid](UidRange range) { return range.last >= uid; });
    ranges_.erase(ranges_.begin(), first_kept);
    if (!ranges_.empty()) ranges_.front().first = std::max(ranges_.front().first, uid);
}

std::vector<std::string> UidSet::texts(std::size_t max_octets) const {
    std::vector<std::string> pieces;
    for (auto const range : ranges_) {
        auto text = std::to_string(range.first);
        if (range.last != range.first) text += ":" + std::to_string(range.last);
        if (pieces.empty() || pieces.back().size() + 1 + text.size() > max_octets) {
            pieces.push_back(std::move(text));
        } else {
            pieces.back() += "," + text;
        }
    }
    return pieces;
}

namespace {

// nz-number of at most 32 bits; `at` moves behind it.
std::uint32_t take_uid(std::string_view text, std::size_t& at) {
    std::uint32_t uid = 0;
    auto const [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), uid);
    if (error != std::errc{}) return 0;
    at = static_cast<std::size_t>(end - text.data());
    return uid;
}

}  // namespace

Parsed<UidSet> parse_uid_set(std::string_view text) {
    std::vector<UidRange> ranges;
    for (std::size_t at = 0;;) {
        auto const first = take_uid(text, at);
        auto last = first;
        if (first != 0 && at < text.size() && text[at] == ':') last = take_uid(text, ++at);
        if (first == 0 || last == 0) return ParseError{"not a set of UIDs", at};
        ranges.push_back({std::min(first, last), std::max(first, last)});
        if (at == text.size()) return UidSet(std::move(ranges));
        if (text[at++] != ',') return ParseError{"not a set of UIDs", at - 1};
    }
}

}  // namespace postern
