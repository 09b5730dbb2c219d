#include "daemon/dns_cache.h"

#include <catch2/catch.hpp>

using namespace postern;
using namespace std::chrono_literals;
using Status = DnsAnswer::Status;

namespace {

DnsCache::TimePoint const start = DnsCache::TimePoint(1000s);

DnsQuestion question(std::string const& name, DnsType type = DnsType::a) {
    return {dns_wire_name(name).value(), type};
}

DnsAnswer text(std::size_t octets) {
    return {Status::found, {{std::string(octets, 't'), 0}}};
}

}  // namespace

TEST_CASE("an answer is kept for its time, for its name and type") {
    DnsCache cache;
    cache.keep(question("northwind.example"), text(1), 60s, start);
    CHECK(*cache.find(question("NORTHWIND.example."), start + 59s) == text(1));
    CHECK(!cache.find(question("northwind.example", DnsType::txt), start));
    CHECK(!cache.find(question("globex.example"), start));
    CHECK(!cache.find(question("northwind.example"), start + 60s));
    CHECK(cache.entries() == 0);
    CHECK(cache.octets() == 0);
}

TEST_CASE("the last answer counts") {
    DnsCache cache;
    cache.keep(question("northwind.example"), text(1), 60s, start);
    cache.keep(question("northwind.example"), text(2), 10s, start);
    CHECK(*cache.find(question("northwind.example"), start) == text(2));
    CHECK(!cache.find(question("northwind.example"), start + 10s));
}

TEST_CASE("for how long: by TTL up to a day, RFC 2308 up to an hour, trouble for some seconds") {
    CHECK(DnsCache::time_to_keep(Status::found, 300) == 300s);
    CHECK(DnsCache::time_to_keep(Status::found, 0) == 1s);
    CHECK(DnsCache::time_to_keep(Status::found, 0x7FFFFFFF) == 24h);
    for (auto const negative : {Status::no_name, Status::no_data}) {
        CHECK(DnsCache::time_to_keep(negative, 60) == 60s);
        CHECK(DnsCache::time_to_keep(negative, 0) == 1s);
        CHECK(DnsCache::time_to_keep(negative, 0x7FFFFFFF) == 1h);
        CHECK(DnsCache::time_to_keep(negative, std::nullopt) == 5s);
    }
    CHECK(DnsCache::time_to_keep(Status::trouble, std::nullopt) == 5s);
}

TEST_CASE("bounded by entries: the least recently used goes") {
    DnsCache cache;
    cache.keep(question("used.example"), text(1), 60s, start);
    cache.keep(question("unused.example"), text(1), 60s, start);
    for (std::size_t at = 0; at < DnsCache::most_entries - 2; ++at)
        cache.keep(question(std::to_string(at) + ".example"), text(1), 60s, start);
    CHECK(cache.entries() == DnsCache::most_entries);
    CHECK(cache.find(question("used.example"), start));
    cache.keep(question("last.example"), text(1), 60s, start);
    CHECK(cache.entries() == DnsCache::most_entries);
    CHECK(!cache.find(question("unused.example"), start));
    CHECK(cache.find(question("used.example"), start));
}

TEST_CASE("bounded by octets: a sender's 64 KiB records don't take the memory of all") {
    DnsCache cache;
    for (std::size_t at = 0; at < 1000; ++at) {
        cache.keep(question(std::to_string(at) + ".example", DnsType::txt), text(65'000), 60s, start);
        CHECK(cache.octets() <= DnsCache::most_octets);
    }
    CHECK(cache.entries() == DnsCache::most_octets / 65'500);
    CHECK(cache.find(question("999.example", DnsType::txt), start));
    CHECK(!cache.find(question("0.example", DnsType::txt), start));
}
