#include "parsers/dns_message.h"

#include <catch2/catch.hpp>

#include "tests/support/dns_packet.h"

using namespace postern;
using namespace postern::testing::dns;
using Kind = DnsReply::Kind;

namespace {

struct Response : Packet {
    Response() { name = "northwind.example"; }
    [[nodiscard]] DnsReply read() const {
        return read_dns_response(octets(), {dns_wire_name("northwind.example").value(), type});
    }
};

std::string const address = octets({192, 0, 2, 7});

}  // namespace

TEST_CASE("RFC 1035 4: the records of the type that was asked for, and the least of their TTLs") {
    Response packet;
    packet.answer = {record(pointer(asked), DnsType::a, 300, address),
                     record(name("NorthWind.Example"), DnsType::a, 60, octets({192, 0, 2, 8})),
                     record(pointer(asked), DnsType::txt, 10, "\4text"),
                     record(name("elsewhere.example"), DnsType::a, 10, octets({192, 0, 2, 9}))};
    packet.authority = {soa(pointer(asked), 5, 5)};
    auto const reply = packet.read();
    CHECK(reply.kind == Kind::found);
    CHECK(reply.records == std::vector<DnsRecord>{{address, 0}, {octets({192, 0, 2, 8}), 0}});
    CHECK(reply.ttl == 60U);
}

TEST_CASE("RFC 1035 3.3: MX, PTR, AAAA and TXT") {
    Response packet;
    packet.type = DnsType::mx;
    packet.answer = {record(pointer(asked), DnsType::mx, 1, number_16(10) + "\4Mail" + pointer(asked)),
                     record(pointer(asked), DnsType::mx, 1, number_16(0) + name(""))};
    CHECK(packet.read().records == std::vector<DnsRecord>{{"mail.northwind.example", 10}, {"", 0}});
    packet.type = DnsType::ptr;
    packet.answer = {record(pointer(asked), DnsType::ptr, 1, name("Host_1.northwind.example"))};
    CHECK(packet.read().records == std::vector<DnsRecord>{{"host_1.northwind.example", 0}});
    packet.type = DnsType::aaaa;
    packet.answer = {record(pointer(asked), DnsType::aaaa, 1, std::string(16, '\1'))};
    CHECK(packet.read().records == std::vector<DnsRecord>{{std::string(16, '\1'), 0}});
    packet.type = DnsType::txt;
    packet.answer = {record(pointer(asked), DnsType::txt, 1, "\7v=spf1 \4-all" + std::string(1, '\0')),
                     record(pointer(asked), DnsType::txt, 1, "")};
    CHECK(packet.read().records == std::vector<DnsRecord>{{"v=spf1 -all", 0}, {"", 0}});
}

TEST_CASE("RFC 1035 5.1: what is no letter, digit, '-' or '_' of a name is escaped, the dot within a label too") {
    Response packet;
    packet.type = DnsType::ptr;
    packet.answer = {record(pointer(asked), DnsType::ptr, 1, octets({5, 'a', '.', ' ', 0, 0xFF}) + name("x"))};
    auto const reply = packet.read();
    REQUIRE(reply.records.size() == 1);
    CHECK(reply.records[0].data == "a\\046\\032\\000\\255.x");
    CHECK(dns_wire_name(reply.records[0].data) == octets({5, 'a', '.', ' ', 0, 0xFF, 1, 'x', 0}));
}

TEST_CASE("RFC 1034 3.6.2: CNAMEs are followed, in any order, and their TTLs count") {
    Response packet;
    packet.answer = {record(name("b.example"), DnsType::a, 300, address),
                     record(name("a.example"), type_cname, 20, name("B.example")),
                     record(pointer(asked), type_cname, 100, name("a.example"))};
    auto const reply = packet.read();
    CHECK(reply.kind == Kind::found);
    CHECK(reply.records == std::vector<DnsRecord>{{address, 0}});
    CHECK(reply.ttl == 20U);
}

TEST_CASE("a CNAME loop is broken, and a chain that is too long") {
    Response packet;
    packet.answer = {record(pointer(asked), type_cname, 100, name("a.example")),
                     record(name("a.example"), type_cname, 100, pointer(asked))};
    CHECK(packet.read().kind == Kind::broken);
    packet.answer = {record(pointer(asked), type_cname, 100, pointer(asked))};
    CHECK(packet.read().kind == Kind::broken);
    packet.answer = {record(pointer(asked), type_cname, 100, name("0.example"))};
    for (unsigned at = 0; at < 15; ++at)
        packet.answer.push_back(
            record(name(std::to_string(at) + ".example"), type_cname, 100, name(std::to_string(at + 1) + ".example")));
    packet.answer.push_back(record(name("15.example"), DnsType::a, 100, address));
    CHECK(packet.read().kind == Kind::found);
    packet.answer.back() = record(name("15.example"), type_cname, 100, name("16.example"));
    packet.answer.push_back(record(name("16.example"), DnsType::a, 100, address));
    CHECK(packet.read().kind == Kind::broken);
}

TEST_CASE("RFC 2308: NODATA and NXDOMAIN may be kept for the lesser of the SOA's TTL and its MINIMUM") {
    Response packet;
    packet.authority = {soa(name("example"), 900, 60)};
    CHECK(packet.read().kind == Kind::no_data);
    CHECK(packet.read().ttl == 60U);
    packet.flags |= 3U;
    packet.authority = {soa(pointer(asked), 50, 60)};
    CHECK(packet.read().kind == Kind::no_name);
    CHECK(packet.read().ttl == 50U);
    // RFC 6604 3: the code is of where the CNAME leads.
    packet.answer = {record(pointer(asked), type_cname, 40, name("gone.example"))};
    packet.authority = {soa(name("example"), 50, 60)};
    CHECK(packet.read().kind == Kind::no_name);
    CHECK(packet.read().ttl == 40U);
}

TEST_CASE("RFC 2308: without a SOA, or with that of another zone, a negative answer has no TTL") {
    Response packet;
    CHECK(packet.read().kind == Kind::no_data);
    CHECK(!packet.read().ttl);
    for (auto const& zone :
         {name("globex.example"), name("wind.example"), octets({4, 'w', 'i', 'n', 'd'}) + name("")}) {
        packet.authority = {soa(zone, 50, 60)};
        CHECK(!packet.read().ttl);
    }
    packet.authority = {record(pointer(asked), type_soa, 50, name("ns") + name("hostmaster") + number_32(1))};
    CHECK(!packet.read().ttl);
}

TEST_CASE("RFC 2181 8: a TTL with its highest bit set is 0") {
    Response packet;
    packet.answer = {record(pointer(asked), DnsType::a, 0x80000001U, address)};
    CHECK(packet.read().ttl == 0U);
}

TEST_CASE("response codes, with EDNS's eight further bits (RFC 6891 6.1.3)") {
    Response packet;
    packet.answer = {record(pointer(asked), DnsType::a, 1, address)};
    for (unsigned const code : {1U, 2U, 4U, 5U, 15U}) {
        packet.flags = 0x8180U | code;
        CHECK(packet.read().kind == Kind::failed);
        CHECK(packet.read().response_code == code);
    }
    packet.flags = 0x8180U;
    packet.additional = {name("") + number_16(type_opt) + number_16(1232) + octets({1, 0, 0, 0}) + number_16(0)};
    CHECK(packet.read().response_code == 16);  // BADVERS
    CHECK(packet.read().kind == Kind::failed);
    packet.additional = {name("") + number_16(type_opt) + number_16(1232) + number_32(0) + number_16(0)};
    CHECK(packet.read().kind == Kind::found);
}

TEST_CASE("RFC 2181 9: of a truncated response nothing is read") {
    Response packet;
    packet.flags |= 0x200U;
    packet.answer = {record(pointer(asked), DnsType::a, 1, address)};
    auto const reply = packet.read();
    CHECK(reply.kind == Kind::truncated);
    CHECK(reply.records.empty());
    CHECK(!reply.ttl);
}

TEST_CASE("a response to another question, or none") {
    Response packet;
    packet.answer = {record(pointer(asked), DnsType::a, 1, address)};
    auto const other = [&](std::string_view wire_name, DnsType type) {
        return read_dns_response(packet.octets(), {std::string(wire_name), type}).kind;
    };
    CHECK(other(name("globex.example"), DnsType::a) == Kind::other);
    CHECK(other(name("northwind.example"), DnsType::txt) == Kind::other);
    CHECK(other(name("northwind.example"), DnsType::a) == Kind::found);
    packet.name = "NORTHWIND.Example";
    CHECK(packet.read().kind == Kind::found);
    auto text = packet.octets();
    text[2] = '\1';  // a query
    CHECK(read_dns_response(text, {name("northwind.example"), DnsType::a}).kind == Kind::other);
    text = packet.octets();
    text[5] = '\2';  // two questions
    CHECK(read_dns_response(text, {name("northwind.example"), DnsType::a}).kind == Kind::other);
    text = packet.octets();
    text[12 + name("northwind.example").size() + 3] = '\3';  // class CHAOS
    CHECK(read_dns_response(text, {name("northwind.example"), DnsType::a}).kind == Kind::other);
}

TEST_CASE("a response that ends early is broken, wherever it ends") {
    Response packet;
    packet.type = DnsType::mx;
    packet.answer = {record(pointer(asked), type_cname, 1, name("a.example")),
                     record(name("a.example"), DnsType::mx, 1, number_16(10) + name("mail.example"))};
    packet.authority = {soa(name("example"), 1, 1)};
    auto const whole = packet.octets();
    CHECK(packet.read().kind == Kind::found);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        auto const reply = read_dns_response(whole.substr(0, cut), {name("northwind.example"), DnsType::mx});
        CHECK(reply.kind == Kind::broken);
    }
}

TEST_CASE("RFC 1035 4.1.4: a pointer leads back, and not into the header, or the response is broken") {
    Response packet;
    auto const first = packet.octets().size();
    for (auto const to : {first, first + 2, std::size_t{0}, std::size_t{11}, std::size_t{0x3FFF}}) {
        packet.answer = {record(pointer(to), DnsType::a, 1, address)};
        CHECK(packet.read().kind == Kind::broken);
    }
    // Two that lead to each other.
    packet.type = DnsType::mx;
    packet.answer = {record(pointer(asked), DnsType::mx, 1, number_16(1) + pointer(first + 16) + pointer(first + 14))};
    CHECK(packet.read().kind == Kind::broken);
    // A label and a pointer to it: "a.a.a...".
    packet.answer = {record(pointer(asked), DnsType::mx, 1, number_16(1) + "\1a" + pointer(first + 14))};
    CHECK(packet.read().kind == Kind::broken);
}

TEST_CASE("names: 255 octets, no 256, and labels of the types that nobody has") {
    auto const label = std::string(1, '\77') + std::string(63, 'a');
    auto const longest = label + label + label + std::string(1, '\75') + std::string(61, 'a') + '\0';
    REQUIRE(longest.size() == 255);
    Response packet;
    packet.type = DnsType::ptr;
    packet.answer = {record(pointer(asked), DnsType::ptr, 1, longest)};
    CHECK(packet.read().kind == Kind::found);
    packet.answer = {record(pointer(asked), DnsType::ptr, 1, "\1a" + longest)};
    CHECK(packet.read().kind == Kind::broken);
    for (unsigned const bits : {0x40U, 0x80U}) {
        packet.answer = {record(pointer(asked), DnsType::ptr, 1, octets({bits | 1U, 'a', 0}))};
        CHECK(packet.read().kind == Kind::broken);
    }
}

TEST_CASE("record data of a wrong length is broken") {
    Response packet;
    auto const data_is_broken = [&](DnsType type, std::string const& data) {
        packet.type = type;
        packet.answer = {record(pointer(asked), type, 1, data), record(pointer(asked), DnsType::txt, 1, "")};
        CHECK(packet.read().kind == Kind::broken);
    };
    data_is_broken(DnsType::a, "");
    data_is_broken(DnsType::a, "123");
    data_is_broken(DnsType::a, "12345");
    data_is_broken(DnsType::aaaa, address);
    data_is_broken(DnsType::mx, "");
    data_is_broken(DnsType::mx, number_16(1));
    data_is_broken(DnsType::mx, number_16(1) + name("a") + "x");
    data_is_broken(DnsType::ptr, "\1a");
    packet.answer = {record(pointer(asked), DnsType::txt, 1, "\5text")};
    packet.type = DnsType::txt;
    CHECK(packet.read().kind == Kind::broken);
}

TEST_CASE("bounds: 256 records are an answer, 257 are none, and a thousand of all kinds are read") {
    Response packet;
    packet.answer.assign(256, record(pointer(asked), DnsType::a, 1, address));
    packet.additional.assign(744, record(pointer(asked), DnsType::txt, 1, ""));
    CHECK(packet.read().records.size() == 256);
    packet.additional.push_back(packet.additional.front());
    CHECK(packet.read().kind == Kind::broken);
    packet.additional.clear();
    packet.answer.push_back(packet.answer.front());
    CHECK(packet.read().kind == Kind::broken);
    CHECK(packet.read().records.empty());
}

TEST_CASE("names as they are asked for") {
    CHECK(dns_wire_name("Northwind.Example") == name("northwind.example"));
    CHECK(dns_wire_name("northwind.example.") == name("northwind.example"));
    CHECK(dns_wire_name("_dmarc.northwind.example") == name("_dmarc.northwind.example"));
    CHECK(dns_wire_name("a\\.b\\\\\\065.example") == octets({5, 'a', '.', 'b', '\\', 'a'}) + name("example"));
    CHECK(dns_wire_name("caf\xc3\xa9") == octets({5, 'c', 'a', 'f', 0xC3, 0xA9, 0}));
    for (auto const* const none : {"", ".", "..", "a..b", ".a", "a..", "a\\", "a\\1", "a\\12", "a\\256", "a\\9xx"})
        CHECK(!dns_wire_name(none));
    CHECK(dns_wire_name(std::string(63, 'a')));
    CHECK(!dns_wire_name(std::string(64, 'a')));
    std::string longest;
    for (int at = 0; at < 126; ++at) longest += "a.";
    CHECK(dns_wire_name(longest + "a").value().size() == 255);
    CHECK(!dns_wire_name(longest + "ab"));
    CHECK(!dns_wire_name(std::string(100'000, 'a')));
    CHECK(!dns_wire_name(longest + longest));
}

TEST_CASE("a query: recursion desired, one question, EDNS where its size is told") {
    DnsQuestion const question{name("northwind.example"), DnsType::txt};
    auto const rest = name("northwind.example") + number_16(16) + number_16(1);
    CHECK(dns_query(question, 0xABCD, 0) == octets({0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + rest);
    CHECK(dns_query(question, 1, 1232) ==
          octets({0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1}) + rest + octets({0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("RFC 1035 3.5 and RFC 3596 2.5: names of addresses") {
    CHECK(reverse_dns_name(address) == "7.2.0.192.in-addr.arpa");
    CHECK(reverse_dns_name(octets({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd})) ==
          "d.c.b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    CHECK(reverse_dns_name("").empty());
    CHECK(reverse_dns_name("12345").empty());
}
