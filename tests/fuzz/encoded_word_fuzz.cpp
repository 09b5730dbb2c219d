// A charset for raw octets up to the first line end, a header field's value behind it.
#include "parsers/encoded_word.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const input = fuzz::text_of(data, size);
    auto const charset = input.substr(0, input.find('\n'));
    auto const value = input.substr(std::min(input.size(), charset.size() + 1));
    fuzz::must_be_one_line(decode_header_text(value, charset));
    auto const length = encoded_word_length(value);
    must(length <= value.size() && length <= longest_encoded_word);
    return 0;
}
