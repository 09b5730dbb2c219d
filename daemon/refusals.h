// Refusals: how often each client's address was refused lately, for [limits] refusals_per_ip. In memory only: a restart
// forgets it. Thread-safe.
//
// A sliding window in two counters: what came in this span of the rate, and of what came in the span before it the part
// that the window still covers, as if it had come evenly. So an address takes the same room whatever it does, and is
// out of the window when its last refusal is two spans old at the latest.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>

#include "config/options.h"
#include "daemon/address_key.h"

namespace postern {

class Refusals {
  public:
    using Clock = std::chrono::steady_clock;

    // Addresses remembered, some 160 octets each: 10 MiB. Past it the one whose last refusal is the longest ago is
    // forgotten: who has so many addresses is not stopped by counting them, and nobody is refused for another's sake.
    static constexpr std::size_t most_addresses = 65536;

    explicit Refusals(Rate limit) : limit_(limit) {}

    void set_limit(Rate limit);  // on reload; what was counted stays

    // How many more the address may have; the largest number there is where there is no limit.
    [[nodiscard]] unsigned left(AddressKey const& address, Clock::time_point now = Clock::now()) const;
    // True: these reached the limit.
    bool count(AddressKey const& address, unsigned refusals, Clock::time_point now = Clock::now());
    [[nodiscard]] std::size_t addresses() const;

  private:
    struct Entry {
        Clock::time_point span_began;
        unsigned before = 0, now = 0;
        std::list<AddressKey>::iterator place;
    };
    void move_on(Entry& entry, Clock::time_point now) const;
    [[nodiscard]] unsigned in_window(Entry const& entry, Clock::time_point now) const;
    void make_room();

    mutable std::mutex mutex_;
    Rate limit_;
    std::map<AddressKey, Entry> entries_;
    std::list<AddressKey> by_last_refusal_;  // the longest ago first
};

}  // namespace postern
