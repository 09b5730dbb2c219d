// A label up to the first line end, octets behind it: the text is valid UTF-8, whatever the label, and nothing visible
// is dropped.
#include "parsers/charset.h"

#include <algorithm>

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const input = fuzz::text_of(data, size);
    auto const label = input.substr(0, input.find('\n'));
    auto const octets = input.substr(std::min(input.size(), label.size() + 1));
    auto const text = to_utf8(octets, label);
    must(is_valid_utf8(text));
    must(text.size() <= octets.size() * 12 + 12);
    must(is_valid_utf8(raw_to_utf8(octets, label)));
    must(is_valid_utf8(scrub_utf8(octets)));
    must(is_known_charset(detect_charset(octets)));
    if (is_valid_utf8(octets)) must(scrub_utf8(octets) == octets);
    if (is_valid_utf8(octets) && evident_charset(octets).empty()) must(to_utf8(octets, "utf-8") == octets);
    return 0;
}
