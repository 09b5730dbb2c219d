#include "parsers/proxy_header.h"

#include <algorithm>

namespace postern {

namespace {

using Status = ProxyHeader::Status;

// 2.2: the signature, version and command, family and transport, length; then the addresses, source first.
constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_octets = 16, ipv4_octets = 4, ipv6_octets = 16;
constexpr std::size_t ipv4_addresses_octets = 12, ipv6_addresses_octets = 36, unix_addresses_octets = 216;
enum Family : unsigned { unspecified = 0, ipv4 = 1, ipv6 = 2, unix_socket = 3 };

unsigned octet(std::string_view octets, std::size_t at) noexcept {
    return static_cast<unsigned char>(octets[at]);
}

std::string ipv4_text(std::string_view octets) {
    std::string text;
    for (std::size_t at = 0; at < ipv4_octets; ++at) text += (at == 0 ? "" : ".") + std::to_string(octet(octets, at));
    return text;
}

std::string ipv6_text(std::string_view octets) {
    constexpr char const* digits = "0123456789abcdef";
    std::string text;
    for (std::size_t at = 0; at < ipv6_octets; ++at) {
        if (at > 0 && at % 2 == 0) text += ':';
        text += digits[octet(octets, at) >> 4U];
        text += digits[octet(octets, at) & 0xfU];
    }
    return text;
}

// The least a header has to have of addresses; more than any header has where there is no such family.
std::size_t addresses_octets(unsigned family) noexcept {
    switch (family) {
        case unspecified:
            return 0;
        case ipv4:
            return ipv4_addresses_octets;
        case ipv6:
            return ipv6_addresses_octets;
        case unix_socket:
            return unix_addresses_octets;
        default:
            return SIZE_MAX;
    }
}

ProxyHeader version_2(std::string_view octets) {
    if (octets.size() < fixed_octets) return {Status::more, {}, 0};
    auto const version = octet(octets, 12) >> 4U, command = octet(octets, 12) & 0xfU;
    auto const family = octet(octets, 13) >> 4U, transport = octet(octets, 13) & 0xfU;
    std::size_t const length = octet(octets, 14) << 8U | octet(octets, 15);
    if (version != 2 || command > 1 || transport > 2) return {Status::none, {}, 0};
    ProxyHeader header{Status::whole, {}, fixed_octets + length};
    // 2.2: LOCAL's addresses are to be skipped, whatever they are.
    if (command == 0) return header;
    // Mail comes over streams.
    if (length < addresses_octets(family) || (family != unspecified && transport != 1)) return {Status::none, {}, 0};
    if (family != ipv4 && family != ipv6) return header;
    auto const source = octets.substr(fixed_octets);
    auto const source_octets = family == ipv4 ? ipv4_octets : ipv6_octets;
    if (source.size() < source_octets) return {Status::more, {}, 0};
    header.client = family == ipv4 ? ipv4_text(source) : ipv6_text(source);
    return header;
}

std::string_view take_word(std::string_view& line) noexcept {
    auto const word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

// 2.1: "PROXY TCP4 SOURCE DESTINATION PORT PORT" CRLF, or "PROXY UNKNOWN" and anything.
ProxyHeader version_1(std::string_view octets) {
    auto const end = octets.substr(0, proxy_header_octets).find("\r\n");
    if (end == octets.npos) return {octets.size() < proxy_header_octets ? Status::more : Status::none, {}, 0};
    auto line = octets.substr(0, end);
    take_word(line);
    auto const family = take_word(line);
    ProxyHeader header{Status::whole, {}, end + 2};
    if (family == "UNKNOWN") return header;
    std::string_view words[4];
    bool const ends_well = !line.ends_with(' ');
    for (auto& word : words) word = take_word(line);
    bool const is_text = std::all_of(words[0].begin(), words[0].end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
    });
    bool const is_ipv6 = words[0].find(':') != std::string_view::npos;
    if ((family != "TCP4" && family != "TCP6") || is_ipv6 != (family == "TCP6") || !is_text || words[0].empty() ||
        words[3].empty() || !line.empty() || !ends_well)
        return {Status::none, {}, 0};
    header.client = words[0];
    return header;
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view octets) {
    constexpr std::string_view word = "PROXY ";
    auto const begins = [&](std::string_view with) {
        auto const shorter = std::min(with.size(), octets.size());
        return octets.substr(0, shorter) == with.substr(0, shorter);
    };
    if (begins(signature)) return octets.size() < signature.size() ? ProxyHeader{} : version_2(octets);
    if (begins(word)) return octets.size() < word.size() ? ProxyHeader{} : version_1(octets);
    return {Status::none, {}, 0};
}

}  // namespace postern
