#include "daemon/dns_cache.h"

#include <algorithm>

namespace postern {

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::seconds;

// A TTL of 0 is kept for the mail in hand, whose SPF, DKIM and DMARC may ask the same.
constexpr Seconds least_time = 1s;
// A key that was withdrawn or a policy that was changed counts after a day at most, whatever its TTL was.
constexpr Seconds most_time = 24h;
// RFC 2308 5: one to three hours have been found to work well.
constexpr Seconds most_negative_time = 1h;
// RFC 2308 5 would not keep these at all, but then each mail of a flood asks for them.
constexpr Seconds time_without_soa = 5s;
// RFC 2308 7.1 allows five minutes; a mail that is tried again after a 4yz should find the servers that are back.
constexpr Seconds time_of_trouble = 5s;

// What an entry takes besides its octets: nodes of list and map, the vector.
constexpr std::size_t entry_overhead = 256;

std::size_t octets_of(DnsQuestion const& question, DnsAnswer const& answer) {
    auto octets = entry_overhead + 2 * question.wire_name.size();
    for (auto const& record : answer.records) octets += sizeof record + record.data.size();
    return octets;
}

}  // namespace

Seconds DnsCache::time_to_keep(DnsAnswer::Status status, std::optional<std::uint32_t> ttl) {
    if (status == DnsAnswer::Status::trouble) return time_of_trouble;
    if (!ttl) return time_without_soa;
    bool const is_found = status == DnsAnswer::Status::found;
    return std::clamp(Seconds(*ttl), least_time, is_found ? most_time : most_negative_time);
}

void DnsCache::remove(Entries::iterator entry) {
    octets_ -= entry->octets;
    by_question_.erase(entry->question);
    by_use_.erase(entry);
}

void DnsCache::keep(DnsQuestion const& question, DnsAnswer answer, Seconds time, TimePoint now) {
    if (auto const old = by_question_.find(question); old != by_question_.end()) remove(old->second);
    auto const octets = octets_of(question, answer);
    by_use_.push_front({question, std::move(answer), now + time, octets});
    by_question_.emplace(question, by_use_.begin());
    octets_ += octets;
    while (by_use_.size() > most_entries || octets_ > most_octets) remove(std::prev(by_use_.end()));
}

DnsAnswer const* DnsCache::find(DnsQuestion const& question, TimePoint now) {
    auto const found = by_question_.find(question);
    if (found == by_question_.end()) return nullptr;
    auto const entry = found->second;
    if (entry->until <= now) {
        remove(entry);
        return nullptr;
    }
    by_use_.splice(by_use_.begin(), by_use_, entry);
    return &entry->answer;
}

}  // namespace postern
