// Transfer encodings: any octets decode, to no more than they are; what is encoded well comes back; a uuencoded file
// lies within its text. Locators: what is one means the same when it is written again.
#include "parsers/transfer_encoding.h"

#include <string>

#include "parsers/locator.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

std::string quoted_printable(std::string_view octets) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (auto const c : octets) {
        auto const octet = static_cast<unsigned char>(c);
        encoded += '=';
        encoded += digits[octet >> 4];
        encoded += digits[octet & 15];
        if (encoded.size() % 75 == 0) encoded += "=\r\n";
    }
    return encoded;
}

std::string base64(std::string_view octets) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        auto const octet = [&](std::size_t j) {
            return j < octets.size() ? static_cast<unsigned char>(octets[j]) : 0U;
        };
        auto const bits = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
        for (unsigned j = 0; j < 4; ++j) encoded += i + j <= octets.size() ? alphabet[bits >> (18 - 6 * j) & 63] : '=';
        if (encoded.size() % 76 == 0) encoded += "\r\n";
    }
    return encoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    (void)parse_transfer_encoding(octets);
    for (auto const encoding :
         {TransferEncoding::identity, TransferEncoding::base64, TransferEncoding::quoted_printable})
        must(decode_transfer(octets, encoding).size() <= octets.size());
    (void)decode_uuencode(octets);
    must(decode_base64(base64(octets)) == octets);
    must(decode_quoted_printable(quoted_printable(octets)) == octets);

    std::size_t from = 0;
    for (auto file = find_uuencoded(octets); file; file = find_uuencoded(octets, from)) {
        must(from <= file->begin && file->begin < file->end && file->end <= octets.size() && !file->name.empty());
        from = file->end;
    }
    if (auto const locator = parse_locator(octets)) {
        must(parse_locator(to_string(*locator)) == locator);
        (void)octets_at(octets, *locator);
    }
    return 0;
}
