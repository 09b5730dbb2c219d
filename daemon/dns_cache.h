// DnsCache: answers of the resolver for as long as they may be kept, bounded by count and by octets; the least
// recently used goes first. Has no clock: time is an argument. For one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>

#include "daemon/dns_resolver.h"
#include "parsers/dns_message.h"

namespace postern {

class DnsCache {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // A mail asks up to some ten names, most of them of few domains: these are the domains of a busy day.
    static constexpr std::size_t most_entries = 20'000;
    // The answers of `most_entries` are 4 MB as a rule; hostile ones have 64 KiB each.
    static constexpr std::size_t most_octets = std::size_t{16} * 1024 * 1024;

    // Of an answer's TTL, in seconds; none: it said nothing of that.
    [[nodiscard]] static std::chrono::seconds time_to_keep(DnsAnswer::Status status, std::optional<std::uint32_t> ttl);

    void keep(DnsQuestion const& question, DnsAnswer answer, std::chrono::seconds time, TimePoint now);
    // Null: not kept, or no longer. Valid until the next call.
    [[nodiscard]] DnsAnswer const* find(DnsQuestion const& question, TimePoint now);

    [[nodiscard]] std::size_t entries() const noexcept { return by_question_.size(); }
    [[nodiscard]] std::size_t octets() const noexcept { return octets_; }

  private:
    struct Entry {
        DnsQuestion question;
        DnsAnswer answer;
        TimePoint until;
        std::size_t octets = 0;
    };
    using Entries = std::list<Entry>;
    void remove(Entries::iterator entry);

    Entries by_use_;  // the last used first
    std::map<DnsQuestion, Entries::iterator> by_question_;
    std::size_t octets_ = 0;
};

}  // namespace postern
