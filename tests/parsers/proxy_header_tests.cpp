#include "parsers/proxy_header.h"

#include <catch2/catch.hpp>

using namespace postern;
using Status = ProxyHeader::Status;

namespace {

std::string octets(std::initializer_list<int> values) {
    std::string text;
    for (int const value : values) text += static_cast<char>(value);
    return text;
}

// Version 2, with the length of what follows.
std::string version_2(int version_and_command, int family_and_transport, std::string const& rest) {
    return std::string("\r\n\r\n\0\r\nQUIT\n", 12) +
           octets({version_and_command, family_and_transport, static_cast<int>(rest.size() >> 8U),
                   static_cast<int>(rest.size() & 0xffU)}) +
           rest;
}

std::string const ipv4 = octets({192, 0, 2, 7, 127, 0, 0, 1, 0x10, 0, 0, 25});
std::string const ipv6 = octets({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa}) + std::string(16, '\1') +
                         octets({0x10, 0, 0, 25});

void is_cut_anywhere(std::string const& header) {
    for (std::size_t cut = 0; cut < header.size(); ++cut) {
        auto const part = read_proxy_header(std::string_view(header).substr(0, cut));
        if (part.status == Status::whole) CHECK(part.octets == header.size());
        CHECK(part.status != Status::none);
    }
}

}  // namespace

TEST_CASE("PROXY protocol, version 2: the client's address, whatever comes behind it") {
    auto const header = version_2(0x21, 0x11, ipv4);
    auto const read = read_proxy_header(header + "EHLO");
    CHECK(read.status == Status::whole);
    CHECK(read.client == "192.0.2.7");
    CHECK(read.octets == header.size());
    is_cut_anywhere(header);
    auto const six = read_proxy_header(version_2(0x21, 0x21, ipv6));
    CHECK(six.client == "2001:0db8:0000:0000:0000:0000:0000:000a");
    is_cut_anywhere(version_2(0x21, 0x21, ipv6));
}

TEST_CASE("PROXY protocol, version 2: TLVs are counted, not read") {
    auto const header = version_2(0x21, 0x11, ipv4 + std::string(65000, '\xff'));
    auto const read = read_proxy_header(header.substr(0, proxy_header_octets));
    CHECK(read.status == Status::whole);
    CHECK(read.client == "192.0.2.7");
    CHECK(read.octets == header.size());
}

TEST_CASE("PROXY protocol, version 2: a connection without a client's address") {
    for (auto const& header :
         {version_2(0x20, 0x00, ""), version_2(0x20, 0x11, ipv4), version_2(0x20, 0x11, "x"), version_2(0x21, 0x00, ""),
          version_2(0x21, 0x00, "TLVs"), version_2(0x21, 0x31, std::string(216, 'x'))}) {
        auto const read = read_proxy_header(header);
        CHECK(read.status == Status::whole);
        CHECK(read.client.empty());
        CHECK(read.octets == header.size());
    }
}

TEST_CASE("PROXY protocol, version 2: what is broken is none") {
    for (auto const& header : {version_2(0x11, 0x11, ipv4), version_2(0x22, 0x11, ipv4), version_2(0x21, 0x12, ipv4),
                               version_2(0x21, 0x13, ipv4), version_2(0x21, 0x41, ipv4),
                               version_2(0x21, 0x11, ipv4.substr(1)), version_2(0x21, 0x21, ipv6.substr(1)),
                               version_2(0x21, 0x31, std::string(215, 'x')), version_2(0x21, 0x10, ipv4)})
        CHECK(read_proxy_header(header).status == Status::none);
}

TEST_CASE("PROXY protocol, version 1") {
    std::string const header = "PROXY TCP4 192.0.2.7 127.0.0.1 4096 25\r\n";
    auto const read = read_proxy_header(header + "EHLO x\r\n");
    CHECK(read.status == Status::whole);
    CHECK(read.client == "192.0.2.7");
    CHECK(read.octets == header.size());
    is_cut_anywhere(header);
    CHECK(read_proxy_header("PROXY TCP6 2001:db8::a ::1 4096 25\r\n").client == "2001:db8::a");
    auto const unknown = read_proxy_header("PROXY UNKNOWN whatever\r\n");
    CHECK(unknown.status == Status::whole);
    CHECK(unknown.client.empty());
    for (std::string const broken :
         {"PROXY\r\n", "PROXY TCP4 192.0.2.7 127.0.0.1 4096\r\n", "PROXY TCP4 192.0.2.7 127.0.0.1 4096 25 \r\n",
          "PROXY TCP4 2001:db8::a ::1 1 2\r\n", "PROXY TCP6 192.0.2.7 127.0.0.1 1 2\r\n",
          "PROXY UDP4 192.0.2.7 127.0.0.1 1 2\r\n", "PROXY TCP4 \x1b[31m 127.0.0.1 1 2\r\n",
          "PROXY TCP4  127.0.0.1 1 2\r\n", "proxy TCP4 192.0.2.7 127.0.0.1 1 2\r\n"})
        CHECK(read_proxy_header(broken).status == Status::none);
    CHECK(read_proxy_header("PROXY TCP4 " + std::string(200, '1')).status == Status::none);
    CHECK(read_proxy_header("PROXY TCP4 192.0.2.7 127.0.0.1 4096 25\n").status == Status::more);
}

TEST_CASE("what is no header of the PROXY protocol") {
    for (std::string const text : {"EHLO client.example\r\n", "QUIT\r\n", "\r\n\r\nQUIT", "\x16\x03\x01", "P", "\r"})
        CHECK((read_proxy_header(text).status == Status::none) == (text.size() > 1));
    CHECK(read_proxy_header("").status == Status::more);
}
