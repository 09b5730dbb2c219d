// An IMAP server that says anything: the reader never crashes, keeps no more than it was allowed, and gives the same
// responses however the octets are cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parsers/imap_response_reader.h"

namespace {

std::size_t count_responses(std::string_view wire, std::size_t piece) {
    postern::ImapResponseReader reader;
    reader.allow_literals(4096);
    std::size_t count = 0;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        reader.feed(wire.substr(at, piece));
        for (;;) {
            auto const next = reader.next();
            if (!next) return count + 1;
            if (!*next) break;
            if (auto const* fetch = std::get_if<postern::ImapFetch>(&(*next)->data)) {
                if (fetch->body.value_or("").size() > wire.size()) std::abort();
            }
            ++count;
        }
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const wire(reinterpret_cast<char const*>(data), size);
    if (count_responses(wire, size + 1) != count_responses(wire, 1)) std::abort();
    return 0;
}
