// DNS messages as a test writes them, octet by octet where it wants to (RFC 1035 4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/dns_message.h"

namespace postern::testing::dns {

inline std::string octets(std::initializer_list<unsigned> values) {
    std::string text;
    for (unsigned const value : values) text += static_cast<char>(value);
    return text;
}

inline std::string number_16(std::size_t value) {
    return octets({static_cast<unsigned>(value >> 8U & 0xFFU), static_cast<unsigned>(value & 0xFFU)});
}

inline std::string number_32(std::size_t value) {
    return number_16(value >> 16U) + number_16(value & 0xFFFFU);
}

// RFC 1035 4.1.4.
inline std::string pointer(std::size_t to) {
    return number_16(0xC000U | to);
}

// On the wire, case as written; "" is the root.
inline std::string name(std::string_view text) {
    std::string wire;
    while (!text.empty()) {
        auto const label = text.substr(0, text.find('.'));
        wire += static_cast<char>(label.size());
        wire += label;
        text.remove_prefix(std::min(label.size() + 1, text.size()));
    }
    return wire + '\0';
}

inline constexpr std::size_t type_cname = 5, type_soa = 6, type_opt = 41;
// Where the name of the question lies.
inline constexpr std::size_t asked = 12;
inline constexpr unsigned truncated = 0x200, format_error = 1, server_failure = 2, no_such_name = 3, refused = 5;

inline std::string record(std::string const& owner, std::size_t type, std::size_t ttl, std::string const& data) {
    return owner + number_16(type) + number_16(1) + number_32(ttl) + number_16(data.size()) + data;
}

inline std::string record(std::string const& owner, DnsType type, std::size_t ttl, std::string const& data) {
    return record(owner, static_cast<std::size_t>(type), ttl, data);
}

inline std::string soa(std::string const& owner, std::size_t ttl, std::size_t minimum) {
    return record(owner, type_soa, ttl,
                  name("ns") + name("hostmaster") + number_32(1) + number_32(2) + number_32(3) + number_32(4) +
                      number_32(minimum));
}

// Of a TXT record: strings of 255 octets.
inline std::string text_data(std::string_view text) {
    std::string data;
    for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 255))) {
        auto const piece = text.substr(0, 255);
        data += static_cast<char>(piece.size());
        data += piece;
    }
    return data;
}

struct Packet {
    std::uint16_t id = 0x1234;
    std::string name;  // that the question asks for
    DnsType type = DnsType::a;
    unsigned flags = 0x8180;  // a response, to a query for recursion, from who does it; with a response code
    std::vector<std::string> answer, authority, additional;

    [[nodiscard]] std::string octets() const {
        auto text = number_16(id) + number_16(flags) + number_16(1) + number_16(answer.size()) +
                    number_16(authority.size()) + number_16(additional.size()) + dns::name(name) +
                    number_16(static_cast<std::size_t>(type)) + number_16(1);
        for (auto const* const section : {&answer, &authority, &additional})
            for (auto const& one : *section) text += one;
        return text;
    }
};

}  // namespace postern::testing::dns
