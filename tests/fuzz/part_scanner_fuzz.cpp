// The scanner: within its bounds, and each entity lies within the one that holds it.
#include "parsers/part_scanner.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr ScanBounds bounds{8, 20};
    auto const octets = fuzz::text_of(data, size);
    auto const scanned = scan_parts(octets, bounds);
    must(!scanned.parts.empty() && scanned.parts.size() <= bounds.entities);
    for (std::size_t i = 0; i < scanned.parts.size(); ++i) {
        auto const& part = scanned.parts[i];
        must(part.begin <= part.body_begin && part.body_begin <= part.end && part.end <= octets.size());
        must(part.depth <= bounds.depth && (part.parent == ScannedPart::none) == (i == 0));
        if (i == 0) continue;
        auto const& above = scanned.parts.at(part.parent);
        must(part.parent < i && part.depth == above.depth + 1);
        must(above.body_begin <= part.begin && part.end <= above.end);
    }
    return 0;
}
