// The value of a Content-Type or Content-Disposition field.
#include "parsers/parameters.h"

#include "parsers/limits.h"
#include "parsers/media_type.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = fuzz::text_of(data, size);
    auto const parsed = parse_parameters(value);
    must(parsed.parameters.size() <= limits::parameters);
    for (auto const& parameter : parsed.parameters) {
        must(!parameter.name.empty() && parsed.find(parameter.name) != nullptr);
        must(is_valid_utf8(parameter.value));
        must(parameter.raw.size() <= value.size());
    }
    auto const media = parse_media_type(value);
    must(!media.type.empty() && !media.subtype.empty() && media.is(media.essence()));
    return 0;
}
