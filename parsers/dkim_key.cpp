#include "parsers/dkim_key.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "parsers/ascii.h"

namespace postern {

namespace {

// What is read of a key: 16,384 bits are 2,100 octets, and libopendkim has a buffer of 1,024 for the whole record.
constexpr std::size_t most_key_octets = 4096;

std::optional<std::string> decoded(std::string_view base64) {
    std::string octets;
    unsigned bits = 0, value = 0;
    for (auto const c : base64) {
        if (is_space(c) || c == '=') continue;
        auto const digit = base64_value(c);
        if (digit < 0 || octets.size() > most_key_octets) return std::nullopt;
        value = (value << 6 | static_cast<unsigned>(digit)) & 0xFFFFFFU;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        octets += static_cast<char>(static_cast<unsigned char>(value >> bits));
    }
    return octets;
}

std::string encoded(std::string_view octets) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string base64;
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        auto const group = octets.substr(at, 3);
        unsigned value = 0;
        for (std::size_t octet = 0; octet < 3; ++octet)
            value = value << 8 | (octet < group.size() ? static_cast<unsigned char>(group[octet]) : 0U);
        for (std::size_t digit = 0; digit < 4; ++digit)
            base64 += digit > group.size() ? '=' : digits[value >> (18 - 6 * digit) & 63];
    }
    return base64;
}

// ITU-T X.690 8.1: a value of its tag and length.
std::string der(char tag, std::string_view content) {
    std::string text(1, tag);
    auto const octet = [](std::size_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (content.size() < 128) {
        text += octet(content.size());
    } else {
        text += '\x82';
        text += octet(content.size() >> 8);
        text += octet(content.size() & 255);
    }
    return text.append(content);
}

// A SEQUENCE of an INTEGER first; SubjectPublicKeyInfo's first is a SEQUENCE.
bool is_rsa_public_key(std::string_view octets) {
    if (octets.size() < 4 || octets[0] != '\x30') return false;
    auto const length = static_cast<unsigned char>(octets[1]);
    auto const head = length < 128 ? std::size_t{2} : std::size_t{2} + (length & 0x7FU);
    return head < octets.size() && octets[head] == '\x02';
}

}  // namespace

std::string with_subject_public_key_info(std::string_view record) {
    std::string whole(record);
    for (std::size_t at = 0; at < record.size();) {
        auto const end = std::min(record.find(';', at), record.size());
        auto const tag = record.substr(at, end - at);
        auto const equals = tag.find('=');
        if (equals != std::string_view::npos && trim(tag.substr(0, equals)) == "p") {
            auto const key = decoded(tag.substr(equals + 1));
            if (!key || !is_rsa_public_key(*key)) return whole;
            using namespace std::string_literals;
            // rsaEncryption, without parameters (RFC 3279 2.3.1), and a BIT STRING without unused bits.
            auto const algorithm = der('\x30', "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"s);
            auto const info = der('\x30', algorithm + der('\x03', "\0"s + *key));
            return whole.replace(at + equals + 1, tag.size() - equals - 1, encoded(info));
        }
        at = end + 1;
    }
    return whole;
}

}  // namespace postern
