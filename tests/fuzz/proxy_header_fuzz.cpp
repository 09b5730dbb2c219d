// The PROXY protocol's header: told from its first octets, the same however many of what follows are there, and what it
// says of the client is made of an address's characters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/proxy_header.h"
#include "tests/fuzz/must.h"

namespace {

using postern::ProxyHeader;
using postern::fuzz::must;
using Status = ProxyHeader::Status;

void check(ProxyHeader const& header) {
    must(header.client.size() <= postern::proxy_header_octets);
    must(std::all_of(header.client.begin(), header.client.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
    }));
    must((header.octets > 0) == (header.status == Status::whole));
    must(header.octets <= std::size_t{16} + 65535);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const octets(reinterpret_cast<char const*>(data), size);
    auto const whole = postern::read_proxy_header(octets);
    check(whole);
    must(whole.status != Status::more || size < postern::proxy_header_octets);
    bool decided = false;
    for (std::size_t cut = 0; cut <= std::min(size, postern::proxy_header_octets); ++cut) {
        auto const part = postern::read_proxy_header(octets.substr(0, cut));
        check(part);
        must(!decided || part.status != Status::more);
        decided = part.status != Status::more;
        if (!decided) continue;
        must(part.status == whole.status && part.client == whole.client && part.octets == whole.octets);
    }
    return 0;
}
