// Any octets split into fields that lie within them, in order, with the body behind the last one.
#include "parsers/header_fields.h"

#include "parsers/limits.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

void check(std::string_view octets, EntityKind kind) {
    auto const block = split_header(octets, kind);
    must(block.body_offset <= octets.size());
    auto const* last = octets.data();
    for (auto const& field : block.fields) {
        must(!field.name.empty() && field.name.data() >= last);
        must(field.value.data() >= field.name.data() + field.name.size());
        last = field.value.data() + field.value.size();
        must(last <= octets.data() + block.body_offset);
        auto const line = unfold(field.value);
        must(line.size() <= field.value.size() + 1);
        must(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        must(block.find(field.name) != nullptr);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    check(fuzz::text_of(data, size), EntityKind::message);
    check(fuzz::text_of(data, size), EntityKind::part);
    return 0;
}
