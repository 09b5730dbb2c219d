// HTML: any octets give readable text within bounds, whose marks lie in it.
#include "parsers/html_text.h"

#include "parsers/limits.h"
#include "parsers/reply_text.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    (void)html_meta_charset(octets);
    auto const html = scrub_utf8(octets);
    auto const readable = html_to_text(html);
    must(is_valid_utf8(readable.text));
    must(readable.text.find_first_of("\r\f\v") == std::string::npos);
    // A line's prefix and bullet may be longer than what stood for them, but not by much.
    must(readable.text.size() <= 16 * html.size() + 64);
    std::size_t before = 0;
    for (auto const& mark : readable.marks) {
        must(before <= mark.begin && mark.begin <= mark.end && mark.end <= readable.text.size());
        before = mark.begin;
    }
    must(is_valid_utf8(newly_written(readable).text));
    return 0;
}
