// SPF records: read or refused, and their names expand to names.
#include "parsers/spf_record.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    if (!is_spf_record(text)) return 0;
    auto const record = parse_spf_record(text);
    if (!record) return 0;
    SpfMacros const macros{"strong-bad", "example.com",  "sub.example.com", "192.0.2.1",
                           false,        "helo.example", "p.example"};
    for (auto const& directive : record->directives) {
        must(directive.ip4_bits <= 32 && directive.ip6_bits <= 128);
        must(expand_domain_spec(directive.domain_spec, macros).size() <= 253);
    }
    must(expand_domain_spec(record->redirect, macros).size() <= 253);
    return 0;
}
