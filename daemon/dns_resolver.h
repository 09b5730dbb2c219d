// DnsResolver: asks the configured resolver for the records that sender authentication needs. One thread of its own
// runs c-ares; answers are kept in a bounded cache as long as their TTL says, negative ones too (RFC 2308).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern {

enum class DnsType : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

struct DnsRecord {
    // a, aaaa: the 4 or 16 octets. ptr, mx: the name, lower case, without a dot at the end, octets other than
    // letters, digits, '-', '_' and '.' escaped as \DDD (RFC 1035 5.1). txt: its strings joined (RFC 7208 3.3).
    std::string data;
    std::uint16_t preference = 0;  // of mx
    friend bool operator==(DnsRecord const&, DnsRecord const&) = default;
};

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

    // "127.0.0.1:5353", "[::1]:53", "192.0.2.1"; none: those of /etc/resolv.conf.
    explicit DnsResolver(std::optional<std::string> server);
    // Ends what is under way as trouble.
    ~DnsResolver();
    DnsResolver(DnsResolver const&) = delete;
    DnsResolver& operator=(DnsResolver const&) = delete;

    // `done` is called once, by the resolver's thread, at the deadline at the latest; it must not block or throw. A
    // name that can't be asked for (empty, a label over 63 octets, over 253 in all) is no_name. Any thread may ask.
    void query(std::string name, DnsType type, Clock::time_point deadline, Done done);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace postern
