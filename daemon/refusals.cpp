#include "daemon/refusals.h"

#include <algorithm>
#include <limits>

namespace postern {

void Refusals::set_limit(Rate limit) {
    std::lock_guard const lock(mutex_);
    limit_ = limit;
}

unsigned Refusals::left(AddressKey const& address, Clock::time_point now) const {
    std::lock_guard const lock(mutex_);
    if (limit_.count == 0) return std::numeric_limits<unsigned>::max();
    auto const found = entries_.find(address);
    if (found == entries_.end()) return limit_.count;
    auto entry = found->second;
    move_on(entry, now);
    return limit_.count - std::min(limit_.count, in_window(entry, now));
}

bool Refusals::count(AddressKey const& address, unsigned refusals, Clock::time_point now) {
    std::lock_guard const lock(mutex_);
    if (limit_.count == 0 || refusals == 0) return false;
    auto [found, is_new] = entries_.try_emplace(address);
    auto& entry = found->second;
    if (is_new) {
        entry.span_began = now;
        entry.place = by_last_refusal_.insert(by_last_refusal_.end(), address);
    } else {
        by_last_refusal_.splice(by_last_refusal_.end(), by_last_refusal_, entry.place);
    }
    move_on(entry, now);
    bool const was_below = in_window(entry, now) < limit_.count;
    // Not beyond the limit: who goes on regardless waits as long as who stops.
    entry.now += std::min(refusals, limit_.count - std::min(limit_.count, entry.now));
    bool const reached = was_below && in_window(entry, now) >= limit_.count;
    make_room();
    return reached;
}

std::size_t Refusals::addresses() const {
    std::lock_guard const lock(mutex_);
    return entries_.size();
}

void Refusals::move_on(Entry& entry, Clock::time_point now) const {
    auto const spans = (now - entry.span_began) / limit_.per;
    if (spans <= 0) return;
    entry.before = spans == 1 ? entry.now : 0;
    entry.now = 0;
    entry.span_began += spans * limit_.per;
}

unsigned Refusals::in_window(Entry const& entry, Clock::time_point now) const {
    auto const part = std::chrono::duration<double>(now - entry.span_began) / std::chrono::duration<double>(limit_.per);
    return entry.now + static_cast<unsigned>(entry.before * std::clamp(1 - part, 0.0, 1.0));
}

void Refusals::make_room() {
    while (entries_.size() > most_addresses) {
        entries_.erase(by_last_refusal_.front());
        by_last_refusal_.pop_front();
    }
}

}  // namespace postern
