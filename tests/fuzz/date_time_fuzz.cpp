// The value of a Date field; what is written of it reads the same again.
#include "parsers/date_time.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const time = parse_date_time(fuzz::text_of(data, size));
    if (!time) return 0;
    auto const text = to_iso8601(*time);
    must(text.size() == 20 && text[10] == 'T' && text[19] == 'Z');
    auto const again = parse_date_time(text);
    must(again.has_value() && to_iso8601(*again) == text);
    return 0;
}
