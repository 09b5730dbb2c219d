// The value of a Message-ID, In-Reply-To or References field.
#include "parsers/message_id.h"

#include <algorithm>

#include "parsers/limits.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

void check(std::string const& identifier) {
    must(identifier.size() > 2 && identifier.front() == '<' && identifier.back() == '>');
    must(std::none_of(identifier.begin(), identifier.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }));
    must(std::count(identifier.begin(), identifier.end(), '<') == 1 &&
         std::count(identifier.begin(), identifier.end(), '>') == 1);
    must(parse_message_id(identifier) == identifier);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = fuzz::text_of(data, size);
    if (auto const identifier = parse_message_id(value)) check(*identifier);
    auto const identifiers = parse_message_ids(value);
    must(identifiers.size() <= limits::references);
    for (auto const& identifier : identifiers) {
        check(identifier);
        must(std::count(identifiers.begin(), identifiers.end(), identifier) == 1);
    }
    return 0;
}
