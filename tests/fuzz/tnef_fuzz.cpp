// winmail.dat: each file lies within the octets, and names are UTF-8.
#include "parsers/tnef.h"

#include "parsers/limits.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    auto const contents = read_tnef(octets);
    must(contents.files.size() <= limits::embedded_files);
    must(is_valid_utf8(contents.text));
    for (auto const& file : contents.files) {
        must(file.begin <= file.end && file.end <= octets.size());
        must(is_valid_utf8(file.name) && is_valid_utf8(file.media_type));
    }
    return 0;
}
