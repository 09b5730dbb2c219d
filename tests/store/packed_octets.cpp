// Octets of mail as the store keeps them: byte for byte back, whatever they are; damage never passes for mail.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "store/packed_octets.h"

using namespace postern;

namespace {

std::string random_octets(std::size_t size) {
    std::mt19937 random{7};
    std::string octets;
    while (octets.size() < size) octets.push_back(static_cast<char>(random()));
    return octets;
}

std::string log_lines(std::size_t size) {
    std::string text;
    for (int n = 0; text.size() < size; ++n) text += "2026-11-21 09:00:00 printer " + std::to_string(n) + " burns\r\n";
    text.resize(size);
    return text;
}

// What base64 of noise is: nothing repeats, but only 64 octets occur.
std::string base64_lines(std::size_t size) {
    auto octets = random_octets(size);
    for (auto& octet : octets) octet = static_cast<char>('0' + (static_cast<unsigned char>(octet) & 63U));
    return octets;
}

}  // namespace

TEST_CASE("text and base64 are packed, and come back byte for byte") {
    Packer packer;
    auto const octets = GENERATE(log_lines(512), log_lines(3000), log_lines(5 << 20), base64_lines(3000),
                                 base64_lines(1 << 20), std::string(100000, '\0'));
    auto const packed = packer.pack(octets);
    CHECK(packed.encoding == OctetEncoding::zstd);
    CHECK(packed.packed.size() <= Packer::most_packed(octets.size()));
    CHECK((unpack(packed.packed, octets.size()) == octets));
}

TEST_CASE("what is small or does not shrink stays as it came") {
    Packer packer;
    CHECK(packer.pack("").encoding == OctetEncoding::identity);
    CHECK(packer.pack(log_lines(511)).encoding == OctetEncoding::identity);
    CHECK(packer.pack(random_octets(100000)).encoding == OctetEncoding::identity);
}

TEST_CASE("every flipped bit shows, one that says nothing to zstd too") {
    Packer packer;
    auto const octets = log_lines(700);
    auto packed = packer.pack(octets).packed;
    for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
        auto const flip = [&] { packed[bit / 8] = static_cast<char>(packed[bit / 8] ^ (1 << bit % 8)); };
        flip();
        CHECK_FALSE(unpack(packed, octets.size()));
        flip();
    }
    CHECK(unpack(packed, octets.size()) == octets);
}

TEST_CASE("a frame that says other than the ledger is damaged, and nothing larger is made of it") {
    Packer packer;
    auto const octets = std::string(1 << 20, 'x');
    auto const packed = packer.pack(octets).packed;
    CHECK_FALSE(unpack(packed, octets.size() - 1));
    CHECK_FALSE(unpack(packed, octets.size() + 1));
    CHECK_FALSE(unpack(packed, ~std::uint64_t{0}));
    CHECK_FALSE(unpack(packed.substr(0, packed.size() / 2), octets.size()));
    CHECK_FALSE(unpack("", 0));
    CHECK_FALSE(unpack("no frame at all, but long enough for one", 40));
}
