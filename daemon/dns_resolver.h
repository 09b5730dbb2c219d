// DnsResolver: asks the configured resolver for the records that sender authentication needs. One thread of its own
// runs c-ares; answers are kept in a bounded cache as long as their TTL says, negative ones too (RFC 2308).
//
// A resolver from which nothing came for some three seconds, not even an answer to a query that any resolver answers
// at once (its probe), is silent: all that is asked is trouble at once, but for what the cache has, until a probe, one
// a second, is answered. So a dead resolver delays the mails of its first seconds and none after. One that is not there
// (connection refused) is trouble at once, always.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parsers/dns_message.h"

namespace postern {

struct DnsAnswer {
    enum class Status : std::uint8_t {
        found,
        no_data,  // the name exists, without records of this type
        no_name,  // NXDOMAIN
        trouble,  // SERVFAIL, REFUSED, no answer in time, an answer that is none
    };
    Status status = Status::trouble;
    std::vector<DnsRecord> records;
    friend bool operator==(DnsAnswer const&, DnsAnswer const&) = default;
};

class DnsResolver {
  public:
    using Clock = std::chrono::steady_clock;
    using Done = std::function<void(DnsAnswer const&)>;

    // No answer is waited for longer than this, whatever the deadline: two tries of 1 and 2 s, and some time to spare.
    static constexpr std::chrono::milliseconds longest_wait{3500};
    // Queries under way at once, each some 500 octets. BIND admits 1000 of all its clients.
    static constexpr std::size_t most_under_way = 500;
    // Of them those for names of one organizational domain: its servers may be slow, and a sender may choose its names.
    static constexpr std::size_t most_under_way_of_one = most_under_way / 2;
    // Questions that wait for a place among those, some 2 MB; past them a new one is trouble at once.
    static constexpr std::size_t most_queued = 5000;
    // Who waits for an answer; the same question of many is asked once. Past them who asks has trouble at once.
    static constexpr std::size_t most_waiting = 10'000;

    // "127.0.0.1:5353", "[::1]:53", "192.0.2.1"; none: those of /etc/resolv.conf. `cache_clock` is what TTLs are
    // counted by. Throws std::runtime_error where the server can't be read.
    explicit DnsResolver(std::optional<std::string> server,
                         std::function<Clock::time_point()> cache_clock = Clock::now);
    // Ends what is under way as trouble.
    ~DnsResolver();
    DnsResolver(DnsResolver const&) = delete;
    DnsResolver& operator=(DnsResolver const&) = delete;

    // `done` is called once, by the resolver's thread, at the deadline at the latest; it must not block or throw. A
    // name that can't be asked for (empty, a label over 63 octets, over 253 in all) is no_name. Any thread may ask,
    // that of `done` too.
    void query(std::string name, DnsType type, Clock::time_point deadline, Done done);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace postern
