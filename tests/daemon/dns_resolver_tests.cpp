// The resolver before a real server. What a server does that none should: dns_fault_tests.cpp.
#include "daemon/dns_resolver.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/dns_asker.h"
#include "tests/support/nsd_server.h"

using namespace postern;
using namespace postern::testing;
using Status = DnsAnswer::Status;

namespace {

// A TXT record of many strings of 100 octets; their text.
std::string long_text(std::string const& name, std::size_t strings, std::string& zone) {
    std::string text;
    zone += name + " TXT";
    for (std::size_t at = 0; at < strings; ++at) {
        std::string const piece(100, static_cast<char>('a' + at % 26));
        zone += " \"" + piece + "\"";
        text += piece;
    }
    zone += "\n";
    return text;
}

DnsAnswer one(std::string data) {
    return {Status::found, {{std::move(data), 0}}};
}

std::vector<std::string> sorted_data(DnsAnswer const& answer) {
    std::vector<std::string> data;
    for (auto const& record : answer.records) data.push_back(record.data);
    std::sort(data.begin(), data.end());
    return data;
}

}  // namespace

TEST_CASE("records of a zone of nsd: A, AAAA, MX, TXT, PTR, and CNAMEs to them") {
    NsdServer const server(
        NsdServer::Zones{{"northwind.example",
                          "@ MX 10 Mail\n@ MX 20 mail2\n@ TXT \"v=spf1 \" \"mx -all\"\n@ TXT \"other\"\n"
                          "mail A 192.0.2.1\nmail A 192.0.2.2\nmail AAAA 2001:db8::1\n"
                          "www CNAME web\nweb CNAME mail\nnull MX 0 .\n*.any A 192.0.2.9\n"
                          "_dmarc TXT \"v=DMARC1; p=reject\"\n"},
                         {"2.0.192.in-addr.arpa", "1 PTR Mail.northwind.example.\n"}});
    DnsResolver resolver(server.address());
    CHECK(sorted_data(ask(resolver, "mail.northwind.example", DnsType::a)) ==
          std::vector<std::string>{"\xC0" + std::string("\0\2\1", 3), "\xC0" + std::string("\0\2\2", 3)});
    CHECK(ask(resolver, "MAIL.Northwind.Example.", DnsType::aaaa) ==
          one(std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\1'));
    auto const exchanges = ask(resolver, "northwind.example", DnsType::mx).records;
    REQUIRE(exchanges.size() == 2);
    CHECK(std::count(exchanges.begin(), exchanges.end(), DnsRecord{"mail.northwind.example", 10}) == 1);
    CHECK(std::count(exchanges.begin(), exchanges.end(), DnsRecord{"mail2.northwind.example", 20}) == 1);
    CHECK(sorted_data(ask(resolver, "northwind.example", DnsType::txt)) ==
          std::vector<std::string>{"other", "v=spf1 mx -all"});
    CHECK(ask(resolver, reverse_dns_name(std::string("\xC0\0\2\1", 4)), DnsType::ptr) == one("mail.northwind.example"));
    CHECK(sorted_data(ask(resolver, "www.northwind.example", DnsType::a)).size() == 2);
    CHECK(ask(resolver, "null.northwind.example", DnsType::mx) == one(""));
    CHECK(ask(resolver, "x.y.any.northwind.example", DnsType::a) == one(std::string("\xC0\0\2\x09", 4)));
    CHECK(ask(resolver, "_dmarc.northwind.example", DnsType::txt) == one("v=DMARC1; p=reject"));
}

TEST_CASE("no such name, a name without such records, a server that does not know the zone") {
    NsdServer const server("northwind.example", "mail A 192.0.2.1\nwww CNAME mail\nlost CNAME nowhere\n");
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "nowhere.northwind.example", DnsType::a) == DnsAnswer{Status::no_name, {}});
    CHECK(ask(resolver, "lost.northwind.example", DnsType::a) == DnsAnswer{Status::no_name, {}});
    CHECK(ask(resolver, "mail.northwind.example", DnsType::txt) == DnsAnswer{Status::no_data, {}});
    CHECK(ask(resolver, "www.northwind.example", DnsType::txt) == DnsAnswer{Status::no_data, {}});
    CHECK(ask(resolver, "globex.example", DnsType::a) == DnsAnswer{Status::trouble, {}});  // REFUSED
}

TEST_CASE("a name that can't be asked for has no records, and no server is asked") {
    DnsResolver resolver("127.0.0.1:1");
    for (auto const& name : {std::string(), std::string("a..b"), std::string(64, 'a') + ".example",
                             std::string(300, 'a'), std::string(".")})
        CHECK(ask(resolver, name, DnsType::a) == DnsAnswer{Status::no_name, {}});
}

TEST_CASE("answers over 512, 1232 and 4096 octets, up to the 64 KiB of DNS, come whole") {
    std::string zone;
    auto const small = long_text("small", 8, zone), middle = long_text("middle", 20, zone);
    auto const large = long_text("large", 60, zone), largest = long_text("largest", 640, zone);
    NsdServer const server("northwind.example", zone);
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "small.northwind.example", DnsType::txt) == one(small));
    CHECK(ask(resolver, "middle.northwind.example", DnsType::txt) == one(middle));
    CHECK(ask(resolver, "large.northwind.example", DnsType::txt) == one(large));
    CHECK(ask(resolver, "largest.northwind.example", DnsType::txt) == one(largest));
}

TEST_CASE("a thousand records of one name are trouble, at once") {
    std::string zone;
    for (int at = 0; at < 1000; ++at)
        zone += "many A 10.0." + std::to_string(at / 250) + "." + std::to_string(at % 250) + "\n";
    NsdServer const server("northwind.example", zone);
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "many.northwind.example", DnsType::a) == DnsAnswer{});
}

TEST_CASE("no server there is trouble, and its return is found out") {
    NsdServer server("northwind.example", "mail A 192.0.2.1\n");
    server.stop();
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "mail.northwind.example", DnsType::a) == DnsAnswer{});
    server.start();
    CHECK(ask(resolver, "mail.northwind.example", DnsType::a).status == Status::found);
}

TEST_CASE("many threads ask at once, each has its answers") {
    NsdServer const server("northwind.example", "*.mail A 192.0.2.1\n");
    DnsResolver resolver(server.address());
    constexpr int threads = 4, names = 200;
    std::atomic<int> found = 0;
    std::vector<std::thread> askers;
    for (int thread = 0; thread < threads; ++thread) {
        askers.emplace_back([&, thread] {
            std::vector<std::future<DnsAnswer>> answers;
            for (int at = 0; at < names; ++at) {
                auto const own = std::to_string(at % 2 == 0 ? thread : 99) + "-" + std::to_string(at);
                answers.push_back(ask_soon(resolver, own + ".mail.northwind.example", DnsType::a));
            }
            for (auto& answer : answers) found += answer_of(std::move(answer)).status == Status::found ? 1 : 0;
        });
    }
    for (auto& asker : askers) asker.join();
    CHECK(found == threads * names);
}

TEST_CASE("who has an answer may ask on from there") {
    NsdServer const server("northwind.example", "@ MX 10 mail\nmail A 192.0.2.1\n");
    DnsResolver resolver(server.address());
    std::promise<DnsAnswer> last;
    resolver.query("northwind.example", DnsType::mx, dns_deadline(), [&](DnsAnswer const& exchange) {
        resolver.query(exchange.records.at(0).data, DnsType::a, dns_deadline(),
                       [&](DnsAnswer const& address) { last.set_value(address); });
    });
    CHECK(answer_of(last.get_future()) == one(std::string("\xC0\0\2\1", 4)));
}

TEST_CASE("what is no server's address is told at once") {
    for (auto const* const address : {"resolver.example", "127.0.0.1:port", "300.0.0.1", ""})
        CHECK_THROWS_AS(DnsResolver(address), std::runtime_error);
}
